package harness

import (
	"testing"

	"github.com/authway/authway/functions/login"
	"github.com/authway/authway/functions/standalone/edge"
)

// Crowded is a browser with the same cookies, whose requests go to a login function of
// its own: who sends it more passwords than can be hashed is in nobody's way.
func (s *System) Crowded(t testing.TB, v *Visitor) *Visitor {
	t.Helper()
	address := StartFunction(t, login.Spec, Database{}, map[string]string{
		"AUTHWAY_URL": s.Endpoints.URL, "DATABASE_URL": s.Endpoints.DatabaseURL, "REDIS_URL": s.Endpoints.RedisURL,
		"HYDRA_ADMIN_URL": s.Endpoints.HydraAdminURL, "K_SINK": s.Upstreams[edge.Maintenance].JoinPath("events").String(),
	})
	twin := NewVisitor(t)
	twin.client.Jar, twin.Language, twin.Until = v.client.Jar, v.Language, v.Until
	twin.Through(s.Endpoints.URL, address[len("http://"):])
	return twin
}

// In is the page in another browser.
func (p *Page) In(v *Visitor) *Page {
	same := *p
	same.visitor = v
	return &same
}
