package harness

import (
	"io"
	"net/http"
	"testing"
	"time"
)

// Upload sends a body that is no JSON to the administration API, and reports how that
// ended: a body that breaks ends with an error.
func (o *Operator) Upload(path, contentType string, body io.Reader) (*Answer, error) {
	request, err := http.NewRequestWithContext(o.t.Context(), http.MethodPut, o.system.Endpoints.URL+administration+path, body)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", contentType)
	request.Header.Set("Origin", o.system.Endpoints.URL)
	client := *o.client
	// A file takes its time.
	client.Timeout = 2 * time.Minute
	response, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	read, err := io.ReadAll(io.LimitReader(response.Body, 4<<20))
	return &Answer{Status: response.StatusCode, Header: response.Header, Body: read, call: "PUT " + request.URL.Path}, err
}

// AddRoles gives a tenant roles that applications may be told of.
func (s *System) AddRoles(t testing.TB, slug string, names ...string) {
	t.Helper()
	for _, name := range names {
		s.exec(t, "INSERT INTO tenant_roles (tenant_id, name, created_at) SELECT id, ?, now() FROM tenants WHERE slug = ? ON CONFLICT DO NOTHING", name, slug)
	}
}

// AgeInvitations makes the links that were sent to an address look as if they had been
// sent longer ago.
func (s *System) AgeInvitations(t testing.TB, email string, by time.Duration) {
	t.Helper()
	s.exec(t, "UPDATE invitations SET sent_at = sent_at - make_interval(secs => ?0), expires_at = expires_at - make_interval(secs => ?0) "+
		"WHERE user_id = (SELECT id FROM users WHERE email = ?1)", by.Seconds(), email)
}
