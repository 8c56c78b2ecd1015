package integration_test

import (
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/authway/authway/functions/login"
	"github.com/authway/authway/tests/harness"
)

// watched is a login function of its own of which everything can be counted
// that a stopwatch could measure.
type watched struct {
	journey
	door   string
	tap    *harness.Tap
	hashes func(string) int
}

func watch(t *testing.T) watched {
	t.Helper()
	j := begin(t, nil)
	database := parse(t, j.system.Endpoints.DatabaseURL)
	tap := harness.NewTap(t, database.Host)
	database.Host = tap.Address()
	address, count := harness.StartFunctionCounting(t, login.Spec, harness.Database{}, map[string]string{
		"AUTHWAY_URL": j.system.Endpoints.URL, "DATABASE_URL": database.String(),
		"REDIS_URL": j.system.Endpoints.RedisURL, "HYDRA_ADMIN_URL": j.system.Endpoints.HydraAdminURL,
	})
	return watched{journey: j, door: parse(t, address).Host, tap: tap, hashes: count}
}

// observation is what somebody learns who sends a form.
type observation struct {
	status             int
	header, body       string
	statements, hashes int
}

// flowID is a flow's name, as it stands in pages and addresses.
var flowID = regexp.MustCompile(`[A-Z2-7]{26}`)

// send posts a form and observes the answer. What differs from one try to the
// next in any case is evened out: the address that was typed, the flow, the
// request's reference.
func (w watched) send(form *harness.Page, email string, fields map[string][]string) observation {
	w.t.Helper()
	const hashes = "authway_password_hashes_total"
	all := map[string][]string{"email": {email}}
	for name, value := range fields {
		all[name] = value
	}
	w.tap.Count()
	before := w.hashes(hashes)
	page := form.OnceAt(w.door, all)
	even := strings.NewReplacer(email, "EMAIL", page.Header.Get("X-Request-Id"), "REFERENCE", form.URL.RawQuery, "QUERY")
	var header []string
	for name, values := range page.Header {
		if name == "Date" || name == "X-Request-Id" {
			continue
		}
		for _, value := range values {
			cookie, _, isCookie := strings.Cut(value, "=")
			if name == "Set-Cookie" && isCookie {
				value = cookie
			}
			header = append(header, name+": "+value)
		}
	}
	slices.Sort(header)
	seen := observation{
		status: page.Status, header: strings.Join(header, "\n"), body: flowID.ReplaceAllString(even.Replace(page.Body), "FLOW"),
		statements: w.tap.Count(), hashes: w.hashes(hashes) - before,
	}
	if seen.status == http.StatusTooManyRequests {
		// How long to wait follows from how long the tries before took.
		seen.header, seen.body = numbers.ReplaceAllString(seen.header, "N"), numbers.ReplaceAllString(seen.body, "N")
	}
	return seen
}

// difference is where two observations part.
func difference(a, b observation) string {
	sum := func(o observation) string {
		return fmt.Sprintf("%d, %d statements, %d hashes", o.status, o.statements, o.hashes)
	}
	text := func(o observation) string { return sum(o) + "\n" + o.header + "\n" + o.body }
	one, other := text(a), text(b)
	at := 0
	for at < min(len(one), len(other)) && one[at] == other[at] {
		at++
	}
	from := max(0, at-60)
	return fmt.Sprintf("%s; %s\n…%q\n…%q", sum(a), sum(b), one[from:min(len(one), at+60)], other[from:min(len(other), at+60)])
}

// imported is a hash of another system that takes no time to speak of, and that no
// password here fits.
const imported = "{SSHA}AAAAAAAAAAAAAAAAAAAAAAAAAABzb21lc2FsdA=="

