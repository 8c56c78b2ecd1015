package harness

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/authway/authway/shared/account"
	"github.com/authway/authway/shared/resource"
	"github.com/authway/authway/shared/tenant"
)

// ResourceServer is a service that asks what tokens mean.
type ResourceServer struct {
	ID, Secret, Audience string

	system *System
}

// NewResourceServer registers a resource server of a tenant.
func (s *System) NewResourceServer(t testing.TB, slug, id, audience string) ResourceServer {
	t.Helper()
	home, err := (tenant.Store{DB: s.db}).BySlug(t.Context(), slug)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := (resource.Store{DB: s.db}).Create(t.Context(), resource.Server{
		ID: id, TenantID: home.ID, Name: id, Audience: audience,
	}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return ResourceServer{ID: id, Secret: secret, Audience: audience, system: s}
}

// Post sends a form to a path of the edge, with the server's secret and further
// headers, and returns the answer.
func (r ResourceServer) Post(t testing.TB, path string, form url.Values, headers ...string) *Answer {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, r.system.Endpoints.URL+path, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	request.SetBasicAuth(url.QueryEscape(r.ID), url.QueryEscape(r.Secret))
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for i := 0; i+1 < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return &Answer{Status: response.StatusCode, Header: response.Header, Body: body, call: "POST " + path}
}

// Introspect is what the server is told of a token.
func (r ResourceServer) Introspect(t testing.TB, token string) (meaning map[string]any) {
	t.Helper()
	r.Post(t, "/token/introspect", url.Values{"token": {token}}).Into(t, http.StatusOK, &meaning)
	return meaning
}

// Active reports whether a token means something to the server.
func (r ResourceServer) Active(t testing.TB, token string) bool {
	t.Helper()
	active, _ := r.Introspect(t, token)["active"].(bool)
	return active
}

// AwaitInactive waits until a token means nothing any more.
func (r ResourceServer) AwaitInactive(t testing.TB, token string) {
	t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	// What is kept for all instances lives for a minute: much less means that it was
	// told of the end.
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); <-tick.C {
		if !r.Active(t, token) {
			return
		}
	}
	t.Error("the token still means something")
}

// OAuthError is the error code of an OAuth answer (RFC 6749, section 5.2).
func (a *Answer) OAuthError() string {
	var body struct {
		Error string `json:"error"`
	}
	_ = json.Unmarshal(a.Body, &body)
	return body.Error
}

// At is r, asking the system that another server asks.
func (r ResourceServer) At(other ResourceServer) ResourceServer {
	r.system = other.system
	return r
}

// GiveRoles gives a person roles.
func (s *System) GiveRoles(t testing.TB, email string, roles ...string) {
	t.Helper()
	s.exec(t, "UPDATE users SET roles = string_to_array(?, ',') WHERE email_key = ?", strings.Join(roles, ","), account.EmailKey(email))
}
