package token

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"testing"
)

func FuzzReadExchange(f *testing.F) {
	f.Add("grant_type=" + grantExchange + "&subject_token=x&subject_token_type=" + typeAccessToken + "&audience=a&scope=b+c")
	f.Add("grant_type=" + grantExchange + "&subject_token=x&subject_token=y")
	f.Add("resource=%zz")
	f.Fuzz(func(t *testing.T, body string) {
		form, err := url.ParseQuery(body)
		if err != nil {
			return
		}
		want, err := readExchange(form)
		if err != nil {
			return
		}
		if want.token == "" || want.audience == "" || len(form["subject_token"]) != 1 || form.Has("actor_token") {
			t.Errorf("%q is taken: %+v", body, want)
		}
	})
}

func FuzzNarrowed(f *testing.F) {
	f.Add("openid email", "email")
	f.Add("openid offline_access", "")
	f.Fuzz(func(t *testing.T, had, asked string) {
		scopes := strings.Fields(had)
		got, err := narrowed(scopes, strings.Fields(asked))
		if err != nil {
			return
		}
		for _, scope := range got {
			if !slices.Contains(scopes, scope) {
				t.Errorf("%q of %q gives %q", asked, had, scope)
			}
		}
	})
}

func FuzzHookBody(f *testing.F) {
	f.Add(`{"session":{"id_token":{"id_token_claims":{"ext":{"sid":"1","email":"x"}},"subject":"s"},"extra":{"tenant":"t"}}}`)
	f.Add(`{"session":{"extra":null}}`)
	f.Fuzz(func(t *testing.T, text string) {
		var body struct {
			Session hookSession `json:"session"`
		}
		if json.Unmarshal([]byte(text), &body) != nil {
			return
		}
		claims := map[string]any{"tenant": "ours"}
		got := renew(body.Session.Extra, claims)
		if got["tenant"] != "ours" {
			t.Errorf("the claim is %v", got["tenant"])
		}
		if _, stays := got["email"]; stays {
			t.Error("a claim that is not granted any more stays")
		}
	})
}
