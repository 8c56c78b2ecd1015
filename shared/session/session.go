package session

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"
)

// Lifetimes. A session ends when it has not been used for the idle time, and
// in any case Absolute after the sign-in.
const (
	// Absolute bounds a session, used or not.
	Absolute = 30 * 24 * time.Hour
	// IdleRemembered bounds the time without use of a session that the person
	// asked to be remembered.
	IdleRemembered = 14 * 24 * time.Hour
	// Idle bounds the time without use of any other session. Its cookie ends
	// with the browser; the server cannot see that, so this does.
	Idle = 12 * time.Hour
	// CacheTTL is how long a copy in the cache is believed.
	CacheTTL = time.Minute

	// touchEvery spares the database a write for each use.
	touchEvery = 5 * time.Minute
)

// AMR values of RFC 8176.
const (
	MethodPassword = "pwd"
	// MethodOTP stands for an authenticator app's code and for a recovery code.
	MethodOTP = "otp"
	// MethodFederated stands for a sign-in at another provider, for which the RFC has
	// no word.
	MethodFederated = "fed"
	// MethodHardwareKey and MethodSoftwareKey stand for a passkey: one that cannot
	// leave its device, and one that is copied between devices.
	MethodHardwareKey = "hwk"
	MethodSoftwareKey = "swk"
	// MethodMFA says that two kinds of factor were shown.
	MethodMFA = "mfa"
)

// ErrNone says that there is no living session for the token.
var ErrNone = errors.New("session: none")

// Session is one sign-in.
type Session struct {
	bun.BaseModel `bun:"table:sessions" json:"-"`

	ID              uuid.UUID  `bun:"id,pk"`
	TenantID        uuid.UUID  `bun:"tenant_id"`
	UserID          uuid.UUID  `bun:"user_id"`
	TokenHash       []byte     `bun:"token_hash" json:"-"`
	AMR             []string   `bun:"amr,array"`
	Remembered      bool       `bun:"remembered"`
	AuthenticatedAt time.Time  `bun:"authenticated_at"`
	LastSeenAt      time.Time  `bun:"last_seen_at"`
	ExpiresAt       time.Time  `bun:"expires_at"`
	EndedAt         *time.Time `bun:"ended_at" json:"-"`
	IP              string     `bun:"ip"`
	UserAgent       string     `bun:"user_agent"`
	// OnceHash is what began it (CreateOnce), and FormerHash its token's before the last
	// StepUp; both are read there alone.
	OnceHash   []byte `bun:"once_hash" json:"-"`
	FormerHash []byte `bun:"former_hash" json:"-"`

	// TenantIdle and TenantAbsolute are the tenant's own lifetimes in seconds as they are
	// now, or 0. They only ever make a session shorter.
	TenantIdle     int64 `bun:"tenant_idle,scanonly"`
	TenantAbsolute int64 `bun:"tenant_absolute,scanonly"`
}

func (s Session) idle() time.Duration {
	idle := Idle
	if s.Remembered {
		idle = IdleRemembered
	}
	return sooner(idle, s.TenantIdle)
}

func sooner(life time.Duration, seconds int64) time.Duration {
	if seconds > 0 {
		return min(life, time.Duration(seconds)*time.Second)
	}
	return life
}

// Ends is when the session is over, however much it is used.
func (s Session) Ends() time.Time {
	if s.TenantAbsolute == 0 {
		return s.ExpiresAt
	}
	if end := s.AuthenticatedAt.Add(sooner(Absolute, s.TenantAbsolute)); end.Before(s.ExpiresAt) {
		return end
	}
	return s.ExpiresAt
}

// Alive reports whether the session counts at now.
func (s Session) Alive(now time.Time) bool {
	return s.EndedAt == nil && now.Before(s.Ends()) && now.Sub(s.LastSeenAt) < s.idle()
}

func (s Session) shows(methods []string) bool {
	return !slices.ContainsFunc(methods, func(m string) bool { return !slices.Contains(s.AMR, m) })
}

// TwoFactors reports whether the person has shown two factors.
func (s Session) TwoFactors() bool { return slices.Contains(s.AMR, MethodMFA) }

// Token is the cookie's value: 256 bits in base64url that nobody can guess, random ones
// or those of CreateOnce and StepUp.
type Token string

// NewToken makes a token from the system's randomness.
func NewToken() Token {
	b := make([]byte, 32)
	_, _ = rand.Read(b)
	return Token(base64.RawURLEncoding.EncodeToString(b))
}

// Hash is what is kept of a token. A plain hash is enough: the token has 256
// bits, so there is nothing to guess.
func (t Token) Hash() []byte {
	sum := sha256.Sum256([]byte(t))
	return sum[:]
}
