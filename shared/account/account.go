package account

import (
	"errors"
	"net/mail"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/uptrace/bun"
	"golang.org/x/text/unicode/norm"
)

var (
	// ErrUnknown says that there is no such account in the tenant.
	ErrUnknown = errors.New("account: unknown")
	// ErrTaken says that the tenant has an account with that address already.
	ErrTaken = errors.New("account: the address is taken")
	// ErrEmail says that a text is not an e-mail address we could send to.
	ErrEmail = errors.New("account: not an e-mail address")
	// ErrName says that a name is empty, too long or holds control characters.
	ErrName = errors.New("account: not a name")
)

// Limits of what is stored: RFC 5321 section 4.5.3.1.3 for the address, in
// bytes; the name in characters.
const (
	maxEmail = 254
	maxName  = 200
)

// User is an account.
type User struct {
	bun.BaseModel `bun:"table:users"`

	ID              uuid.UUID  `bun:"id,pk"`
	TenantID        uuid.UUID  `bun:"tenant_id"`
	Email           string     `bun:"email"`
	EmailKey        string     `bun:"email_key"`
	EmailVerifiedAt *time.Time `bun:"email_verified_at"`
	Name            string     `bun:"name"`
	Locale          string     `bun:"locale"`
	Roles           []string   `bun:"roles,array"`
	DisabledAt      *time.Time `bun:"disabled_at"`
	// DeleteAfter is until when an account that its person wants gone can be taken
	// back. It is nil for all others.
	DeleteAfter *time.Time `bun:"delete_after"`
	// InvitedAt is when the account was made for its person, who has no way to sign in
	// yet. The database forgets it when they are given the first one.
	InvitedAt *time.Time `bun:"invited_at"`
	CreatedAt time.Time  `bun:"created_at"`
	UpdatedAt time.Time  `bun:"updated_at"`
}

// MaySignIn reports whether the person may prove who they are here. Of an account
// that is about to be deleted this is all they may do, to take it back.
func (u User) MaySignIn() bool { return u.DisabledAt == nil }

// Active reports whether the person may be signed in and hold tokens.
func (u User) Active() bool { return u.MaySignIn() && u.DeleteAfter == nil }

// ParseEmail checks that text is one plain address and returns it without
// surrounding space, or ErrEmail.
func ParseEmail(text string) (string, error) {
	text = strings.TrimSpace(text)
	if len(text) > maxEmail || !utf8.ValidString(text) || strings.ContainsFunc(text, unseen) {
		return "", ErrEmail
	}
	parsed, err := mail.ParseAddress(text)
	if err != nil || parsed.Name != "" || parsed.Address != text {
		return "", ErrEmail
	}
	local, domain, _ := strings.Cut(text, "@")
	if local == "" || len(local) > 64 || !strings.Contains(domain, ".") && domain != "localhost" {
		return "", ErrEmail
	}
	return text, nil
}

// unseen is what no address is typed with: net/mail forbids it in ASCII alone.
func unseen(r rune) bool { return unicode.IsControl(r) || unicode.IsSpace(r) }

// EmailKey is the form of an address by which accounts are unique: NFKC and
// lower case, and NFKC again, which joins letters and accents that have no joint
// capital. Mail providers' own rules (dots, plus signs) are not applied:
// they differ, and guessing would let one person take another's address.
func EmailKey(email string) string {
	return strings.TrimSpace(norm.NFKC.String(strings.ToLower(norm.NFKC.String(email))))
}

// ParseName returns text without surrounding space, or ErrName.
func ParseName(text string) (string, error) {
	text = strings.TrimSpace(text)
	if text == "" || !utf8.ValidString(text) || utf8.RuneCountInString(text) > maxName {
		return "", ErrName
	}
	if strings.ContainsFunc(text, unicode.IsControl) {
		return "", ErrName
	}
	return text, nil
}
