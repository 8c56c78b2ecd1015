package integration_test

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/authway/authway/functions/login"
	"github.com/authway/authway/tests/harness"
)

// faulty is a login function of its own behind the shared system's browser:
// its servers can be taken away without disturbing anybody else.
type faulty struct {
	journey
	postgres, redis *harness.Wire
	hydra           *harness.Relay
	door            string
}

func beginFaulty(t *testing.T) faulty {
	t.Helper()
	f := faulty{journey: begin(t, map[string]any{"skip_consent": true})}
	postgres, redis := parse(t, f.system.Endpoints.DatabaseURL), parse(t, f.system.Endpoints.RedisURL)
	f.postgres, f.redis = harness.NewWire(t, postgres.Host), harness.NewWire(t, redis.Host)
	f.hydra = harness.NewRelay(t, f.system.Endpoints.HydraAdminURL)
	postgres.Host, redis.Host = f.postgres.Address(), f.redis.Address()
	address := harness.StartFunction(t, login.Spec, harness.Database{}, map[string]string{
		"AUTHWAY_URL":     f.system.Endpoints.URL,
		"DATABASE_URL":    postgres.String(),
		"REDIS_URL":       redis.String(),
		"HYDRA_ADMIN_URL": f.hydra.URL,
	})
	f.door = parse(t, address).Host
	return f
}

func parse(t *testing.T, address string) *url.URL {
	t.Helper()
	parsed, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

// submit fills the form and posts it to the faulty function.
func (f faulty) submit(form *harness.Page) *harness.Page {
	f.t.Helper()
	return form.OnceAt(f.door, map[string][]string{"email": {f.email}, "password": {password}})
}

// unavailable fails the test unless the page says that the service is not
// there, with a reference and when to come back.
func unavailable(t *testing.T, page *harness.Page) {
	t.Helper()
	says(t, page, 503, "unavailable")
	if page.Header.Get("Retry-After") == "" {
		t.Error("there is no Retry-After")
	}
	if reference := page.Header.Get("X-Request-Id"); reference == "" || !strings.Contains(page.Text(), reference) {
		t.Errorf("the page does not show its reference %q: %s", reference, page.Text())
	}
}

func (f faulty) missing() string {
	f.t.Helper()
	request, err := http.NewRequestWithContext(f.t.Context(), http.MethodGet, "http://"+f.door+"/readyz", nil)
	if err != nil {
		f.t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		f.t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		f.t.Fatal(err)
	}
	return string(body)
}

func TestHydraDown(t *testing.T) {
	t.Parallel()
	f := beginFaulty(t)
	form := f.visitor.Open(f.app.Start())
	f.hydra.Refuse(func(*http.Request) bool { return true })
	unavailable(t, f.submit(form))
	if got := f.missing(); !strings.Contains(got, "hydra") || strings.Contains(got, "postgres") {
		t.Errorf("readyz says %s", got)
	}
	f.hydra.Recover()
	f.app.Arrive(t, f.visitor.Open(f.submit(form).Next()))
}

func TestPostgresDown(t *testing.T) {
	t.Parallel()
	f := beginFaulty(t)
	form := f.visitor.Open(f.app.Start())
	f.postgres.Cut()
	unavailable(t, f.submit(form))
	if got := f.missing(); !strings.Contains(got, "postgres") || strings.Contains(got, "password") {
		t.Errorf("readyz says %s", got)
	}
	f.postgres.Mend()
	f.app.Arrive(t, f.visitor.Open(f.submit(form).Next()))
}

func TestRedisDown(t *testing.T) {
	t.Parallel()
	f := beginFaulty(t)
	form := f.visitor.Open(f.app.Start())
	f.redis.Cut()
	f.app.Arrive(t, f.visitor.Open(f.submit(form).Next()))
	if got := f.missing(); !strings.Contains(got, `"ok"`) {
		t.Errorf("readyz says %s", got)
	}
}

// Each instance then counts by itself, and more strictly.
func TestGuessesStayBoundedWithoutRedis(t *testing.T) {
	t.Parallel()
	f := beginFaulty(t)
	form := f.visitor.Open(f.app.Start())
	f.redis.Cut()
	for _, email := range []string{f.email, someone()} {
		guess := func(password string) *harness.Page {
			return form.OnceAt(f.door, map[string][]string{"email": {email}, "password": {password}})
		}
		answer, guesses := guess("a wrong guess"), 1
		for ; answer.Status == 422 && guesses < 20; guesses++ {
			says(t, answer, 422, "wrong_credentials")
			answer = guess("a wrong guess")
		}
		says(t, answer, 429, "too_many_requests")
		if guesses > 10 || answer.Header.Get("Retry-After") == "" {
			t.Errorf("%d guesses were made, and the wait is %q", guesses, answer.Header.Get("Retry-After"))
		}
		says(t, guess(password), 429, "too_many_requests")
	}
	if n := f.system.LivingSessions(t, f.email); n != 0 {
		t.Errorf("%d sessions", n)
	}
}

func TestHydraFailsAfterThePassword(t *testing.T) {
	t.Parallel()
	f := beginFaulty(t)
	form := f.visitor.Open(f.app.Start())
	f.hydra.Refuse(func(r *http.Request) bool { return r.Method == http.MethodPut })
	unavailable(t, f.submit(form))
	f.hydra.Recover()
	// The password was right, and is not asked for again.
	f.app.Arrive(t, f.visitor.Open(form.URL.String()))
}

// Hydra says 401 to a challenge that is older than half an hour, and 404 after
// its secrets have changed.
func TestExpiredSignInStartsAgain(t *testing.T) {
	t.Parallel()
	for status, alert := range map[int]string{http.StatusUnauthorized: "expired", http.StatusNotFound: "unknown_challenge"} {
		f := beginFaulty(t)
		form := f.visitor.Open(f.app.Start("login_hint", f.email))
		f.hydra.Answer(status, func(*http.Request) bool { return true })
		page := f.submit(form)
		if page.Alert() != alert || page.NextLink() == "" {
			t.Fatalf("%d: %d %q leads to %q", status, page.Status, page.Alert(), page.NextLink())
		}
		f.hydra.Recover()
		f.app.Arrive(t, f.signIn(f.visitor.Open(page.NextLink())))
	}
}
