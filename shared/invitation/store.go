package invitation

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"github.com/authway/authway/shared/administrator"
)

// columns are those that the function which signs people in may read; all has those
// of the one that sends links.
var (
	columns = []string{"id", "tenant_id", "kind", "user_id", "address_key", "expires_at", "used_at", "revoked_at"}
	all     = append([]string{"sends", "created_at", "sent_at"}, columns...)
	written = append([]string{"token_hash"}, all...)
)

const pending = "used_at IS NULL AND revoked_at IS NULL"

// Store keeps invitations in PostgreSQL.
type Store struct {
	DB bun.IDB
}

// Issue makes a link for an account, in the place of the one of its kind that it may
// have, within the caller's transaction. It returns ErrEarly when that one was sent a
// moment ago.
func (s Store) Issue(ctx context.Context, kind Kind, tenantID, userID uuid.UUID, addressKey string, now time.Time) (Invitation, string, error) {
	var former []Invitation
	_, err := s.DB.NewUpdate().Model(&former).Set("revoked_at = ?", now).
		Where("user_id = ? AND kind = ?", userID, kind).Where(pending).Returning("sent_at").Exec(ctx)
	if err != nil {
		return Invitation{}, "", fmt.Errorf("invitation: replace: %w", err)
	}
	for _, f := range former {
		if now.Sub(f.SentAt) < between {
			return Invitation{}, "", ErrEarly
		}
	}
	token := newToken()
	made := fresh(kind, tenantID, token, now)
	made.UserID, made.AddressKey = &userID, addressKey
	if err := s.insert(ctx, []Invitation{made}); err != nil {
		return Invitation{}, "", err
	}
	return made, token, nil
}

// Guest is an account that is invited among others.
type Guest struct {
	UserID     uuid.UUID
	AddressKey string
}

// IssueMany invites accounts that were made in the caller's transaction. The tokens
// are in the order of the guests.
func (s Store) IssueMany(ctx context.Context, tenantID uuid.UUID, guests []Guest, now time.Time) (tokens []string, until time.Time, err error) {
	made := make([]Invitation, len(guests))
	for i, g := range guests {
		token := newToken()
		made[i] = fresh(Invite, tenantID, token, now)
		made[i].UserID, made[i].AddressKey = &g.UserID, g.AddressKey
		tokens = append(tokens, token)
	}
	if len(made) == 0 {
		return nil, now, nil
	}
	return tokens, made[0].ExpiresAt, s.insert(ctx, made)
}

func fresh(kind Kind, tenantID uuid.UUID, token string, now time.Time) Invitation {
	return Invitation{
		ID: uuid.New(), TenantID: tenantID, Kind: kind, TokenHash: hashToken(token),
		Sends: 1, CreatedAt: now, SentAt: now, ExpiresAt: now.Add(lifetimes[kind]),
	}
}

func (s Store) insert(ctx context.Context, made []Invitation) error {
	if _, err := s.DB.NewInsert().Model(&made).Column(written...).Returning("NULL").Exec(ctx); err != nil {
		return fmt.Errorf("invitation: issue: %w", err)
	}
	return nil
}

// Find reads a pending invitation of the tenant, or returns ErrUnknown. Whoever changes
// it locks its account, and then it.
func (s Store) Find(ctx context.Context, tenantID, id uuid.UUID) (Invitation, error) {
	return s.one(ctx, s.DB.NewSelect().Column(all...).Where("tenant_id = ? AND id = ? AND kind = ?", tenantID, id, Invite).Where(pending))
}

// Lock reads a pending invitation of the tenant and keeps others from changing it
// until the end of the caller's transaction, or returns ErrUnknown.
func (s Store) Lock(ctx context.Context, tenantID, id uuid.UUID) (Invitation, error) {
	return s.one(ctx, s.DB.NewSelect().Column(all...).Where("tenant_id = ? AND id = ? AND kind = ?", tenantID, id, Invite).
		Where(pending).For("UPDATE"))
}

