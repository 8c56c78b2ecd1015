package intake

import (
	"context"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"github.com/authway/authway/shared/clock"
	"github.com/authway/authway/shared/paging"
)

type finding struct {
	bun.BaseModel `bun:"table:import_findings"`

	TenantID uuid.UUID `bun:"tenant_id"`
	ImportID uuid.UUID `bun:"import_id"`
	Finding
}

// Of returns up to limit imports of the tenant before a cursor, the youngest first,
// and the cursor of those that follow.
func (s Store) Of(ctx context.Context, tenantID uuid.UUID, cursor string, limit int64) ([]Import, string, error) {
	var rows []Import
	query := s.DB.NewSelect().Model(&rows).Column(columns...).Where("tenant_id = ?", tenantID).
		OrderExpr("created_at DESC, id DESC").Limit(limit + 1)
	if cursor != "" {
		parts, err := parts(cursor, 2)
		if err != nil {
			return nil, "", err
		}
		at, err := clock.Parse(parts[0])
		if err != nil {
			return nil, "", paging.ErrCursor
		}
		id, err := uuid.Parse(parts[1])
		if err != nil {
			return nil, "", paging.ErrCursor
		}
		query = query.Where("(created_at, id) < (?, ?)", at, id)
	}
	if err := query.Scan(ctx); err != nil {
		return nil, "", fmt.Errorf("intake: of: %w", err)
	}
	next := ""
	if int64(len(rows)) > limit {
		rows = rows[:limit]
		next = joined(rows[limit-1].CreatedAt.UTC().Format(time.RFC3339Nano), rows[limit-1].ID.String())
	}
	return rows, next, nil
}

// Findings returns up to limit findings of an import behind a cursor, in the order of
// the lines, and the cursor of those that follow.
func (s Store) Findings(ctx context.Context, id uuid.UUID, cursor string, limit int64) ([]Finding, string, error) {
	var rows []finding
	query := s.DB.NewSelect().Model(&rows).Column("line", "code", "field").Where("import_id = ?", id).
		OrderExpr("line, field, code").Limit(limit + 1)
	if cursor != "" {
		parts, err := parts(cursor, 3)
		if err != nil {
			return nil, "", err
		}
		line, err := strconv.ParseInt(parts[0], 10, 64)
		if err != nil {
			return nil, "", paging.ErrCursor
		}
		query = query.Where("(line, field, code) > (?, ?, ?)", line, parts[1], parts[2])
	}
	if err := query.Scan(ctx); err != nil {
		return nil, "", fmt.Errorf("intake: findings: %w", err)
	}
	next := ""
	if int64(len(rows)) > limit {
		rows = rows[:limit]
		last := rows[limit-1]
		next = joined(strconv.FormatInt(last.Line, 10), last.Field, last.Code)
	}
	found := make([]Finding, len(rows))
	for i, r := range rows {
		found[i] = r.Finding
	}
	return found, next, nil
}

// separator stands in no part: a cursor that holds a NUL is none of ours.
const separator = "\x1f"

func joined(parts ...string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(strings.Join(parts, separator)))
}

func parts(cursor string, n int) ([]string, error) {
	plain, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil || strings.ContainsRune(string(plain), 0) || strings.ToValidUTF8(string(plain), "") != string(plain) {
		return nil, paging.ErrCursor
	}
	found := strings.Split(string(plain), separator)
	if len(found) != n {
		return nil, paging.ErrCursor
	}
	return found, nil
}
