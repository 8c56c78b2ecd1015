package integration_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/authway/authway/functions/login"
	"github.com/authway/authway/tests/harness"
)

// A rate sees the first of a kind only if its series was there before.
func TestWhatIsCountedBeginsAtNothing(t *testing.T) {
	t.Parallel()
	db := harness.NewDatabase(t)
	_, ops := harness.StartFunctionShowing(t, login.Spec, db, nil)
	got := scrape(t, ops)
	for _, method := range []string{"password", "passkey", "provider", "code", "totp", "recovery_code"} {
		for _, outcome := range []string{"success", "failure"} {
			if value, there := got[fmt.Sprintf(`authway_sign_ins_total{method="%s",outcome="%s"}`, method, outcome)]; !there || value != 0 {
				t.Errorf("%s, %s: %v, %t", method, outcome, value, there)
			}
		}
	}
	for _, limit := range []string{"address", "guesser", "account", "stranger", "passkey", "asker", "mailbox", "resend", "factor", "self_service", "change_email"} {
		if value, there := got[fmt.Sprintf(`authway_rate_limited_total{limit="%s"}`, limit)]; !there || value != 0 {
			t.Errorf("%s: %v, %t", limit, value, there)
		}
	}
	for _, result := range []string{"hit", "miss", "error"} {
		if _, there := got[fmt.Sprintf(`authway_cache_requests_total{cache="session",function="login",result="%s"}`, result)]; !there {
			t.Errorf("%s of sessions is missing", result)
		}
	}
	for _, name := range []string{
		"authway_password_hashes_total", "authway_password_hashes_refused_total", "authway_password_hashes_waiting", "authway_password_hashes_running",
	} {
		if value, there := got[name]; !there || value != 0 {
			t.Errorf("%s: %v, %t", name, value, there)
		}
	}
	// The test's own process has taken longer.
	if took := got[`authway_cold_start_seconds{function="login"}`]; took <= 0 {
		t.Errorf("it has started in %v seconds", took)
	}
	if len(got.of("authway_build_info")) != 1 {
		t.Error("nobody knows what runs")
	}
}

func TestSignInsAreCounted(t *testing.T) {
	t.Parallel()
	j := begin(t, nil)
	rises := func(what string, do func(), series ...string) {
		t.Helper()
		before := scrape(t, j.system.Endpoints.OpsURL)
		do()
		// Others sign in at the same time.
		after := scrape(t, j.system.Endpoints.OpsURL)
		for _, s := range series {
			if value, there := before[s]; !there || after[s] <= value {
				t.Errorf("%s: %s was %v (%t) and is %v", what, s, value, there, after[s])
			}
		}
	}
	page := j.visitor.Open(j.app.Start())
	rises("a wrong password", func() {
		page = page.Submit(map[string][]string{"email": {j.email}, "password": {"not " + password}}, "")
		says(t, page, http.StatusUnprocessableEntity, "wrong_credentials")
	}, `authway_sign_ins_total{method="password",outcome="failure"}`, "authway_password_hashes_total")
	rises("the right one", func() { page = j.signIn(page) },
		`authway_sign_ins_total{method="password",outcome="success"}`, "active_sessions_total")
	rises("a session that is known", func() { j.visitor.Open(j.app.Start()); j.visitor.Open(j.app.Start()) },
		`authway_cache_requests_total{cache="session",function="login",result="hit"}`)
}

// What a token means is asked of Hydra once, and then known for a moment.
func TestWhatIsKnownOfTokensIsCounted(t *testing.T) {
	t.Parallel()
	j := begin(t, nil)
	server := j.system.NewResourceServer(t, "default", "counting-"+j.email[:8], "https://counting.example/"+j.email)
	arrival := j.through()
	before := scrape(t, j.system.Endpoints.OpsURL)
	for range 2 {
		if !server.Active(t, arrival.Tokens.AccessToken) {
			t.Error("the token is not active")
		}
	}
	after := scrape(t, j.system.Endpoints.OpsURL)
	for _, result := range []string{"hit", "miss"} {
		series := `authway_cache_requests_total{cache="introspection",function="token",result="` + result + `"}`
		if value, there := before[series]; !there || after[series] <= value {
			t.Errorf("%s was %v (%t) and is %v", series, value, there, after[series])
		}
	}
}
