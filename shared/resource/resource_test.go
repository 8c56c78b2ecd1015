package resource_test

import (
	"crypto/sha256"
	"testing"
	"time"

	"github.com/authway/authway/shared/resource"
)

func TestTheFormerSecretIsGoodForAWhile(t *testing.T) {
	t.Parallel()
	hash := func(secret string) []byte {
		sum := sha256.Sum256([]byte(secret))
		return sum[:]
	}
	until, off := time.Unix(100, 0), time.Unix(1, 0)
	s := resource.Server{SecretHash: hash("new"), FormerHash: hash("old"), FormerUntil: &until}
	disabled := s
	disabled.DisabledAt = &off
	for name, c := range map[string]struct {
		server resource.Server
		secret string
		at     int64
		want   bool
	}{
		"the new one":             {s, "new", 99, true},
		"the new one, later":      {s, "new", 101, true},
		"the old one":             {s, "old", 99, true},
		"the old one, at its end": {s, "old", 100, false},
		"another":                 {s, "other", 99, false},
		"none":                    {s, "", 99, false},
		"of nobody":               {resource.Server{}, "", 99, false},
		"disabled":                {disabled, "new", 99, false},
		"disabled, the old one":   {disabled, "old", 99, false},
	} {
		if got := c.server.Holds(c.secret, time.Unix(c.at, 0)); got != c.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}
