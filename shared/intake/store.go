package intake

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"
)

var columns = []string{
	"id", "tenant_id", "name", "format", "dry_run", "on_existing", "send_invitations", "size", "position", "line", "reading",
	"columns", "created", "updated", "skipped", "failed", "state", "trouble", "creator", "runner", "held_until",
	"created_at", "updated_at", "finished_at",
}

// Store keeps imports in PostgreSQL.
type Store struct {
	DB bun.IDB
}

// Create adds an import, and forgets those of the tenant that nobody has touched for
// longer than Keep.
func (s Store) Create(ctx context.Context, i Import) error {
	_, err := s.DB.NewDelete().Model((*Import)(nil)).Where("tenant_id = ? AND updated_at < ?", i.TenantID, i.CreatedAt.Add(-Keep)).Exec(ctx)
	if err != nil {
		return fmt.Errorf("intake: forget: %w", err)
	}
	i.UpdatedAt, i.State, i.Reading, i.Columns = i.CreatedAt, Open, []byte{}, []string{}
	if _, err := s.DB.NewInsert().Model(&i).Column(columns...).Returning("NULL").Exec(ctx); err != nil {
		return fmt.Errorf("intake: create: %w", err)
	}
	return nil
}

// ByID finds an import of the tenant, or returns ErrUnknown.
func (s Store) ByID(ctx context.Context, tenantID, id uuid.UUID) (Import, error) {
	return s.one(ctx, s.DB.NewSelect().Where("tenant_id = ? AND id = ?", tenantID, id))
}

func (s Store) one(ctx context.Context, query *bun.SelectQuery) (Import, error) {
	var i Import
	err := query.Model(&i).Column(columns...).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return Import{}, ErrUnknown
	}
	if err != nil {
		return Import{}, fmt.Errorf("intake: read: %w", err)
	}
	return i, nil
}

// Take holds the import for a runner, or returns ErrUnknown, ErrOver or ErrHeld.
func (s Store) Take(ctx context.Context, tenantID, id, runner uuid.UUID, now time.Time) (Import, error) {
	result, err := s.DB.NewUpdate().Model((*Import)(nil)).Set("runner = ?", runner).Set("held_until = ?", now.Add(Hold)).
		Where("tenant_id = ? AND id = ? AND state = ?", tenantID, id, Open).
		Where("held_until IS NULL OR held_until <= ?", now).Exec(ctx)
	if err != nil {
		return Import{}, fmt.Errorf("intake: take: %w", err)
	}
	taken, err := result.RowsAffected()
	if err != nil {
		return Import{}, fmt.Errorf("intake: take: %w", err)
	}
	i, err := s.ByID(ctx, tenantID, id)
	switch {
	case err != nil || taken == 1:
		return i, err
	case i.State != Open:
		return i, ErrOver
	}
	return i, ErrHeld
}

// Own locks the import within the caller's transaction, or returns ErrLost when it is
// not the runner's any more.
func (s Store) Own(ctx context.Context, id, runner uuid.UUID) error {
	owned, err := s.DB.NewSelect().Model((*Import)(nil)).Column("id").
		Where("id = ? AND runner = ? AND state = ?", id, runner, Open).For("UPDATE").Exists(ctx)
	if err != nil {
		return fmt.Errorf("intake: own: %w", err)
	}
	if !owned {
		return ErrLost
	}
	return nil
}

// Advance writes down how far an owned import is done, and what was found on the way.
// It keeps holding it.
func (s Store) Advance(ctx context.Context, i Import, found []Finding, now time.Time) error {
	if len(found) > 0 {
		rows := make([]finding, len(found))
		for n, f := range found {
			rows[n] = finding{TenantID: i.TenantID, ImportID: i.ID, Finding: f}
		}
		if _, err := s.DB.NewInsert().Model(&rows).On("CONFLICT DO NOTHING").Returning("NULL").Exec(ctx); err != nil {
			return fmt.Errorf("intake: findings: %w", err)
		}
	}
	until := now.Add(Hold)
	i.HeldUntil, i.UpdatedAt = &until, now
	if i.State != Open {
		i.HeldUntil, i.Runner, i.FinishedAt = nil, nil, &now
		if err := s.forgetKeys(ctx, i.ID); err != nil {
			return err
		}
	}
	_, err := s.DB.NewUpdate().Model(&i).Column("position", "line", "reading", "columns", "created", "updated", "skipped", "failed",
		"state", "trouble", "runner", "held_until", "updated_at", "finished_at").Where("id = ?", i.ID).Exec(ctx)
	if err != nil {
		return fmt.Errorf("intake: advance: %w", err)
	}
	return nil
}

// Let lets others take the import, if it is still the runner's.
func (s Store) Let(ctx context.Context, id, runner uuid.UUID) error {
	_, err := s.DB.NewUpdate().Model((*Import)(nil)).Set("runner = NULL").Set("held_until = NULL").
		Where("id = ? AND runner = ?", id, runner).Exec(ctx)
	if err != nil {
		return fmt.Errorf("intake: let: %w", err)
	}
	return nil
}

