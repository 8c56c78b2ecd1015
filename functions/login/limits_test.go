package login

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/google/uuid"

	"github.com/authway/authway/shared/account"
	"github.com/authway/authway/shared/cache"
	"github.com/authway/authway/shared/clock"
	"github.com/authway/authway/shared/limit"
	"github.com/authway/authway/shared/problem"
	"github.com/authway/authway/shared/tenant"
)

// guessing is a login function of which only the limits are there.
type guessing struct {
	t      *testing.T
	f      *Function
	redis  *miniredis.Miniredis
	clock  *clock.Fixed
	tenant visit
}

func newGuessing(t *testing.T) guessing {
	t.Helper()
	server := miniredis.RunT(t)
	counter, err := cache.Open("redis://"+server.Addr(), "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = counter.Close() })
	now := clock.NewFixed(time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC))
	return guessing{
		t: t, f: &Function{limits: limit.New(counter, now), clock: now}, redis: server, clock: now, tenant: newTenant(),
	}
}

func newTenant() visit { return visit{tenant: tenant.Tenant{ID: uuid.New()}} }

func from(address string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/login", http.NoBody)
	r.Header.Set("X-Forwarded-For", address)
	return r
}

// tries is how many guesses in a row are allowed, up to most.
func (g guessing) tries(v visit, address, email string, most int) int {
	g.t.Helper()
	for i := range most {
		if g.f.mayGuess(from(address), v, email) != nil {
			return i
		}
	}
	return most
}

// spray tries one password with many accounts from many addresses until the
// tenant's bound is passed.
func (g guessing) spray() {
	g.t.Helper()
	for i := range ratePerTenant.Burst + 1 {
		r := from(fmt.Sprintf("198.51.%d.%d", i>>8, i&255))
		if err := g.f.mayGuess(r, g.tenant, fmt.Sprintf("%d@example.org", i)); err != nil {
			g.t.Fatalf("guess %d: %v", i, err)
		}
		g.f.guessedWrong(r, g.tenant)
	}
}

func (g guessing) pass(d time.Duration) {
	g.clock.Advance(d)
	g.redis.FastForward(d)
}

func TestSprayingATenantMakesStrangersSlow(t *testing.T) {
	t.Parallel()
	g := newGuessing(t)
	g.f.guessedRight(from("192.0.2.1"), g.tenant, "ada@example.org")
	g.spray()
	for _, c := range []struct {
		who            string
		tenant         visit
		address, email string
		want           int
	}{
		{"a stranger", g.tenant, "203.0.113.1", "ada@example.org", ratePerStranger.Burst},
		{"the same stranger with another account", g.tenant, "203.0.113.1", "grace@example.org", 0},
		{"another stranger", g.tenant, "203.0.113.2", "grace@example.org", ratePerStranger.Burst},
		{"somebody where they have signed in before", g.tenant, "192.0.2.1", "ada@example.org", ratePerGuesser.Burst},
		{"whoever has an account of their own at this address", g.tenant, "192.0.2.1", "grace@example.org", ratePerStranger.Burst},
		{"a stranger at another tenant", newTenant(), "203.0.113.1", "ada@example.org", ratePerGuesser.Burst},
	} {
		if got := g.tries(c.tenant, c.address, c.email, 20); got != c.want {
			t.Errorf("%s has %d tries, want %d", c.who, got, c.want)
		}
	}
	// Nobody is locked out: the next try comes by itself.
	g.pass(ratePerStranger.Every)
	if got := g.tries(g.tenant, "203.0.113.1", "mary@example.org", 20); got != 1 {
		t.Errorf("after the wait a stranger has %d tries", got)
	}
	g.pass(alarmFor)
	if got := g.tries(g.tenant, "203.0.113.3", "mary@example.org", 20); got != ratePerGuesser.Burst {
		t.Errorf("after the attack a stranger has %d tries", got)
	}
}

func TestWhoGoesOnGuessingWaitsLonger(t *testing.T) {
	t.Parallel()
	g := newGuessing(t)
	const email, address = "ada@example.org", "192.0.2.1"
	// The first day of a program that always comes as soon as it may.
	day, waits := time.Duration(0), map[time.Duration]int{}
	guesses := 0
	for ; day < 24*time.Hour; guesses++ {
		err := g.f.mayGuess(from(address), g.tenant, email)
		for ; err != nil; err = g.f.mayGuess(from(address), g.tenant, email) {
			wait := problem.Of(err).RetryAfter()
			waits[wait]++
			day += wait
			g.pass(wait)
		}
	}
	if guesses < 50 || guesses > 55 || waits[time.Minute] < 8 || waits[time.Hour] < 20 {
		t.Errorf("%d guesses in a day, after waits of %v", guesses, waits)
	}
	// Their owner, who comes back to it, is forgiven.
	g.f.guessedRight(from(address), g.tenant, email)
	if got := g.tries(g.tenant, address, email, 20); got != ratePerGuesser.Burst {
		t.Errorf("after the right password there are %d tries", got)
	}
}

// A few wrong passwords a second are every day's in a large tenant.
func TestTyposOfATenantDisturbNobody(t *testing.T) {
	t.Parallel()
	g := newGuessing(t)
	for range ratePerTenant.Burst + 200 {
		g.f.guessedWrong(from("198.51.100.1"), g.tenant)
		g.pass(ratePerTenant.Every)
	}
	if got := g.tries(g.tenant, "203.0.113.1", "ada@example.org", 20); got != ratePerGuesser.Burst {
		t.Errorf("a stranger has %d tries", got)
	}
}

func TestGuessesFromElsewhereDoNotKeepTheOwnerOut(t *testing.T) {
	t.Parallel()
	g := newGuessing(t)
	const email = "ada@example.org"
	// The owner has been told already.
	g.f.limits.Take(t.Context(), ratePerWarning, "warning", g.tenant.tenant.ID.String(), account.EmailKey(email))
	g.f.guessedRight(from("192.0.2.1"), g.tenant, email)
	guessed := 0
	for i := range 2 * ratePerAccount.Burst {
		guessed += g.tries(g.tenant, fmt.Sprintf("198.51.100.%d", i), email, 1)
	}
	if guessed != ratePerAccount.Burst || g.tries(g.tenant, "203.0.113.1", email, 20) != 0 {
		t.Errorf("%d guesses were allowed", guessed)
	}
	if got := g.tries(g.tenant, "192.0.2.1", email, 20); got != ratePerGuesser.Burst {
		t.Errorf("the owner has %d tries", got)
	}
	// And has none for ever: what is known is the address and not the person.
	g.pass(knownFor)
	if got := g.tries(g.tenant, "192.0.2.1", email, 200); got != ratePerGuesser.Burst {
		t.Errorf("a month later there are %d tries", got)
	}
}
