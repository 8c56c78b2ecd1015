package keyring

import (
	"crypto"
	"fmt"
	"io"
	"time"
)

// Algorithm is a JWS algorithm (RFC 7518, section 3.1).
type Algorithm string

// Algorithms that keys may be for.
const (
	ES256 Algorithm = "ES256"
	RS256 Algorithm = "RS256"
)

// Key is a signing key. It prints as its id, whatever the verb.
type Key struct {
	// ID is the kid: the key's thumbprint (RFC 7638).
	ID        string
	Algorithm Algorithm
	State     State
	// Public is an *ecdsa.PublicKey or an *rsa.PublicKey.
	Public crypto.PublicKey
	// The times of its states; those to come are zero.
	PublishedAt, ActivatedAt, RetiredAt time.Time
	// HastenedAt is when somebody wanted its successor to sign before its time, or zero.
	HastenedAt time.Time

	private crypto.Signer
}

// Private is the key's private part, or nil for one that does not sign. It is
// for signing, and for the sealed copy that a backup has of it.
func (k Key) Private() crypto.Signer { return k.private }

// Format prints the id alone, so that no format of any log shows a private part.
func (k Key) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "key "+k.ID) }

// MarshalText is for encoders that do not ask Format.
func (k Key) MarshalText() ([]byte, error) { return []byte("key " + k.ID), nil }
