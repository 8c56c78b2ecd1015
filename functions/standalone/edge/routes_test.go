package edge

import (
	"net/http"
	"testing"
)

func TestEveryRouteLeadsSomewhere(t *testing.T) {
	t.Parallel()
	for _, r := range Routes() {
		if r.Page == "" && r.To == "" && !r.Assets {
			t.Errorf("%s leads nowhere", r.Path)
		}
		if r.Page != "" && !r.Answers(http.MethodGet) {
			t.Errorf("%s is a page that cannot be read", r.Path)
		}
	}
}

func TestRoutesOfOnePathAndMethodAreOne(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, r := range Routes() {
		for _, m := range []string{http.MethodGet, http.MethodPost, http.MethodDelete} {
			if !r.Answers(m) {
				continue
			}
			if key := m + " " + r.Path; seen[key] {
				t.Errorf("%s stands in the table twice", key)
			} else {
				seen[key] = true
			}
		}
	}
}

func TestMatch(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]Upstream{
		"/login/verify":                     Login,
		"/consent":                          Consent,
		"/oauth2/auth":                      Hydra,
		"/oauth2/token":                     Token,
		"/oauth2/sessions/logout":           Hydra,
		"/userinfo":                         Hydra,
		"/.well-known/openid-configuration": Hydra,
		"/.well-known/jwks.json":            Hydra,
		"/.well-known/authway/jwks.json":    Token,
		"/oauth2/revoke":                    Token,
		"/api/login/flow":                   Login,
		"/api/admin/v1/users":               Admin,
		"/health":                           Login,
	} {
		routes := Match(path)
		if len(routes) == 0 || routes[0].To != want {
			t.Errorf("%s: got %v, want %s", path, routes, want)
		}
	}
}

func TestWhatIsPrivateStaysPrivate(t *testing.T) {
	t.Parallel()
	for _, path := range []string{
		"/hooks/token", "/hooks/refresh", "/token/verify", "/events", "/events/dead", "/health/maintenance", "/readyz", "/healthz", "/metrics", "/debug/pprof/", "/health/ready", "/health/alive",
		"/health/", "/api/", "/loginx", "/ui", "/token/", "/version", "/credentials", "/.well-known/",
	} {
		if routes := Match(path); routes != nil {
			t.Errorf("%s is reachable: %v", path, routes)
		}
	}
}

// Hydra's own administration has the paths of the dashboard.
func TestBelowAdminIsAPageAndNothingElse(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/admin", "/admin/", "/admin/clients", "/admin/oauth2/introspect", "/admin/t/acme/users"} {
		routes := Match(path)
		if len(routes) != 1 || routes[0].Page != "admin" || routes[0].To != "" || routes[0].Answers(http.MethodPost) {
			t.Errorf("%s leads to %v", path, routes)
		}
	}
}

func TestOnlyAuthorizationAsks(t *testing.T) {
	t.Parallel()
	for _, r := range Routes() {
		if r.Asks != (r.Path == "/oauth2/auth") {
			t.Errorf("%s: Asks is %v", r.Path, r.Asks)
		}
	}
}
