package parts

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func settings(t *testing.T, issuer string) HydraSettings {
	t.Helper()
	u, err := url.Parse(issuer)
	if err != nil {
		t.Fatal(err)
	}
	return HydraSettings{
		Issuer: u, Login: "http://127.0.0.1:1", Token: "http://127.0.0.1:2", HookKey: "key",
		System: "system", Cookie: "cookie", Pagination: "pagination", publicPort: 3, adminPort: 4, admin: "http://127.0.0.1:4",
	}
}

// at finds a value by its dotted name.
func at(t *testing.T, raw []byte, name string) any {
	t.Helper()
	var value any
	if err := json.Unmarshal(raw, &value); err != nil {
		t.Fatal(err)
	}
	for key := range strings.SplitSeq(name, ".") {
		inner, ok := value.(map[string]any)
		if !ok {
			return nil
		}
		value = inner[key]
	}
	return value
}

func TestHydraConfig(t *testing.T) {
	t.Parallel()
	raw, err := settings(t, "http://localhost:8080").config(builtHydra)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]any{
		"urls.self.issuer":           "http://localhost:8080",
		"urls.login":                 "http://localhost:8080/login",
		"urls.registration":          "http://localhost:8080/register",
		"urls.consent":               "http://localhost:8080/consent",
		"urls.logout":                "http://localhost:8080/logout",
		"urls.error":                 "http://localhost:8080/error",
		"urls.post_logout_redirect":  "http://localhost:8080/signed-out",
		"urls.identity_provider.url": "http://127.0.0.1:1",
		"urls.identity_provider.headers.Authorization": "Bearer key",
		"oauth2.token_hook.url":                        "http://127.0.0.1:2/hooks/token",
		"oauth2.token_hook.auth.type":                  "api_key",
		"oauth2.token_hook.auth.config.value":          "Bearer key",
		"oauth2.refresh_token_hook.url":                "http://127.0.0.1:2/hooks/refresh",
		"oauth2.refresh_token_hook.auth.config.name":   "Authorization",
		"oauth2.pkce.enforced_for_public_clients":      true,
		"strategies.scope":                             "exact",
		"serve.public.host":                            "127.0.0.1",
		"serve.public.port":                            3.0,
		"serve.admin.host":                             "127.0.0.1",
		"serve.cookies.same_site_mode":                 "Lax",
		"serve.public.tls.enabled":                     false,
		"sqa.opt_out":                                  true,
		"log.level":                                    "warn",
		"secrets.pagination":                           nil,
	} {
		if got := at(t, raw, name); got != want {
			t.Errorf("%s: got %v, want %v", name, got, want)
		}
	}
}

func TestHydraConfigOverHTTPS(t *testing.T) {
	t.Parallel()
	raw, err := settings(t, "https://auth.example.org").config(builtHydra)
	if err != nil {
		t.Fatal(err)
	}
	if at(t, raw, "serve.cookies.secure") != true || at(t, raw, "serve.public.tls.enabled") != false {
		t.Errorf("got %s", raw)
	}
}

func TestHydraConfigKnowsTheVersion(t *testing.T) {
	t.Parallel()
	raw, err := settings(t, "http://localhost:8080").config(HydraVersion{26, 2, 0})
	if err != nil {
		t.Fatal(err)
	}
	if at(t, raw, "secrets.pagination") == nil {
		t.Error("v26 makes a new pagination secret at every start")
	}
}

func TestHydraPool(t *testing.T) {
	t.Parallel()
	for dsn, want := range map[string]string{
		"postgres://h@x/hydra?sslmode=disable": "postgres://h@x/hydra?max_conns=100&max_idle_conns=100&sslmode=disable",
		"postgres://h@x/hydra?max_conns=7":     "postgres://h@x/hydra?max_conns=7&max_idle_conns=100",
	} {
		if got := hydraPool(dsn); got != want {
			t.Errorf("%s: got %s", dsn, got)
		}
	}
}