// accounts are addresses of all kinds, by what they are.
func (w watched) accounts() map[string]string {
	w.t.Helper()
	kinds := map[string]string{"unknown": someone()}
	for _, kind := range []string{"known", "disabled", "revoked", "breached", "without a password", "with an app", "imported"} {
		kinds[kind] = someone()
		chosen := password
		if kind == "breached" {
			chosen = harness.Breached
		}
		w.system.AddUser(w.t, kinds[kind], "Ada Lovelace", chosen)
	}
	w.system.DisableUser(w.t, kinds["disabled"])
	w.system.RevokePassword(w.t, kinds["revoked"])
	w.system.RemovePassword(w.t, kinds["without a password"])
	w.system.EnrolPhone(w.t, kinds["with an app"])
	w.system.ImportHash(w.t, kinds["imported"], imported)
	return kinds
}

// Nobody learns who has an account: not from a byte of an answer, not from the
// work behind it.
func TestNobodyLearnsWhoHasAnAccount(t *testing.T) {
	t.Parallel()
	w := watch(t)
	w.system.AwaitBreached(t)
	for name, c := range map[string]struct {
		button string
		// tries is how often the form is sent: the last answer is beyond the bound.
		tries, status, hashes int
		fields                map[string][]string
	}{
		"sign in":              {"", 2, 422, 1, map[string][]string{"password": {"a wrong guess"}}},
		"sign in, too often":   {"", 11, 429, 0, map[string][]string{"password": {"a wrong guess"}}},
		"register":             {"action=register", 1, 200, 1, map[string][]string{"name": {"Grace Hopper"}, "password": {newPassword}}},
		"register, breached":   {"action=register", 1, 422, 0, map[string][]string{"name": {"Grace Hopper"}, "password": {harness.Breached}}},
		"recover":              {"action=recover", 1, 200, 0, nil},
		"recover, too often":   {"action=recover", 11, 429, 0, nil},
		"register, once again": {"action=register", 2, 200, 1, map[string][]string{"name": {"Grace Hopper"}, "password": {newPassword}}},
	} {
		kinds := w.accounts()
		if c.tries > 2 {
			// Each try is a hash, and what is refused before one is the same for all.
			maps.DeleteFunc(kinds, func(kind, _ string) bool { return !slices.Contains([]string{"unknown", "known", "disabled"}, kind) })
		}
		seen := map[string]observation{}
		for kind, email := range kinds {
			form := harness.NewVisitor(t).Open(w.app.Start())
			if c.button != "" {
				form = form.Submit(nil, c.button)
			}
			// On a slow machine a bound gives way while it is reached.
			for i := 0; i < c.tries || seen[kind].status != c.status && i < 3*c.tries; i++ {
				seen[kind] = w.send(form, email, c.fields)
			}
		}
		want := seen["unknown"]
		if want.status != c.status || want.hashes != c.hashes || want.statements == 0 {
			t.Errorf("%s: status %d, %d hashes, %d statements: %s", name, want.status, want.hashes, want.statements, want.body)
		}
		for kind, got := range seen {
			if got != want {
				t.Errorf("%s: %s and unknown differ:\n%s", name, kind, difference(got, want))
			}
		}
	}
}

// The mail to the owner of an account that is guessed at costs the same when
// there is no owner.
func TestTellingTheOwnerOfGuessesLooksTheSame(t *testing.T) {
	t.Parallel()
	w := watch(t)
	var seen []observation
	wrong := map[string][]string{"password": {"a wrong guess"}}
	for _, email := range []string{w.email, someone()} {
		w.system.ExhaustGuesses(t, email)
		form := harness.NewVisitor(t).Open(w.app.Start())
		seen = append(seen, w.send(form, email, wrong), w.send(form, email, wrong))
	}
	for i := range 2 {
		if seen[i].status != http.StatusTooManyRequests || seen[i] != seen[i+2] {
			t.Errorf("answer %d, of an account and of none: %s", i, difference(seen[i], seen[i+2]))
		}
	}
	if seen[0].statements <= seen[1].statements {
		t.Errorf("%d and %d statements: the owner is told every time", seen[0].statements, seen[1].statements)
	}
}
