package oauth2_test

import (
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/authway/authway/shared/oauth2"
)

func TestGrantable(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		requested  []string
		registered string
		want       []string
	}{
		"what is registered passes":         {[]string{"openid", "email"}, "openid email profile", []string{"openid", "email"}},
		"what is not registered is dropped": {[]string{"openid", "admin"}, "openid", []string{"openid"}},
		"a repeated scope counts once":      {[]string{"openid", "openid"}, "openid", []string{"openid"}},
		"part of a scope's name is nothing": {[]string{"open"}, "openid", nil},
		"nothing registered grants nothing": {[]string{"openid"}, "", nil},
	}
	for name, c := range cases {
		if got := oauth2.Grantable(c.requested, c.registered); !slices.Equal(got, c.want) {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
	}
}

func TestWantsFresh(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	asked := now.Add(-time.Minute)
	cases := map[string]struct {
		url           string
		authenticated time.Time
		want          bool
	}{
		"nothing asked":                       {"/oauth2/auth", now.Add(-time.Hour), false},
		"prompt=login":                        {"/oauth2/auth?prompt=login", now.Add(-time.Hour), true},
		"prompt=login consent":                {"/oauth2/auth?prompt=consent+login", now.Add(-time.Hour), true},
		"prompt=login answered since":         {"/oauth2/auth?prompt=login", now.Add(-time.Second), false},
		"prompt=consent alone":                {"/oauth2/auth?prompt=consent", now.Add(-time.Hour), false},
		"max_age not reached":                 {"/oauth2/auth?max_age=7200", now.Add(-time.Hour), false},
		"max_age passed":                      {"/oauth2/auth?max_age=600", now.Add(-time.Hour), true},
		"max_age=0":                           {"/oauth2/auth?max_age=0", now.Add(-2 * time.Minute), true},
		"max_age=0 answered since":            {"/oauth2/auth?max_age=0", now.Add(-time.Second), false},
		"max_age that is no number is strict": {"/oauth2/auth?max_age=soon", now.Add(-time.Hour), true},
		"negative max_age is strict":          {"/oauth2/auth?max_age=-5", now.Add(-time.Hour), true},
	}
	for name, c := range cases {
		if got := oauth2.ParseRequest(c.url).WantsFresh(c.authenticated, asked, now); got != c.want {
			t.Errorf("%s: got %v", name, got)
		}
	}
}

func TestHashIgnoresPromptAlone(t *testing.T) {
	t.Parallel()
	base := oauth2.ParseRequest("https://x/oauth2/auth?client_id=a&state=1").Hash()
	if oauth2.ParseRequest("https://x/oauth2/auth?prompt=login&state=1&client_id=a").Hash() != base {
		t.Error("the same request with prompt=login added has another hash")
	}
	if oauth2.ParseRequest("https://x/oauth2/auth?client_id=a&state=2").Hash() == base {
		t.Error("a request with another state has the same hash")
	}
}

func FuzzParseRequest(f *testing.F) {
	f.Add("https://x/oauth2/auth?max_age=1&prompt=none&ui_locales=ko+en")
	f.Add("://%zz")
	f.Fuzz(func(t *testing.T, raw string) {
		request := oauth2.ParseRequest(raw)
		if request.MaxAge > 0 && request.MaxAge%time.Second != 0 {
			t.Fatalf("max_age %v is no number of seconds", request.MaxAge)
		}
		if request.Hash() != oauth2.ParseRequest(raw).Hash() {
			t.Fatal("the hash of a request changed")
		}
	})
}

func TestScopeTokens(t *testing.T) {
	t.Parallel()
	token := regexp.MustCompile(`^[\x21\x23-\x5B\x5D-\x7E]+$`)
	for c := range 256 {
		for _, s := range []string{string([]byte{byte(c)}), "a" + string([]byte{byte(c)})} {
			if got := oauth2.IsScope(s); got != token.MatchString(s) {
				t.Errorf("%q is a scope: %v", s, got)
			}
		}
	}
	if oauth2.IsScope("") {
		t.Error("nothing is a scope")
	}
}
