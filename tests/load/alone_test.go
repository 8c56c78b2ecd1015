package load_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// lone is a Hydra whose challenges the benchmark accepts by itself: what any login and
// consent provider needs of Hydra (look at the challenge, accept it, twice), with
// answers as long as Authway's, and nothing else.
type lone struct {
	site          *site
	public, admin *url.URL
}

func newLone(b *testing.B, s *site) lone {
	b.Helper()
	public, admin := s.StartHydraAlone(b)
	return lone{s, public, admin}
}

// visitor is one whom nobody but Hydra knows.
func (l lone) visitor(i int) *visitor {
	v := l.site.visitor(i)
	v.at = l.public.Host
	return v
}

// signIn is a whole sign-in of v. At Hydra it is what signInAgain is there, once v has
// signed in before.
func (l lone) signIn(v *visitor) error {
	next, err := v.begin()
	if err != nil {
		return err
	}
	next, err = l.accept(v, next, "login", func(skip bool) any {
		return map[string]any{
			"subject": v.email, "remember": true, "remember_for": 0, "extend_session_lifespan": skip, "amr": []string{"pwd"},
			"identity_provider_session_id": v.email,
			"context":                      map[string]string{"authway_flow": "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "authway_session": v.email},
		}
	})
	if err != nil {
		return err
	}
	next, err = l.accept(v, next, "consent", func(bool) any {
		return map[string]any{
			"grant_scope": []string{"openid", "offline_access", "profile", "email"}, "grant_access_token_audience": []string{},
			"remember": true, "remember_for": 0,
			"session": map[string]any{
				"id_token":     map[string]any{"email": v.email, "email_verified": true, "name": "Ada Lovelace", "locale": "en", "tenant": "default", "roles": []string{}},
				"access_token": map[string]any{"tenant": "default", "roles": []string{}, "sid": v.email},
			},
		}
	})
	if err != nil {
		return err
	}
	_, err = v.arrive(next)
	return err
}

// accept opens the challenge that next leads to (through Hydra, if it does) and
// accepts it. It returns where the browser goes then.
func (l lone) accept(v *visitor, next, kind string, body func(skip bool) any) (string, error) {
	name := kind + "_challenge"
	if !strings.Contains(next, name) {
		var err error
		if next, err = v.follow(next); err != nil {
			return "", err
		}
	}
	u, err := url.Parse(next)
	if err != nil {
		return "", err
	}
	challenge := url.Values{name: {u.Query().Get(name)}}.Encode()
	var seen struct {
		Skip bool `json:"skip"`
	}
	if err := l.ask(v, http.MethodGet, "/admin/oauth2/auth/requests/"+kind+"?"+challenge, nil, &seen); err != nil {
		return "", err
	}
	var to struct {
		Next string `json:"redirect_to"`
	}
	err = l.ask(v, http.MethodPut, "/admin/oauth2/auth/requests/"+kind+"/accept?"+challenge, body(seen.Skip), &to)
	return to.Next, err
}

// ask asks Hydra's administration.
func (l lone) ask(v *visitor, method, path string, body, into any) error {
	var raw bytes.Buffer
	if body != nil {
		if err := json.NewEncoder(&raw).Encode(body); err != nil {
			return err
		}
	}
	request, err := http.NewRequest(method, "http://"+l.admin.Host+path, &raw)
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	// No browser: it has no cookies.
	a, err := (&visitor{site: v.site}).send(request)
	if err = unlike(a, err, http.StatusOK); err != nil {
		return err
	}
	return json.Unmarshal(a.body, into)
}
