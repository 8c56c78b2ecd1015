package integration_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/authway/authway/tests/harness"
)

// gate asks as a gateway does.
func gate(t *testing.T, system *harness.System, rule string, headers ...string) *http.Response {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, system.Upstreams["token"].String()+"/token/verify"+rule, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("X-Forwarded-Host", "wiki.example")
	for i := 0; i+1 < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	return response
}

func TestForwardAuthJudges(t *testing.T) {
	t.Parallel()
	j := begin(t, nil)
	j.system.GiveRoles(t, j.email, "editor", "reader")
	arrival := j.through()
	cookie := "authway_session=" + j.visitor.Cookie(j.system.Endpoints.URL, "authway_session")
	bearer := "Bearer " + arrival.Tokens.AccessToken
	for name, c := range map[string]struct {
		rule    string
		headers []string
		status  int
	}{
		"nobody":                  {"", nil, 401},
		"a made-up token":         {"", []string{"Authorization", "Bearer x"}, 401},
		"a made-up session":       {"", []string{"Cookie", "authway_session=x"}, 401},
		"a session":               {"", []string{"Cookie", cookie}, 200},
		"any application's token": {"", []string{"Authorization", bearer}, 403},
		"the application's token": {"?client=" + j.app.ClientID, []string{"Authorization", bearer}, 200},
		"a role":                  {"?role=admin,editor", []string{"Cookie", cookie}, 200},
		"another role":            {"?role=admin", []string{"Cookie", cookie}, 403},
		"a role by token":         {"?role=reader&client=" + j.app.ClientID, []string{"Authorization", bearer}, 200},
		"a scope":                 {"?scope=email+profile", []string{"Authorization", bearer}, 200},
		"more scope":              {"?scope=email+write", []string{"Authorization", bearer}, 403},
		"a session's scope":       {"?scope=email", []string{"Cookie", cookie}, 403},
		"the tenant":              {"?tenant=default", []string{"Cookie", cookie}, 200},
		"another tenant":          {"?tenant=other", []string{"Cookie", cookie}, 403},
		"the host":                {"?host=wiki.example", []string{"Cookie", cookie}, 200},
		"another host":            {"?host=shop.example", []string{"Cookie", cookie}, 403},
		"one factor":              {"?acr=aal1", []string{"Cookie", cookie}, 200},
		"two factors":             {"?acr=aal2", []string{"Cookie", cookie}, 403},
		"half a rule":             {"?role=editor;tenant=other", []string{"Cookie", cookie}, 403},
		"a broken rule":           {"?role=100%", []string{"Cookie", cookie}, 403},
		"a slip of the pen":       {"?rolle=editor", []string{"Cookie", cookie}, 403},
		"a demanded audience":     {"?audience=x", []string{"Authorization", bearer}, 403},
	} {
		response := gate(t, j.system, c.rule, c.headers...)
		if response.StatusCode != c.status {
			t.Errorf("%s: %d, want %d", name, response.StatusCode, c.status)
		}
		token := response.Header.Get("X-Auth-Token")
		if (token != "") != (c.status == 200) {
			t.Errorf("%s: a token is given: %t", name, token != "")
		}
		if c.status == 401 && !strings.HasPrefix(response.Header.Get("X-Auth-Redirect"), j.system.Endpoints.URL+"/account/sign-in?return=") {
			t.Errorf("%s: a browser is sent to %q", name, response.Header.Get("X-Auth-Redirect"))
		}
	}
	response := gate(t, j.system, "", "Cookie", cookie)
	claims := verified(t, j.system, response.Header.Get("X-Auth-Token"), "wiki.example")
	roles, _ := claims["roles"].([]any)
	if claims["sub"] != arrival.IDToken.Subject || claims["email"] != j.email || !slices.Contains(roles, any("editor")) || claims["acr"] != "aal1" {
		t.Errorf("the phantom says %v", claims)
	}
	if response.Header.Get("X-Auth-Subject") != arrival.IDToken.Subject || response.Header.Get("X-Auth-Roles") != "editor,reader" {
		t.Errorf("the headers say %v", response.Header)
	}
}

func TestForwardAuthKeepsTenantsApart(t *testing.T) {
	t.Parallel()
	system := harness.Run(t)
	slug := "gate-" + word()
	system.AddTenant(t, slug)
	r := resident{journey{t: t, system: system, visitor: harness.NewVisitor(t), email: someone()}}
	system.AddUserTo(t, slug, r.email, "Ada Lovelace", password)
	system.GiveRoles(t, r.email, "editor")
	if page := r.signIn(r.visitor.Open(r.at("/account/sign-in?tenant=" + slug))); page.URL.Path != "/account/" {
		t.Fatalf("at %s", page.URL)
	}
	cookie := "authway_session=" + r.visitor.Cookie(system.Endpoints.URL, "authway_session")
	for rule, status := range map[string]int{"?role=editor": 403, "?role=editor&tenant=" + slug: 200, "?tenant=default": 403} {
		if response := gate(t, system, rule, "Cookie", cookie); response.StatusCode != status {
			t.Errorf("%s: %d, want %d", rule, response.StatusCode, status)
		}
	}
}
