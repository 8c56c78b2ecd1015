package token

import (
	"testing"
	"time"
)

func TestGrantsOfARevokedApplication(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	var never time.Time
	for name, c := range map[string]struct {
		grantType string
		at, began time.Time
		lost      bool
	}{
		"never revoked":                  {"refresh_token", never, at, false},
		"never revoked, no beginning":    {"refresh_token", never, never, false},
		"from before":                    {"authorization_code", at, at.Add(-time.Second), true},
		"at that moment":                 {"authorization_code", at, at, true},
		"after it, by another clock":     {"refresh_token", at, at.Add(skew), true},
		"a new one":                      {"refresh_token", at, at.Add(skew + time.Second), false},
		"a code without a beginning":     {"authorization_code", at, never, true},
		"a refresh without a beginning":  {"refresh_token", at, never, true},
		"an assertion":                   {grantAssertion, at, never, false},
		"a grant that is not known here": {"urn:example:grant", at, never, true},
	} {
		if got := (hookGrant{GrantTypes: []string{c.grantType}}).lost(c.at, c.began); got != c.lost {
			t.Errorf("%s: lost is %t", name, got)
		}
	}
}
