package migrations

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"testing"
)

func bytesOf(t *testing.T, text string) []byte {
	t.Helper()
	value, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return value
}

// The log-in of RFC 7677, section 3.
func TestVerifierIsThatOfTheRFC(t *testing.T) {
	t.Parallel()
	const said = "n=user,r=rOprNGfwEbeRWgbNEkqO,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0," +
		"s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
	kept, err := verifier("pencil", bytesOf(t, "W22ZaJ0SNY7soEsUEjb6gQ=="))
	if err != nil {
		t.Fatal(err)
	}
	keys, found := strings.CutPrefix(kept, "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$")
	storedText, serverText, both := strings.Cut(keys, ":")
	if !found || !both {
		t.Fatalf("got %s", kept)
	}
	stored := bytesOf(t, storedText)
	client := bytesOf(t, "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=")
	for i, b := range sign(stored, said) {
		client[i] ^= b
	}
	if hashed := sha256.Sum256(client); !bytes.Equal(hashed[:], stored) {
		t.Errorf("the client's proof is not accepted: %s", kept)
	}
	if !bytes.Equal(sign(bytesOf(t, serverText), said), bytesOf(t, "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=")) {
		t.Errorf("the server does not prove itself: %s", kept)
	}
}

func TestStatementHasNoPassword(t *testing.T) {
	t.Parallel()
	first, err := alterRole("login", "it's me")
	if err != nil || !strings.HasPrefix(first, `ALTER ROLE "authway_login" LOGIN PASSWORD 'SCRAM-SHA-256$4096:`) || strings.Contains(first, "me'") {
		t.Errorf("got %s, %v", first, err)
	}
	if second, err := alterRole("login", "it's me"); err != nil || first == second {
		t.Errorf("the salt is the same: %s, %v", second, err)
	}
	for _, password := range []string{"", "pässword", "a\tb", "a\x00b", "a\x7f", "a\xff"} {
		if statement, err := alterRole("login", password); err == nil || strings.Contains(err.Error(), "ssword") {
			t.Errorf("%q: got %s, %v", password, statement, err)
		}
	}
}
