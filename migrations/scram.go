package migrations

import (
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
)

// What PostgreSQL itself takes (scram_iterations, SCRAM_DEFAULT_SALT_LEN). Every log-in
// pays for the iterations, and the passwords are made by machines.
const (
	iterations = 4096
	saltSize   = 16
)

var errPassword = errors.New("it may hold nothing but printable ASCII characters, and at least one")

// verifier is what PostgreSQL keeps of a password, in its own form (pg_authid): the keys
// of SCRAM-SHA-256 (RFC 5802, section 3; RFC 7677), which prove the password to the
// server and the server to the client, and are not it. RFC 5802 has a password prepared
// with SASLprep (RFC 4013), which leaves printable ASCII as it is: other passwords are
// refused.
func verifier(password string, salt []byte) (string, error) {
	if password == "" || strings.ContainsFunc(password, func(c rune) bool { return c < ' ' || c > '~' }) {
		return "", errPassword
	}
	salted, err := pbkdf2.Key(sha256.New, password, salt, iterations, sha256.Size)
	if err != nil {
		return "", err
	}
	stored := sha256.Sum256(sign(salted, "Client Key"))
	text := base64.StdEncoding.EncodeToString
	return fmt.Sprintf("SCRAM-SHA-256$%d:%s$%s:%s", iterations, text(salt), text(stored[:]), text(sign(salted, "Server Key"))), nil
}

func sign(key []byte, what string) []byte {
	mac := hmac.New(sha256.New, key)
	_, _ = mac.Write([]byte(what))
	return mac.Sum(nil)
}
