package outbox

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"github.com/authway/authway/shared/clock"
	"github.com/authway/authway/shared/seal"
)

// Store keeps rows in PostgreSQL. Adding needs no DB: it is done in the
// caller's transaction.
type Store struct {
	DB    *bun.DB
	Box   *seal.Box
	Clock clock.Clock
}

type row struct {
	bun.BaseModel `bun:"table:outbox"`

	ID           uuid.UUID  `bun:"id,pk"`
	TenantID     *uuid.UUID `bun:"tenant_id"`
	Kind         string     `bun:"kind"`
	Subject      string     `bun:"subject"`
	Payload      []byte     `bun:"payload"`
	CreatedAt    time.Time  `bun:"created_at"`
	DueAt        time.Time  `bun:"due_at"`
	Attempts     int        `bun:"attempts"`
	ClaimedUntil *time.Time `bun:"claimed_until"`
}

// Claimed is a row that is this caller's until Until.
type Claimed struct {
	ID uuid.UUID
	// TenantID is uuid.Nil when an event belongs to no tenant.
	TenantID uuid.UUID
	// CreatedAt is when it happened.
	CreatedAt time.Time
	// Attempt counts from 1, this one included, and names the claim.
	Attempt int
	Until   time.Time
	// Mail is what is to be written; an event has none.
	Mail Mail
	// Unreadable says why Mail is empty: no master key opens it any more.
	Unreadable error
	// Subject is whom an event is about; a mail has none.
	Subject string
}

const (
	waiting = "delivered_at IS NULL AND dead_at IS NULL"
	free    = "kind = ? AND " + waiting + " AND due_at <= ? AND (claimed_until IS NULL OR claimed_until <= ?)"
)

// Due reports whether Claim would find a row.
func (s Store) Due(ctx context.Context) (bool, error) {
	now := s.Clock.Now()
	due, err := s.DB.NewSelect().Model((*row)(nil)).Where(free, kindMail, now, now).Exists(ctx)
	if err != nil {
		return false, fmt.Errorf("outbox: due: %w", err)
	}
	return due, nil
}

// Claim takes up to limit mails that are due, the longest waiting first, for a
// while. The attempt is counted here and not at its end, so that a row that
// brings its process down does not do so for ever.
func (s Store) Claim(ctx context.Context, limit int64, while time.Duration) ([]Claimed, error) {
	now := s.Clock.Now()
	// SKIP LOCKED steps around what another caller is claiming at this moment.
	return s.claim(ctx, s.DB.NewSelect().Model((*row)(nil)).Column("id").Where(free, kindMail, now, now).
		OrderExpr("due_at").Limit(limit).For("UPDATE SKIP LOCKED"), now.Add(while))
}

func (s Store) claim(ctx context.Context, mine *bun.SelectQuery, until time.Time) ([]Claimed, error) {
	var rows []row
	_, err := s.DB.NewUpdate().Model(&rows).
		Set("claimed_until = ?", until).Set("attempts = attempts + 1").
		Where("id IN (?)", mine).
		Returning("id, tenant_id, kind, subject, payload, created_at, due_at, attempts, claimed_until").Exec(ctx)
	if err != nil {
		return nil, fmt.Errorf("outbox: claim: %w", err)
	}
	claimed := make([]Claimed, 0, len(rows))
	for _, r := range rows {
		c := Claimed{ID: r.ID, CreatedAt: r.CreatedAt, Attempt: r.Attempts, Until: until, Subject: r.Subject}
		if r.TenantID != nil {
			c.TenantID = *r.TenantID
		}
		if r.Kind == kindMail {
			c.Mail, c.Unreadable = s.open(r.Payload)
		}
		claimed = append(claimed, c)
	}
	return claimed, nil
}

func (s Store) open(payload []byte) (m Mail, err error) {
	plain, err := s.Box.Open(placePayload, payload)
	if err != nil {
		return Mail{}, err
	}
	if err := json.Unmarshal(plain, &m); err != nil {
		return Mail{}, fmt.Errorf("outbox: payload: %w", err)
	}
	return m, nil
}

// Delivered marks a claimed row as sent and empties it: codes and links have no
// business in the database any more.
func (s Store) Delivered(ctx context.Context, c Claimed) error {
	return s.settle(ctx, c, func(q *bun.UpdateQuery) *bun.UpdateQuery {
		return q.Set("delivered_at = ?", s.Clock.Now()).Set("payload = ''").Set("last_error = ''")
	})
}

// PutOff lets a claimed row wait until due. reason holds no personal data: it
// is shown to administrators.
func (s Store) PutOff(ctx context.Context, c Claimed, due time.Time, reason string) error {
	return s.settle(ctx, c, func(q *bun.UpdateQuery) *bun.UpdateQuery {
		return q.Set("due_at = ?", due).Set("last_error = ?", reason)
	})
}

// GiveUp marks a claimed row as one that will never be sent.
func (s Store) GiveUp(ctx context.Context, c Claimed, reason string) error {
	return s.settle(ctx, c, func(q *bun.UpdateQuery) *bun.UpdateQuery {
		return q.Set("dead_at = ?", s.Clock.Now()).Set("last_error = ?", reason)
	})
}

// HandBack returns a claimed row that was not tried, as if it had not been taken.
func (s Store) HandBack(ctx context.Context, c Claimed) error {
	return s.settle(ctx, c, func(q *bun.UpdateQuery) *bun.UpdateQuery { return q.Set("attempts = attempts - 1") })
}

// settle ends a claim, unless it has run out and the row is another's.
func (s Store) settle(ctx context.Context, c Claimed, set func(*bun.UpdateQuery) *bun.UpdateQuery) error {
	_, err := set(s.DB.NewUpdate().Model((*row)(nil)).Set("claimed_until = NULL")).
		Where("id = ? AND attempts = ?", c.ID, c.Attempt).Where(waiting).Exec(ctx)
	if err != nil {
		return fmt.Errorf("outbox: settle: %w", err)
	}
	return nil
}

// Clean removes up to limit rows that were delivered, or given up on, before these
// times, and returns how many. Those of events stay for as long as Collect looks at
// them, which may be long when nothing happens or there is no sink: without its row an
// event would be sent again.
func (s Store) Clean(ctx context.Context, delivered, dead time.Time, limit int64) (int64, error) {
	c, _, err := s.cursor(ctx)
	if err != nil {
		return 0, err
	}
	old := s.DB.NewSelect().Model((*row)(nil)).Column("id").
		Where("delivered_at < ? OR dead_at < ?", delivered, dead).Where("kind <> ? OR created_at <= ?", kindEvent, c.from()).Limit(limit)
	result, err := s.DB.NewDelete().Model((*row)(nil)).Where("id IN (?)", old).Exec(ctx)
	if err != nil {
		return 0, fmt.Errorf("outbox: clean: %w", err)
	}
	return result.RowsAffected()
}
