package client

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"github.com/authway/authway/shared/seal"
)

// MaxOverlap is how long two secrets may be good at the most.
const MaxOverlap = 30 * 24 * time.Hour

// placeSecret binds what is sealed to its client (package sealed knows it as well).
const placeSecret = "client_secrets.sealed:"

// NewSecret makes a secret of 256 random bits, which is why SHA-256 of it can be kept.
func NewSecret() string {
	raw := make([]byte, sha256.Size)
	_, _ = rand.Read(raw)
	return base64.RawURLEncoding.EncodeToString(raw)
}

// Overlap is a client's time with two secrets.
type Overlap struct {
	bun.BaseModel `bun:"table:client_secrets"`

	ClientID    string     `bun:"client_id,pk"`
	FormerHash  []byte     `bun:"former_hash"`
	FormerUntil *time.Time `bun:"former_until"`
	Sealed      []byte     `bun:"sealed"`
}

// Holds reports whether secret is the former one and still good. Its time tells
// nothing of the secret.
func (o Overlap) Holds(secret string, now time.Time) bool {
	sum := sha256.Sum256([]byte(secret))
	return subtle.ConstantTimeCompare(sum[:], o.FormerHash) == 1 && o.FormerUntil != nil && now.Before(*o.FormerUntil)
}

// Current opens the secret that Hydra knows.
func (o Overlap) Current(box *seal.Box) (string, error) {
	plain, err := box.Open(placeSecret+o.ClientID, o.Sealed)
	return string(plain), err
}

type secretRow struct {
	bun.BaseModel `bun:"table:client_secrets"`

	ClientID    string     `bun:"client_id,pk"`
	TenantID    uuid.UUID  `bun:"tenant_id"`
	Hash        []byte     `bun:"hash"`
	FormerHash  []byte     `bun:"former_hash"`
	FormerUntil *time.Time `bun:"former_until"`
	Sealed      []byte     `bun:"sealed"`
	ChangedAt   time.Time  `bun:"changed_at"`
}

// Secrets keeps what is known of secrets in PostgreSQL.
type Secrets struct {
	DB  bun.IDB
	Box *seal.Box
}

// SecretState is what can be told of a client's secret.
type SecretState struct {
	// Known says that Authway has made it, so that a change can overlap.
	Known     bool
	ChangedAt time.Time
	// OverlapUntil is when the former one ends, or the zero time.
	OverlapUntil time.Time
}

// State is the secret's, at a time.
func (s Secrets) State(ctx context.Context, id string, now time.Time) (SecretState, error) {
	row, err := s.row(ctx, id)
	if err != nil || row == nil {
		return SecretState{}, err
	}
	state := SecretState{Known: true, ChangedAt: row.ChangedAt}
	if row.FormerUntil != nil && now.Before(*row.FormerUntil) {
		state.OverlapUntil = *row.FormerUntil
	}
	return state, nil
}

func (s Secrets) row(ctx context.Context, id string) (*secretRow, error) {
	var row secretRow
	err := s.DB.NewSelect().Model(&row).Column("client_id", "tenant_id", "hash", "former_hash", "former_until", "changed_at").
		Where("client_id = ?", id).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("client: secret: %w", err)
	}
	return &row, nil
}

// Put notes the secret that Hydra is about to be told. The one before it is good for
// the overlap, if it is known; the one before that no more. It reports until when two
// are good, or the zero time.
func (s Secrets) Put(ctx context.Context, tenantID uuid.UUID, id, secret string, overlap time.Duration, now time.Time) (time.Time, error) {
	had, err := s.row(ctx, id)
	if err != nil {
		return time.Time{}, err
	}
	sum := sha256.Sum256([]byte(secret))
	if had != nil && subtle.ConstantTimeCompare(sum[:], had.Hash) == 1 {
		// Told once more, after an answer was lost: it does not take its own place.
		if had.FormerUntil == nil {
			return time.Time{}, nil
		}
		return *had.FormerUntil, nil
	}
	row := secretRow{ClientID: id, TenantID: tenantID, Hash: sum[:], ChangedAt: now}
	var until time.Time
	if had != nil && overlap > 0 {
		until = now.Add(min(overlap, MaxOverlap))
		row.FormerHash, row.FormerUntil = had.Hash, &until
		row.Sealed = s.Box.Seal(placeSecret+id, []byte(secret))
	}
	_, err = s.DB.NewInsert().Model(&row).On("CONFLICT (client_id) DO UPDATE").
		Set("tenant_id = EXCLUDED.tenant_id, hash = EXCLUDED.hash, former_hash = EXCLUDED.former_hash").
		Set("former_until = EXCLUDED.former_until, sealed = EXCLUDED.sealed, changed_at = EXCLUDED.changed_at").
		Returning("NULL").Exec(ctx)
	if err != nil {
		return time.Time{}, fmt.Errorf("client: secret: %w", err)
	}
	return until, nil
}

// EndOverlap takes the former secret away, and reports whether there was one.
func (s Secrets) EndOverlap(ctx context.Context, id string) (bool, error) {
	result, err := s.DB.NewUpdate().Model((*secretRow)(nil)).
		Set("former_hash = NULL, former_until = NULL, sealed = NULL").Where("client_id = ? AND former_until IS NOT NULL", id).Exec(ctx)
	if err != nil {
		return false, fmt.Errorf("client: end of overlap: %w", err)
	}
	n, err := result.RowsAffected()
	return n > 0, err
}

// Forget drops what is known of a client's secret: the client is gone, or somebody
// else has given it another one.
func (s Secrets) Forget(ctx context.Context, id string) error {
	if _, err := s.DB.NewDelete().Model((*secretRow)(nil)).Where("client_id = ?", id).Exec(ctx); err != nil {
		return fmt.Errorf("client: forget secret: %w", err)
	}
	return nil
}

// maxOverlaps bounds what a process holds of clients that have two secrets.
const maxOverlaps = 10_000

// Overlaps are all clients that have two good secrets at a time.
func (s Secrets) Overlaps(ctx context.Context, now time.Time) ([]Overlap, error) {
	var all []Overlap
	err := s.DB.NewSelect().Model(&all).Column("client_id", "former_hash", "former_until", "sealed").
		Where("former_until > ?", now).OrderExpr("former_until DESC").Limit(maxOverlaps).Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("client: overlaps: %w", err)
	}
	return all, nil
}

// Clean takes former secrets away that are good no more, at most limit of them.
func (s Secrets) Clean(ctx context.Context, now time.Time, limit int64) (int64, error) {
	over := s.DB.NewSelect().Model((*Overlap)(nil)).Column("client_id").Where("former_until <= ?", now).Limit(limit)
	result, err := s.DB.NewUpdate().Model((*Overlap)(nil)).
		Set("former_hash = NULL, former_until = NULL, sealed = NULL").Where("client_id IN (?)", over).Where("former_until <= ?", now).Exec(ctx)
	if err != nil {
		return 0, fmt.Errorf("client: clean overlaps: %w", err)
	}
	return result.RowsAffected()
}
