package credential

import (
	"errors"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

var (
	// ErrShort says that a password has fewer characters than it has to have.
	ErrShort = errors.New("credential: the password is too short")
	// ErrLong says that a password has more than MaxLength bytes.
	ErrLong = errors.New("credential: the password is too long")
	// ErrPersonal says that a password is little more than the account's own
	// name or address.
	ErrPersonal = errors.New("credential: the password is made of the account's own data")
)

// Limits of NIST SP 800-63B, section 5.1.1.2: length and not composition. The
// upper limit keeps a request from making the server normalise megabytes.
const (
	MinLength = 12
	MaxLength = 1024
)

// Normalize gives the form of a password that is hashed (NFKC, as RFC 8265
// asks for), so that one password typed on two keyboards is the same.
func Normalize(password string) string { return norm.NFKC.String(password) }

// Check says whether password may be set for an account whose own data
// (address, name) is personal: nil, ErrShort, ErrLong or ErrPersonal.
func Check(password string, personal ...string) error {
	if len(password) > MaxLength {
		return ErrLong
	}
	if err := CheckLength(password, MinLength); err != nil {
		return err
	}
	if isPersonal(password, personal) {
		return ErrPersonal
	}
	return nil
}

// CheckLength returns ErrShort for a password of fewer than least characters. A tenant
// may ask for more than MinLength.
func CheckLength(password string, least int) error {
	// Both forms: one character can be normalised into eighteen.
	if min(utf8.RuneCountInString(password), utf8.RuneCountInString(Normalize(password))) < least {
		return ErrShort
	}
	return nil
}

// isPersonal takes the account's own words out of the password: what is left
// has to be long enough to be a secret of its own.
func isPersonal(password string, personal []string) bool {
	const (
		minWord = 4
		minRest = 6
	)
	rest := strings.ToLower(Normalize(password))
	separators := func(r rune) bool { return strings.ContainsRune(" @.-_+", r) }
	found := false
	for _, text := range personal {
		for _, word := range strings.FieldsFunc(strings.ToLower(Normalize(text)), separators) {
			if utf8.RuneCountInString(word) >= minWord && strings.Contains(rest, word) {
				rest = strings.ReplaceAll(rest, word, "")
				found = true
			}
		}
	}
	return found && utf8.RuneCountInString(rest) < minRest
}
