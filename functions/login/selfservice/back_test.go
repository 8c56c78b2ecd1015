package selfservice

import (
	"net/url"
	"strings"
	"testing"
)

func TestWayBackLeadsToProtectedPagesAlone(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"/wiki", "/wiki/", "/wiki/a?b=c&d=%2F", "/", "/wiki/%C3%A9"} {
		if back, ok := wayBack(text); !ok || back != text {
			t.Errorf("%q is %q, %t", text, back, ok)
		}
		if got := leads(destination(url.Values{"return": {text}})); got != text {
			t.Errorf("%q leads to %q", text, got)
		}
	}
	for _, text := range []string{
		"", "wiki", "//evil.example", `/\evil.example`, "https://evil.example/", "/a//b", "/a/../account", "/a/./b",
		"/account/link/google", "/ACCOUNT/x", "/login", "/oauth2/auth?x=y", "/api/account", "/%61ccount/link/google",
		"/a/%2e%2e/account", "/\x00", "/a\r\nb", "/" + strings.Repeat("x", maxBack),
	} {
		if back, ok := wayBack(text); ok {
			t.Errorf("%q leads back to %q", text, back)
		}
	}
}

func FuzzLeads(f *testing.F) {
	f.Add("security")
	f.Add(destination(url.Values{"return": {"/wiki"}}))
	f.Add("~Ly9ldmls")
	f.Fuzz(func(t *testing.T, text string) {
		to := leads(text)
		u, err := url.Parse(to)
		if err != nil || u.Host != "" || u.Scheme != "" || !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") || strings.HasPrefix(to, `/\`) {
			t.Errorf("%q leads to %q", text, to)
		}
	})
}
