package passkey

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/google/uuid"
)

func TestParseName(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                                 "",
		"  Ada's phone ":                   "Ada's phone",
		strings.Repeat("키", maxName):       strings.Repeat("키", maxName),
		strings.Repeat("키", maxName+1):     "!",
		"two\nlines":                       "!",
		"\xff":                             "!",
		"a name with a trailing newline\n": "a name with a trailing newline",
	} {
		got, err := ParseName(text)
		if errors.Is(err, ErrName) != (want == "!") || err == nil && got != want {
			t.Errorf("%q is read as %q, %v", text, got, err)
		}
	}
}

func TestRefusedAreAnswersAndNotFailures(t *testing.T) {
	t.Parallel()
	for _, err := range []error{ErrExpired, ErrUnknown, ErrTenant, ErrUnverified, ErrCloned, ErrTaken, refused(errors.New("x")), refused(&protocol.Error{DevInfo: "x"})} {
		if !Refused(fmt.Errorf("outer: %w", err)) {
			t.Errorf("%v is no refusal", err)
		}
	}
	for _, err := range []error{nil, ErrName, ErrNone, ErrNoDomain, errors.New("the database is down")} {
		if Refused(err) {
			t.Errorf("%v is a refusal", err)
		}
	}
}

func TestTransportsAreBounded(t *testing.T) {
	t.Parallel()
	told := []protocol.AuthenticatorTransport{protocol.AuthenticatorTransport(strings.Repeat("x", maxTransport+1)), "carrier-pigeon"}
	for range 2 * maxTransports {
		told = append(told, protocol.USB)
	}
	kept := transports(told)
	if len(kept) != maxTransports || kept[0] != "carrier-pigeon" {
		t.Errorf("kept %q", kept)
	}
}

func FuzzParseName(f *testing.F) {
	f.Add(" Ada's phone ")
	f.Fuzz(func(t *testing.T, text string) {
		name, err := ParseName(text)
		if err == nil && (!utf8.ValidString(name) || utf8.RuneCountInString(name) > maxName || strings.ContainsAny(name, "\n\r\x00")) {
			t.Errorf("%q is read as %q", text, name)
		}
	})
}

// FuzzAnswer gives what a browser could send to what reads it: nothing that it
// says may break anything, and nothing that was not signed may count.
func FuzzAnswer(f *testing.F) {
	data := base64.RawURLEncoding.EncodeToString(append(make([]byte, 32), 5, 0, 0, 0, 1))
	client := base64.RawURLEncoding.EncodeToString([]byte(`{"type":"webauthn.get","challenge":"AAAA","origin":"https://id.example.org"}`))
	f.Add([]byte(`{"id":"AAAA","rawId":"AAAA","type":"public-key","response":{"clientDataJSON":"` + client + `","authenticatorData":"` + data +
		`","signature":"AAAA","userHandle":"AAAAAAAAAAAAAAAAAAAAAA"}}`))
	f.Add([]byte(`{"id":"AAAA","rawId":"AAAA","type":"public-key","response":{"clientDataJSON":"` + client + `","attestationObject":"o2NmbXRkbm9uZQ"}}`))
	f.Add([]byte(`null`))
	party, err := (Store{Public: public(f, "https://id.example.org")}).party()
	if err != nil {
		f.Fatal(err)
	}
	_, asked, err := party.BeginDiscoverableLogin()
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, answer []byte) {
		if parsed, err := protocol.ParseCredentialRequestResponseBytes(answer); err == nil {
			r := row{UserID: uuid.New(), CredentialID: parsed.RawID, PublicKey: []byte{0xa0}}
			if _, err := check(party, *asked, parsed, r); err == nil {
				t.Error("an answer without a signature counts")
			}
		}
		if parsed, err := protocol.ParseCredentialCreationResponseBytes(answer); err == nil {
			_, _ = party.CreateCredential(person{id: uuid.New()}, *asked, parsed)
		}
	})
}
