package invitation

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"
)

// Kind is what a link is for.
type Kind string

// The kinds.
const (
	Invite  Kind = "invite"
	Recover Kind = "recover"
	Setup   Kind = "setup"
)

// Path is where a link leads: Path?token=….
const Path = "/login/invited"

// MaxToken bounds what is hashed and looked up.
const MaxToken = 100

const (
	tokenSize = 32
	// between is the least time between two mails of a kind to one account.
	between = time.Minute
)

// lifetimes: an invitation waits for somebody to read their mail, a recovery was asked
// for by somebody who is on the telephone, and a set-up link stands in a log.
var lifetimes = map[Kind]time.Duration{Invite: 7 * 24 * time.Hour, Recover: time.Hour, Setup: 24 * time.Hour}

var (
	// ErrUnknown says that there is no such link, or that another has taken its place.
	ErrUnknown = errors.New("invitation: unknown")
	// ErrUsed says that it has been used.
	ErrUsed = errors.New("invitation: used before")
	// ErrExpired says that its time is over, or that the account has another address.
	ErrExpired = errors.New("invitation: expired")
	// ErrEarly says that one was sent a moment ago.
	ErrEarly = errors.New("invitation: sent a moment ago")
	// ErrOwned says that somebody administers the installation.
	ErrOwned = errors.New("invitation: there is an owner of the installation")
)

// Invitation is one row.
type Invitation struct {
	bun.BaseModel `bun:"table:invitations"`

	ID       uuid.UUID `bun:"id,pk"`
	TenantID uuid.UUID `bun:"tenant_id"`
	Kind     Kind      `bun:"kind"`
	// UserID is nil for a set-up link.
	UserID *uuid.UUID `bun:"user_id"`
	// AddressKey is the account's address when the link was sent (account.EmailKey).
	AddressKey string     `bun:"address_key"`
	TokenHash  []byte     `bun:"token_hash"`
	Sends      int        `bun:"sends"`
	CreatedAt  time.Time  `bun:"created_at"`
	SentAt     time.Time  `bun:"sent_at"`
	ExpiresAt  time.Time  `bun:"expires_at"`
	UsedAt     *time.Time `bun:"used_at"`
	RevokedAt  *time.Time `bun:"revoked_at"`
}

// Refusal is why the link is worth nothing at that moment: ErrUsed, ErrUnknown,
// ErrExpired, or nil.
func (i Invitation) Refusal(now time.Time) error {
	switch {
	case i.UsedAt != nil:
		return ErrUsed
	case i.RevokedAt != nil:
		return ErrUnknown
	case !now.Before(i.ExpiresAt):
		return ErrExpired
	}
	return nil
}

// Owner is the account that it is for, or uuid.Nil.
func (i Invitation) Owner() uuid.UUID {
	if i.UserID == nil {
		return uuid.Nil
	}
	return *i.UserID
}

func newToken() string {
	b := make([]byte, tokenSize)
	_, _ = rand.Read(b)
	return base64.RawURLEncoding.EncodeToString(b)
}

// hashToken needs no key: there is nothing to guess in 256 random bits.
func hashToken(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}

// Link is the path of a token, with it.
func Link(token string) string { return Path + "?token=" + token }
