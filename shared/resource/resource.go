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
	"regexp"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"
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
	SecretHash []byte     `bun:"secret_hash"`
	DisabledAt *time.Time `bun:"disabled_at"`
	CreatedAt  time.Time  `bun:"created_at"`
}

// Holds reports whether secret is the server's and the server may ask. Its time
// tells nothing of the secret.
func (s Server) Holds(secret string) bool {
	sum := sha256.Sum256([]byte(secret))
	return subtle.ConstantTimeCompare(sum[:], s.SecretHash) == 1 && s.DisabledAt == nil
}

var (
	columns  = []string{"id", "tenant_id", "name", "audience", "secret_hash", "disabled_at", "created_at"}
	idForm   = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{2,63}$`)
	audience = regexp.MustCompile(`^[!-~]{1,255}$`)
)

// Store keeps resource servers in PostgreSQL.
type Store struct {
	DB bun.IDB
}

// ByID finds a resource server, or returns ErrUnknown. What cannot be an id is not
// asked for.
func (s Store) ByID(ctx context.Context, id string) (Server, error) {
	if !idForm.MatchString(id) {
		return Server{}, ErrUnknown
	}
	return s.one(ctx, "id = ?", id)
}

// ByAudience finds the resource server of a tenant that tokens for an audience are
// made for, or returns ErrUnknown.
func (s Store) ByAudience(ctx context.Context, tenantID uuid.UUID, name string) (Server, error) {
	if !audience.MatchString(name) {
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
	case !idForm.MatchString(server.ID):
		return "", ErrID
	case !audience.MatchString(server.Audience):
		return "", ErrAudience
	}
	raw := make([]byte, sha256.Size)
	_, _ = rand.Read(raw)
	secret = base64.RawURLEncoding.EncodeToString(raw)
	sum := sha256.Sum256([]byte(secret))
	server.SecretHash, server.CreatedAt = sum[:], now
	result, err := s.DB.NewInsert().Model(&server).Column(columns...).On("CONFLICT DO NOTHING").Returning("NULL").Exec(ctx)
	if err != nil {
		return "", fmt.Errorf("resource: create: %w", err)
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		return "", errors.Join(ErrTaken, err)
	}
	return secret, nil
}
