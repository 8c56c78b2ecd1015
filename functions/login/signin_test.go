package login

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/authway/authway/shared/problem"
)

// The function of this test has nobody to ask but the one that counts: what is turned
// away must not try.
func TestWhoIsTurnedAwayInAFloodCostsNothing(t *testing.T) {
	t.Parallel()
	f := newGuessing(t).f
	f.gate = newGate()
	sends := func(address string) error {
		r := httptest.NewRequest(http.MethodPost, "/login?flow=x", strings.NewReader("email=ada%40example.org&password=x"))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("X-Forwarded-For", address)
		return f.signIn(httptest.NewRecorder(), r)
	}
	leave, err := f.gate.enter()
	for err == nil {
		_, err = f.gate.enter()
	}
	before := f.gate.refused.Load()
	if err := sends("192.0.2.1"); !errors.Is(err, errOverloaded) || f.gate.refused.Load() != before+1 {
		t.Errorf("in a flood it says %v", err)
	}
	// Who sends too many takes no place that is free.
	leave()
	limited := false
	for range 2 * ratePerAddress.Burst {
		out, err := f.letIn(from("192.0.2.2"))
		if errors.Is(err, problem.TooManyRequests) {
			limited = true
			break
		}
		out()
	}
	if err := sends("192.0.2.2"); !limited || !errors.Is(err, problem.TooManyRequests) {
		t.Errorf("beyond the bound of an address it says %v", err)
	}
	if _, err := f.gate.enter(); err != nil {
		t.Error("who was told to wait has a place")
	}
}
