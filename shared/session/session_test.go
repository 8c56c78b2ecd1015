package session_test

import (
	"testing"
	"time"

	"github.com/authway/authway/shared/session"
)

func TestAlive(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	ended := now.Add(-time.Second)
	cases := map[string]struct {
		session session.Session
		want    bool
	}{
		"just signed in":               {session.Session{LastSeenAt: now, ExpiresAt: now.Add(session.Absolute)}, true},
		"idle for less than the bound": {session.Session{LastSeenAt: now.Add(-session.Idle + 1), ExpiresAt: now.Add(1)}, true},
		"idle for too long":            {session.Session{LastSeenAt: now.Add(-session.Idle), ExpiresAt: now.Add(time.Hour)}, false},
		"remembered idles longer":      {session.Session{Remembered: true, LastSeenAt: now.Add(-session.Idle), ExpiresAt: now.Add(time.Hour)}, true},
		"past the absolute end":        {session.Session{Remembered: true, LastSeenAt: now, ExpiresAt: now}, false},
		"ended":                        {session.Session{EndedAt: &ended, LastSeenAt: now, ExpiresAt: now.Add(time.Hour)}, false},
	}
	for name, c := range cases {
		if got := c.session.Alive(now); got != c.want {
			t.Errorf("%s: got %v", name, got)
		}
	}
}

func TestTokensAreLongAndDifferent(t *testing.T) {
	t.Parallel()
	a, b := session.NewToken(), session.NewToken()
	if a == b || len(a) != 43 {
		t.Errorf("tokens of %d characters, equal: %v", len(a), a == b)
	}
	if string(a.Hash()) == string(b.Hash()) || len(a.Hash()) != 32 {
		t.Error("two tokens have one hash")
	}
}
