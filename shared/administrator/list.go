package administrator

import (
	"context"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"github.com/authway/authway/shared/clock"
	"github.com/authway/authway/shared/paging"
)

// ErrNone says that the account has no such role.
var ErrNone = errors.New("administrator: no such role")

// Entry is a grant, and whose it is.
type Entry struct {
	Grant `bun:",extend"`

	Name  string `bun:"name"`
	Email string `bun:"email"`
	// Home is the slug of the account's own tenant, and Of that of OfTenant, or "".
	Home string `bun:"home"`
	Of   string `bun:"of_slug"`
	// Active says that the account may be signed in.
	Active bool `bun:"active"`
	// SecondFactor says that it has an authenticator app or a passkey.
	SecondFactor bool `bun:"second_factor"`
	// LastSeen is when it last did something, or nil.
	LastSeen *time.Time `bun:"last_seen_at"`
}

// The time of events is asked for as audit_events_of_actor has it (shared/audit): any
// other way all that the account has ever done is read.
const entryColumns = `a.tenant_id, a.user_id, a.of_tenant, a.role, a.granted_at, u.name, u.email, home.slug AS home,
	coalesce(of.slug, '') AS of_slug, u.disabled_at IS NULL AND u.delete_after IS NULL AS active,
	EXISTS (SELECT FROM credentials AS c WHERE c.user_id = a.user_id AND c.kind IN ('totp', 'passkey') AND c.confirmed_at IS NOT NULL) AS second_factor,
	greatest((SELECT max(s.last_seen_at) FROM sessions AS s WHERE s.user_id = a.user_id AND s.ended_at IS NULL),
		(SELECT max(timezone('UTC', e.at)) AT TIME ZONE 'UTC' FROM audit_events AS e WHERE e.actor_id = a.user_id::text AND e.actor_id <> '')) AS last_seen_at`

func (s Store) entries(all *[]Entry) *bun.SelectQuery {
	return s.DB.NewSelect().Model(all).ModelTableExpr("administrators AS a").ColumnExpr(entryColumns).
		Join("JOIN users AS u ON u.id = a.user_id").Join("JOIN tenants AS home ON home.id = a.tenant_id").
		Join("LEFT JOIN tenants AS of ON of.id = a.of_tenant")
}

// place is where a page of the list ends.
type place struct {
	At   time.Time  `json:"at"`
	User uuid.UUID  `json:"user"`
	Of   *uuid.UUID `json:"of"`
}

// List returns who administers a tenant, or with nil who administers anything at all,
// the last granted first: limit at most, from a cursor or "". next is where it goes
// on, or "". It returns paging.ErrCursor for a text that is none.
func (s Store) List(ctx context.Context, of *uuid.UUID, cursor string, limit int) (all []Entry, next string, err error) {
	query := s.entries(&all).OrderExpr("a.granted_at DESC, a.user_id, a.of_tenant NULLS FIRST").Limit(int64(limit) + 1)
	if of != nil {
		query = query.Where("a.of_tenant = ?", *of)
	}
	if cursor != "" {
		var from place
		text, err := base64.RawURLEncoding.DecodeString(cursor)
		if err != nil || json.Unmarshal(text, &from) != nil || !clock.Storable(from.At) {
			return nil, "", paging.ErrCursor
		}
		query = query.Where("(a.granted_at < ?0 OR a.granted_at = ?0 AND (a.user_id > ?1 OR a.user_id = ?1 AND "+
			"coalesce(a.of_tenant, ?3::uuid) > coalesce(?2::uuid, ?3::uuid)))", from.At, from.User, from.Of, uuid.Nil)
	}
	if err := query.Scan(ctx); err != nil {
		return nil, "", fmt.Errorf("administrator: list: %w", err)
	}
	if len(all) <= limit {
		return all, "", nil
	}
	all = all[:limit]
	last := all[limit-1]
	text, err := json.Marshal(place{last.GrantedAt, last.UserID, last.OfTenant})
	return all, base64.RawURLEncoding.EncodeToString(text), err
}

// One returns the role of an account for a tenant, or with nil for all, or ErrNone.
func (s Store) One(ctx context.Context, userID uuid.UUID, of *uuid.UUID) (Entry, error) {
	var all []Entry
	err := s.entries(&all).Where("a.user_id = ? AND a.of_tenant IS NOT DISTINCT FROM ?", userID, of).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) || err == nil && len(all) == 0 {
		return Entry{}, ErrNone
	}
	if err != nil {
		return Entry{}, fmt.Errorf("administrator: one: %w", err)
	}
	return all[0], nil
}