func program(t *testing.T, name, script string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+script+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestInspectHydra(t *testing.T) {
	t.Parallel()
	for script, want := range map[string]string{
		`printf 'Version:    v2.3.0\nGit Hash:   undefined\n'`:   "v2.3.0",
		`printf 'Version:    v26.2.0\nGit Hash:   undefined\n'`:  "v26.2.0",
		`printf 'Version:    master\n'`:                          "v2.3.0",
		`printf 'Version:    v2.2.0\n'`:                          "",
		`printf 'Version:    nonsense\n'`:                        "",
		`echo 'Hydra v9.4 (c) 2022 by van Hauser/THC'; exit 255`: "",
		`echo 'Hydra v9.4 (c) 2022 by van Hauser/THC'`:           "",
	} {
		p, err := inspectHydra(t.Context(), program(t, "hydra", script))
		if (err == nil) != (want != "") || err == nil && p.Version.String() != want {
			t.Errorf("%s: got %v, %v", script, p, err)
		}
	}
}

func TestHydraVersionsAreOrdered(t *testing.T) {
	t.Parallel()
	ordered := []HydraVersion{{2, 2, 9}, {2, 3, 0}, {2, 3, 1}, {25, 4, 0}, {26, 2, 0}}
	for i, a := range ordered {
		for j, b := range ordered {
			if a.less(b) != (i < j) {
				t.Errorf("%s < %s is %v", a, b, a.less(b))
			}
		}
	}
}

func TestBuildLogTellsPackagesFromComplaints(t *testing.T) {
	t.Parallel()
	var b buildLog
	b.follow(strings.NewReader("go: downloading github.com/ory/x v0.0.675\ngithub.com/ory/x/logrusx\nnet/http\n"+
		"# github.com/ory/hydra/v2/jwk\njwk/x.go:1:2: undefined: y\n"), func(string, ...any) {})
	if b.modules != 1 || b.packages != 2 || !slices.Equal(b.other, []string{"# github.com/ory/hydra/v2/jwk", "jwk/x.go:1:2: undefined: y"}) {
		t.Errorf("got %+v", b)
	}
}

// keyStore answers as Hydra's key and client API does.
func keyStore(t *testing.T, status map[string]int) (string, *[]string) {
	t.Helper()
	var calls []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		call := r.Method + " " + r.URL.Path
		calls = append(calls, call)
		w.WriteHeader(status[call])
	}))
	t.Cleanup(server.Close)
	return server.URL, &calls
}

func TestSigningKeyIsMadeOnce(t *testing.T) {
	t.Parallel()
	const get, post = "GET /admin/keys/s", "POST /admin/keys/s"
	for name, c := range map[string]struct {
		status map[string]int
		calls  []string
		fails  bool
	}{
		"there is one":         {map[string]int{get: 200}, []string{get}, false},
		"there is none":        {map[string]int{get: 404, post: 201}, []string{get, post}, false},
		"made in the meantime": {map[string]int{get: 404, post: 409}, []string{get, post}, false},
		"it cannot be made":    {map[string]int{get: 404, post: 500}, []string{get, post}, true},
		"nobody knows":         {map[string]int{get: 500}, []string{get}, true},
	} {
		address, calls := keyStore(t, c.status)
		err := ensureSigningKey(t.Context(), address+"/admin/keys/s", "first")
		if (err != nil) != c.fails || !slices.Equal(*calls, c.calls) {
			t.Errorf("%s: got %v, %v", name, err, *calls)
		}
	}
}

func TestPutClient(t *testing.T) {
	t.Parallel()
	const put, post = "PUT /admin/clients/demo", "POST /admin/clients"
	for name, c := range map[string]struct {
		status map[string]int
		calls  []string
		fails  bool
	}{
		"known":   {map[string]int{put: 200}, []string{put}, false},
		"new":     {map[string]int{put: 404, post: 201}, []string{put, post}, false},
		"refused": {map[string]int{put: 400}, []string{put}, true},
	} {
		address, calls := keyStore(t, c.status)
		err := PutClient(context.Background(), address, "demo", map[string]string{})
		if (err != nil) != c.fails || !slices.Equal(*calls, c.calls) {
			t.Errorf("%s: got %v, %v", name, err, *calls)
		}
	}
}
