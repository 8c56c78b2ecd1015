package provider_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/authway/authway/shared/provider"
)

const good = `{"id": "acme", "name": "Acme", "issuer": "https://id.acme.example", "client_id": "authway", "client_secret": "hush-hush"}`

func TestParse(t *testing.T) {
	t.Parallel()
	list, complaints := provider.Parse(`[` + good + `, {"id": "b", "name": "Büro", "issuer": "http://127.0.0.1:9/realm",
		"client_id": "x", "client_secret": "y", "scopes": ["openid", "groups"], "tenants": ["default"], "trust_email": true}]`)
	if len(complaints) != 0 || len(list) != 2 {
		t.Fatalf("%v, %v", list, complaints)
	}
	if got := list[0]; got.ID != "acme" || !slices.Equal(got.Scopes, []string{"openid", "email", "profile"}) || got.Tenants != nil || got.TrustEmail {
		t.Errorf("the first is %+v", got)
	}
	if got := list[1]; !slices.Equal(got.Scopes, []string{"openid", "groups"}) || !slices.Equal(got.Tenants, []string{"default"}) || !got.TrustEmail {
		t.Errorf("the second has %v, %v, %v", got.Scopes, got.Tenants, got.TrustEmail)
	}
}

func TestParseComplainsOfEverythingAndTellsNoSecret(t *testing.T) {
	t.Parallel()
	change := func(from, to string) string { return "[" + strings.Replace(good, from, to, 1) + "]" }
	for text, want := range map[string]string{
		"hush-hush":                                       "list in JSON",
		good:                                              "list in JSON",
		"[" + good + "," + good + "]":                     "entry 2: another entry has the same id",
		change(`"acme"`, `"Acme Inc"`):                    "the id",
		change(`"Acme"`, `" "`):                           "the name",
		change(`"Acme"`, `"A\u0007"`):                     "the name",
		change(`https:`, `http:`):                         "the issuer",
		change(`.example"`, `.example?a"`):                "the issuer",
		change(`https://`, `https://u:hush-hush@`):        "the issuer",
		change(`"client_id": "authway", `, ``):            "no client_id",
		change(`"hush-hush"`, `""`):                       "no client_secret",
		change(`"hush-hush"`, `12345`):                    "wrong type",
		change(`"client_secret"`, `"secret"`):             "unknown",
		change(`"hush-hush"`, `"x", "scopes": ["a b"]`):   "the scopes",
		change(`"hush-hush"`, `"x", "tenants": []`):       "tenants is empty",
		change(`"hush-hush"`, `"x", "tenants": ["A"]`):    "the tenants",
		"[" + strings.Repeat(good+",", 50) + good + "]":   "more than 50",
		`[{"id": "A", "client_secret": "hush-hush"}, 12]`: "no client_id",
	} {
		_, complaints := provider.Parse(text)
		all := strings.Join(complaints, "\n")
		if !strings.Contains(all, want) {
			t.Errorf("%s: %q does not say %q", text, all, want)
		}
		if strings.Contains(all, "hush") || strings.Contains(all, "12345") {
			t.Errorf("%s: a secret is told: %s", text, all)
		}
	}
	if _, complaints := provider.Parse(`[{}, 12, {"id": "a"}]`); len(complaints) != 10 {
		t.Errorf("not everything at once: %q", complaints)
	}
}

func TestSecretIsNotPrinted(t *testing.T) {
	t.Parallel()
	list, _ := provider.Parse("[" + good + "]")
	list = append(list, provider.ForGoogle("id", "hush-hush"))
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%d", "%q", "%x"} {
		if text := fmt.Sprintf(verb, list); strings.Contains(text, "hush") || strings.Contains(text, "687573") {
			t.Errorf("%s prints %s", verb, text)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("[" + good + "]")
	f.Add(`[{"id": null, "scopes": [""], "tenants": [1]}, []]`)
	f.Fuzz(func(t *testing.T, text string) {
		list, complaints := provider.Parse(text)
		if len(complaints) != 0 {
			return
		}
		for _, s := range list {
			loopback := strings.HasPrefix(s.Issuer, "http://127.") || strings.HasPrefix(s.Issuer, "http://localhost") || strings.HasPrefix(s.Issuer, "http://[")
			if !strings.HasPrefix(strings.ToLower(s.Issuer), "https://") && !loopback || s.ID == "" || s.ClientID == "" || s.Scopes[0] != "openid" {
				t.Errorf("taken: %s of %q", s.Issuer, text)
			}
		}
	})
}

func TestStatesLeadWhereTheyWereMadeFor(t *testing.T) {
	t.Parallel()
	flow := strings.Repeat("AZ27", 7)[:26]
	for _, to := range []string{flow, provider.OfSession} {
		state := provider.NewState(to)
		if got, ok := provider.ParseState(state); !ok || got != to {
			t.Errorf("%s leads to %q, %v", state, got, ok)
		}
		if provider.NewState(to) == state {
			t.Error("two states are the same")
		}
	}
	secret := strings.Repeat("A", 26)
	for _, text := range []string{"", ".", flow, flow + "." + secret[1:], "session" + secret, "sessions." + secret, flow + "." + secret + "\n"} {
		if to, ok := provider.ParseState(text); ok {
			t.Errorf("%q leads to %q", text, to)
		}
	}
}

func FuzzParseState(f *testing.F) {
	f.Add(provider.NewState(provider.OfSession))
	f.Add("A.B")
	f.Fuzz(func(t *testing.T, text string) {
		to, ok := provider.ParseState(text)
		if ok && (len(text) != len(to)+27 || !strings.HasPrefix(text, to+".")) {
			t.Errorf("%q leads to %q", text, to)
		}
		if !ok && to != "" {
			t.Errorf("%q leads nowhere and to %q", text, to)
		}
	})
}