// Cancel ends an open import within the caller's transaction, or returns ErrUnknown or
// ErrOver. What was done stays.
func (s Store) Cancel(ctx context.Context, tenantID, id uuid.UUID, now time.Time) (Import, error) {
	i, err := s.one(ctx, s.DB.NewSelect().Where("tenant_id = ? AND id = ?", tenantID, id).For("UPDATE"))
	if err != nil {
		return i, err
	}
	if i.State != Open {
		return i, ErrOver
	}
	i.State = Cancelled
	if err := s.Advance(ctx, i, nil, now); err != nil {
		return i, err
	}
	return s.ByID(ctx, tenantID, id)
}

// Abandon fails up to limit open imports that nobody has touched since then, and returns
// how many. Their names are left for CleanNames.
func (s Store) Abandon(ctx context.Context, then, now time.Time, limit int64) (int64, error) {
	old := s.DB.NewSelect().Model((*Import)(nil)).Column("id").Where("state = ? AND updated_at < ?", Open, then).
		Where("held_until IS NULL OR held_until <= ?", now).OrderExpr("updated_at").Limit(limit).For("UPDATE SKIP LOCKED")
	result, err := s.DB.NewUpdate().Model((*Import)(nil)).Set("state = ?", Failed).Set("trouble = ?", Abandoned).
		Set("runner = NULL").Set("held_until = NULL").Set("finished_at = ?", now).Where("id IN (?)", old).Exec(ctx)
	if err != nil {
		return 0, fmt.Errorf("intake: abandon: %w", err)
	}
	return result.RowsAffected()
}

// CleanNames forgets up to limit names of files that nobody reads any more, and returns
// how many.
func (s Store) CleanNames(ctx context.Context, limit int64) (int64, error) {
	over := s.DB.NewSelect().Model((*Import)(nil)).Column("id").Where("state <> ?", Open)
	old := s.DB.NewSelect().Model((*key)(nil)).Column("import_id", "key").Where("import_id IN (?)", over).Limit(limit)
	result, err := s.DB.NewDelete().Model((*key)(nil)).Where("(import_id, key) IN (?)", old).Exec(ctx)
	if err != nil {
		return 0, fmt.Errorf("intake: clean names: %w", err)
	}
	return result.RowsAffected()
}

// CleanFindings removes up to limit findings of imports that nobody has touched since
// then, and returns how many. An import may have MaxFindings of them.
func (s Store) CleanFindings(ctx context.Context, then time.Time, limit int64) (int64, error) {
	over := s.DB.NewSelect().Model((*Import)(nil)).Column("id").Where("state <> ? AND updated_at < ?", Open, then)
	old := s.DB.NewSelect().Model((*finding)(nil)).Column("import_id", "line", "field", "code").Where("import_id IN (?)", over).Limit(limit)
	result, err := s.DB.NewDelete().Model((*finding)(nil)).Where("(import_id, line, field, code) IN (?)", old).Exec(ctx)
	if err != nil {
		return 0, fmt.Errorf("intake: clean findings: %w", err)
	}
	return result.RowsAffected()
}

// Clean removes up to limit imports that nobody has touched since then, and returns how
// many. Their findings are gone by then (CleanFindings).
func (s Store) Clean(ctx context.Context, then time.Time, limit int64) (int64, error) {
	old := s.DB.NewSelect().Model((*Import)(nil)).Column("id").Where("state <> ? AND updated_at < ?", Open, then).
		OrderExpr("updated_at").Limit(limit)
	result, err := s.DB.NewDelete().Model((*Import)(nil)).Where("id IN (?)", old).Exec(ctx)
	if err != nil {
		return 0, fmt.Errorf("intake: clean: %w", err)
	}
	return result.RowsAffected()
}

type key struct {
	bun.BaseModel `bun:"table:import_keys"`

	TenantID uuid.UUID `bun:"tenant_id"`
	ImportID uuid.UUID `bun:"import_id"`
	Key      []byte    `bun:"key"`
}

const keySize = 16

// Name is a hash of something that may stand in a file once only: what names an
// account, with what kind of name it is in front.
func Name(kind, value string) [keySize]byte {
	sum := sha256.Sum256([]byte(kind + ":" + value))
	return [keySize]byte(sum[:keySize])
}

// Seen notes names, and returns those that lines before had.
func (s Store) Seen(ctx context.Context, i Import, names [][keySize]byte) (map[[keySize]byte]bool, error) {
	again := map[[keySize]byte]bool{}
	if len(names) == 0 {
		return again, nil
	}
	rows := make([]key, len(names))
	for n, name := range names {
		rows[n] = key{TenantID: i.TenantID, ImportID: i.ID, Key: name[:]}
		again[name] = true
	}
	var fresh []key
	_, err := s.DB.NewInsert().Model(&rows).On("CONFLICT DO NOTHING").Returning("key").Exec(ctx, &fresh)
	if err != nil {
		return nil, fmt.Errorf("intake: names: %w", err)
	}
	for _, k := range fresh {
		delete(again, [keySize]byte(k.Key))
	}
	return again, nil
}

func (s Store) forgetKeys(ctx context.Context, id uuid.UUID) error {
	if _, err := s.DB.NewDelete().Model((*key)(nil)).Where("import_id = ?", id).Exec(ctx); err != nil {
		return fmt.Errorf("intake: forget names: %w", err)
	}
	return nil
}
