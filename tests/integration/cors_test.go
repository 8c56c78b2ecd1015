package integration_test

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/authway/authway/tests/harness"
)

// from sends a request as a page of an origin does, and returns what its browser
// would look at.
func from(t *testing.T, origin, method, address string, form url.Values, headers ...string) (int, http.Header) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Origin", origin)
	request.Header.Set("Sec-Fetch-Mode", "cors")
	request.Header.Set("Sec-Fetch-Site", "cross-site")
	if form != nil {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		if headers[i] == "Host" {
			request.Host = headers[i+1]
		}
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, response.Body)
	response.Body.Close()
	if response.Header.Get("Access-Control-Allow-Credentials") != "" {
		t.Errorf("%s %s for %s: with credentials", method, address, origin)
	}
	return response.StatusCode, response.Header
}

func TestCrossOriginAnswersAreForWhomTheClientNames(t *testing.T) {
	t.Parallel()
	own, others := "https://spa-"+word()+".example", "https://other-"+word()+".example"
	j := begin(t, map[string]any{"allowed_cors_origins": []string{own}})
	begin(t, map[string]any{"allowed_cors_origins": []string{others}})
	arrival := j.through()
	at := func(path string) string { return j.system.Endpoints.URL + path }
	bearer := []string{"Authorization", "Bearer " + arrival.Tokens.AccessToken}
	code := url.Values{"grant_type": {"authorization_code"}, "code": {"x"}, "client_id": {j.app.ClientID}}
	revoke := url.Values{"token": {"x"}, "client_id": {j.app.ClientID}}
	for origin, readable := range map[string]bool{own: true, others: false, "https://evil.example": false, "null": false, own + ".evil.example": false} {
		for name, c := range map[string]struct {
			method, path string
			form         url.Values
			headers      []string
		}{
			"token":    {http.MethodPost, "/oauth2/token", code, nil},
			"revoke":   {http.MethodPost, "/oauth2/revoke", revoke, nil},
			"userinfo": {http.MethodGet, "/userinfo", nil, bearer},
		} {
			status, header := from(t, origin, c.method, at(c.path), c.form, c.headers...)
			want := map[bool]string{true: origin}[readable]
			if got := header.Get("Access-Control-Allow-Origin"); got != want || status >= 500 {
				t.Errorf("%s for %s: %d, allowed %q, want %q", name, origin, status, got, want)
			}
			if !strings.Contains(header.Get("Vary"), "Origin") {
				t.Errorf("%s for %s: varies by %q", name, origin, header.Get("Vary"))
			}
		}
	}
}

func TestWhatIsTheSameForAllIsReadableByAll(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, own, door string) {
		for _, path := range []string{"/.well-known/openid-configuration", "/.well-known/jwks.json"} {
			for _, origin := range []string{"https://anybody.example", own} {
				status, header := from(t, origin, http.MethodGet, door+path, nil, "Host", parse(t, own).Host)
				if status != 200 || strings.Join(header.Values("Access-Control-Allow-Origin"), ",") != "*" {
					t.Errorf("%s for %s: %d %v", path, origin, status, header)
				}
			}
		}
	})
}

func TestPreflightsLetNothingBeRead(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, own, door string) {
		for _, path := range []string{"/oauth2/token", "/oauth2/revoke", "/userinfo", "/.well-known/openid-configuration"} {
			status, header := from(t, "https://anybody.example", http.MethodOptions, door+path, nil, "Host", parse(t, own).Host,
				"Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", "authorization")
			if status != 204 || header.Get("Access-Control-Allow-Origin") != "*" || header.Get("Access-Control-Allow-Headers") == "" {
				t.Errorf("%s: %d %v", path, status, header)
			}
		}
		// Servers ask these, with a secret that no page can keep.
		for _, path := range []string{"/token/introspect", "/token/exchange", "/oauth2/auth", "/api/account"} {
			for _, method := range []string{http.MethodOptions, http.MethodPost} {
				_, header := from(t, "https://anybody.example", method, door+path, url.Values{"token": {"x"}},
					"Host", parse(t, own).Host, "Access-Control-Request-Method", "POST")
				if got := header.Get("Access-Control-Allow-Origin"); got != "" {
					t.Errorf("%s %s lets %q in", method, path, got)
				}
			}
		}
	})
}

// eachDoor runs test at the edge of this process and at nginx.
func eachDoor(t *testing.T, test func(t *testing.T, own, door string)) {
	t.Helper()
	system := harness.Run(t)
	for name, door := range map[string]string{"edge": system.Endpoints.URL, "nginx": "http://" + startNginx(t, system)} {
		t.Run(name, func(t *testing.T) { test(t, system.Endpoints.URL, door) })
	}
}
