package passkey

import (
	"errors"
	"net/url"
	"testing"

	"github.com/google/uuid"
)

func public(t testing.TB, address string) *url.URL {
	t.Helper()
	at, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func TestPartyIsTheHostOfThePublicAddress(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]struct{ id, origin string }{
		"https://id.example.org":      {"id.example.org", "https://id.example.org"},
		"https://id.example.org:8443": {"id.example.org", "https://id.example.org:8443"},
		"http://localhost:8080":       {"localhost", "http://localhost:8080"},
		"http://127.0.0.1:8080":       {},
		"http://[::1]:8080":           {},
	} {
		party, err := Store{Public: public(t, address)}.party()
		if want.id == "" {
			if !errors.Is(err, ErrNoDomain) {
				t.Errorf("%s: %v", address, err)
			}
			continue
		}
		if err != nil || party.Config.RPID != want.id || len(party.Config.RPOrigins) != 1 || party.Config.RPOrigins[0] != want.origin {
			t.Errorf("%s: %+v, %v", address, party, err)
		}
	}
}

func TestHandleSaysNothingOfThePerson(t *testing.T) {
	t.Parallel()
	id := uuid.New()
	if handle := (person{id: id, name: "ada@example.org"}).WebAuthnID(); string(handle) != string(id[:]) {
		t.Errorf("the handle is %x", handle)
	}
}
