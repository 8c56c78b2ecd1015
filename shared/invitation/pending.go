package invitation

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/authway/authway/shared/paging"
)

// Waiting is an invitation that nobody has accepted, with the account that it is for.
type Waiting struct {
	ID        uuid.UUID `bun:"id"`
	UserID    uuid.UUID `bun:"user_id"`
	Email     string    `bun:"email"`
	Name      string    `bun:"name"`
	Roles     []string  `bun:"roles,array"`
	Sends     int       `bun:"sends"`
	CreatedAt time.Time `bun:"created_at"`
	SentAt    time.Time `bun:"sent_at"`
	ExpiresAt time.Time `bun:"expires_at"`
	// Administers is the role for the tenant, or "".
	Administers string `bun:"administers"`
}

// Pending returns up to limit invitations of the tenant before a cursor, the youngest
// first, and the cursor of those that follow. Those that have expired are among them.
func (s Store) Pending(ctx context.Context, tenantID uuid.UUID, cursor string, limit int64) ([]Waiting, string, error) {
	query := s.DB.NewSelect().TableExpr("invitations AS i").
		ColumnExpr("i.id, i.user_id, i.sends, i.created_at, i.sent_at, i.expires_at, u.email, u.name, u.roles").
		ColumnExpr("coalesce((SELECT a.role FROM administrators AS a WHERE a.user_id = i.user_id AND a.of_tenant = i.tenant_id), '') AS administers").
		Join("JOIN users AS u ON u.id = i.user_id").
		Where("i.tenant_id = ? AND i.kind = ? AND i.used_at IS NULL AND i.revoked_at IS NULL", tenantID, Invite).
		OrderExpr("i.created_at DESC, i.id DESC").Limit(limit + 1)
	if cursor != "" {
		at, id, err := paging.Read(cursor)
		if err != nil {
			return nil, "", err
		}
		query = query.Where("(i.created_at, i.id) < (?, ?)", at, id)
	}
	var rows []Waiting
	if err := query.Scan(ctx, &rows); err != nil {
		return nil, "", fmt.Errorf("invitation: pending: %w", err)
	}
	next := ""
	if int64(len(rows)) > limit {
		rows = rows[:limit]
		next = paging.Cursor(rows[limit-1].CreatedAt, rows[limit-1].ID)
	}
	return rows, next, nil
}