// Again gives a locked invitation another token and another life.
func (s Store) Again(ctx context.Context, i Invitation, addressKey string, now time.Time) (Invitation, string, error) {
	if now.Sub(i.SentAt) < between {
		return i, "", ErrEarly
	}
	token := newToken()
	i.TokenHash, i.AddressKey, i.Sends, i.SentAt, i.ExpiresAt = hashToken(token), addressKey, i.Sends+1, now, now.Add(lifetimes[i.Kind])
	_, err := s.DB.NewUpdate().Model(&i).Column("token_hash", "address_key", "sends", "sent_at", "expires_at").Where("id = ?", i.ID).Exec(ctx)
	if err != nil {
		return i, "", fmt.Errorf("invitation: again: %w", err)
	}
	return i, token, nil
}

// Revoke ends a locked invitation.
func (s Store) Revoke(ctx context.Context, i Invitation, now time.Time) error {
	_, err := s.DB.NewUpdate().Model((*Invitation)(nil)).Set("revoked_at = ?", now).Where("id = ?", i.ID).Exec(ctx)
	if err != nil {
		return fmt.Errorf("invitation: revoke: %w", err)
	}
	return nil
}

// ByToken finds the link with that token, whatever has become of it, or returns
// ErrUnknown.
func (s Store) ByToken(ctx context.Context, token string) (Invitation, error) {
	if token == "" || len(token) > MaxToken {
		return Invitation{}, ErrUnknown
	}
	return s.one(ctx, s.DB.NewSelect().Column(columns...).Where("token_hash = ?", hashToken(token)))
}

func (s Store) one(ctx context.Context, query *bun.SelectQuery) (Invitation, error) {
	var i Invitation
	err := query.Model(&i).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return Invitation{}, ErrUnknown
	}
	if err != nil {
		return Invitation{}, fmt.Errorf("invitation: read: %w", err)
	}
	return i, nil
}

// Use uses up a link of an account within the caller's transaction, or returns ErrUsed:
// of any number of tries at once one succeeds.
func (s Store) Use(ctx context.Context, token string) error {
	return s.call(ctx, "SELECT invitation_use(?)", token)
}

// SetUp uses up a set-up link and makes the account the owner of the installation
// within the caller's transaction, or returns ErrUsed. The account's tenant is the
// link's.
func (s Store) SetUp(ctx context.Context, token string, userID uuid.UUID) error {
	return s.call(ctx, "SELECT invitation_set_up(?, ?)", token, userID)
}

func (s Store) call(ctx context.Context, statement string, args ...any) error {
	var done bool
	if err := s.DB.NewRaw(statement, args...).Scan(ctx, &done); err != nil {
		return fmt.Errorf("invitation: use: %w", err)
	}
	if !done {
		return ErrUsed
	}
	return nil
}

// IssueSetup makes the set-up link, in the place of the former, for the tenant that the
// owner's account is going to belong to. It returns ErrOwned when the installation has
// an owner. It takes the rights of the schema's owner, and a transaction.
func (s Store) IssueSetup(ctx context.Context, tenantSlug string, now time.Time) (token string, err error) {
	if err := (administrator.Store{DB: s.DB}).Lock(ctx); err != nil {
		return "", err
	}
	var owned bool
	if err := s.DB.NewRaw("SELECT administration_has_owner()").Scan(ctx, &owned); err != nil {
		return "", fmt.Errorf("invitation: the owner: %w", err)
	}
	_, err = s.DB.NewUpdate().Model((*Invitation)(nil)).Set("revoked_at = ?", now).Where("kind = ?", Setup).Where(pending).Exec(ctx)
	if err != nil {
		return "", fmt.Errorf("invitation: replace: %w", err)
	}
	if owned {
		return "", ErrOwned
	}
	var home uuid.UUID
	if err := s.DB.NewRaw("SELECT id FROM tenants WHERE slug = ?", tenantSlug).Scan(ctx, &home); err != nil {
		return "", fmt.Errorf("invitation: the tenant: %w", err)
	}
	token = newToken()
	return token, s.insert(ctx, []Invitation{fresh(Setup, home, token, now)})
}

// Clean removes up to limit links that were over before then, and returns how many.
func (s Store) Clean(ctx context.Context, then time.Time, limit int64) (int64, error) {
	old := s.DB.NewSelect().Model((*Invitation)(nil)).Column("id").Where("expires_at < ?", then).OrderExpr("expires_at").Limit(limit)
	result, err := s.DB.NewDelete().Model((*Invitation)(nil)).Where("id IN (?)", old).Exec(ctx)
	if err != nil {
		return 0, fmt.Errorf("invitation: clean: %w", err)
	}
	return result.RowsAffected()
}
