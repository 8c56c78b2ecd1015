// Package resource is resource servers (RFC 6749, section 1.1): a company's own
// services that take tokens and ask what a token means.
//
// Each has an id and a secret to ask with, and one audience, the identifier that
// tokens made for it name (RFC 8707). It belongs to a tenant and is told nothing
// of another tenant's people.
package resource

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

	"github.com/authway/authway/shared/word"
)

var (
	// ErrUnknown says that there is no such resource server.
	ErrUnknown = errors.New("resource: unknown")
	// ErrTaken says that another one has the id, or in the tenant the audience.
	ErrTaken = errors.New("resource: the id or the audience is taken")
	// ErrID and ErrAudience say what is malformed.
	ErrID       = errors.New("resource: an id has 3 to 64 of a-z, 0-9, the dash and the dot")
	ErrAudience = errors.New("resource: an audience is a word or an address of at most 255 bytes")
)

// Server is one resource server.
type Server struct {
	bun.BaseModel `bun:"table:resource_servers"`

	ID       string    `bun:"id,pk"`
	TenantID uuid.UUID `bun:"tenant_id"`
	Name     string    `bun:"name"`
	Audience string    `bun:"audience"`
	// SecretHash is SHA-256 of the secret, of which 256 bits are random.
	SecretHash []byte `bun:"secret_hash"`
	// FormerHash is that of the secret before it, good until FormerUntil.
	FormerHash  []byte     `bun:"former_hash"`
	FormerUntil *time.Time `bun:"former_until"`
	DisabledAt  *time.Time `bun:"disabled_at"`
	CreatedAt   time.Time  `bun:"created_at"`
}

// Holds reports whether secret is the server's now and the server may ask. Its time
// tells nothing of the secret.
func (s Server) Holds(secret string, now time.Time) bool {
	sum := sha256.Sum256([]byte(secret))
	holds := subtle.ConstantTimeCompare(sum[:], s.SecretHash) == 1
	if s.FormerUntil != nil && now.Before(*s.FormerUntil) {
		holds = subtle.ConstantTimeCompare(sum[:], s.FormerHash) == 1 || holds
	}
	return holds && s.DisabledAt == nil
}

var (
	columns = []string{"id", "tenant_id", "name", "audience", "secret_hash", "former_hash", "former_until", "disabled_at", "created_at"}
)

func isID(s string) bool       { return word.Lower(s, 3, 64, ".-") }
func isAudience(s string) bool { return word.Visible(s, 255) }

// Store keeps resource servers in PostgreSQL.
type Store struct {
	DB bun.IDB
}

// ByID finds a resource server, or returns ErrUnknown. What cannot be an id is not
// asked for.
func (s Store) ByID(ctx context.Context, id string) (Server, error) {
	if !isID(id) {
		return Server{}, ErrUnknown
	}
	return s.one(ctx, "id = ?", id)
}

// ByAudience finds the resource server of a tenant that tokens for an audience are
// made for, or returns ErrUnknown.
func (s Store) ByAudience(ctx context.Context, tenantID uuid.UUID, name string) (Server, error) {
	if !isAudience(name) {
		return Server{}, ErrUnknown
	}
	return s.one(ctx, "tenant_id = ? AND audience = ?", tenantID, name)
}

func (s Store) one(ctx context.Context, where string, args ...any) (Server, error) {
	var found Server
	err := s.DB.NewSelect().Model(&found).Column(columns...).Where(where, args...).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return Server{}, ErrUnknown
	}
	if err != nil {
		return Server{}, fmt.Errorf("resource: read: %w", err)
	}
	return found, nil
}

// Create adds a resource server and returns its secret, which is kept nowhere. It
// returns ErrID, ErrAudience or ErrTaken when it cannot.
func (s Store) Create(ctx context.Context, server Server, now time.Time) (secret string, err error) {
	switch {
	case !isID(server.ID):
		return "", ErrID
	case !isAudience(server.Audience):
		return "", ErrAudience
	}
	secret, server.SecretHash = newSecret()
	server.CreatedAt = now
	result, err := s.DB.NewInsert().Model(&server).Column(columns...).On("CONFLICT DO NOTHING").Returning("NULL").Exec(ctx)
	if err != nil {
		return "", fmt.Errorf("resource: create: %w", err)
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		return "", errors.Join(ErrTaken, err)
	}
	return secret, nil
}

func newSecret() (secret string, hash []byte) {
	raw := make([]byte, sha256.Size)
	_, _ = rand.Read(raw)
	secret = base64.RawURLEncoding.EncodeToString(raw)
	sum := sha256.Sum256([]byte(secret))
	return secret, sum[:]
}

// All are the resource servers of all tenants, in the order of their ids.
func (s Store) All(ctx context.Context) ([]Server, error) {
	var all []Server
	if err := s.DB.NewSelect().Model(&all).Column(columns...).OrderExpr("id").Scan(ctx); err != nil {
		return nil, fmt.Errorf("resource: list: %w", err)
	}
	return all, nil
}

// Renew gives a resource server a new secret and returns it. The one before it is
// good until then, and the one before that no more. It returns ErrUnknown when there
// is no such server.
func (s Store) Renew(ctx context.Context, id string, until time.Time) (secret string, err error) {
	secret, hash := newSecret()
	result, err := s.DB.NewUpdate().Model((*Server)(nil)).
		Set("former_hash = secret_hash, former_until = ?, secret_hash = ?", until, hash).Where("id = ?", id).Exec(ctx)
	if err := one(result, err); err != nil {
		return "", err
	}
	return secret, nil
}

// Remove takes a resource server away, or returns ErrUnknown.
func (s Store) Remove(ctx context.Context, id string) error {
	return one(s.DB.NewDelete().Model((*Server)(nil)).Where("id = ?", id).Exec(ctx))
}

func one(result sql.Result, err error) error {
	if err != nil {
		return fmt.Errorf("resource: change: %w", err)
	}
	n, err := result.RowsAffected()
	if err == nil && n == 0 {
		return ErrUnknown
	}
	return err
}
