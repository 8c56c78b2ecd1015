package client

import (
	"regexp"
	"strings"
	"testing"
)

// FuzzForms holds what settings may be spelled like against the same as patterns.
func FuzzForms(f *testing.F) {
	forms := map[string]struct {
		is      func(string) bool
		pattern *regexp.Regexp
	}{
		"a scope":          {isScope, regexp.MustCompile(`^[!#-)+-\[\]-~]{1,255}$`)},
		"a contact":        {isContact, regexp.MustCompile(`^[^@\s]{1,64}@[^@\s]{1,255}$`)},
		"a private scheme": {privateScheme, regexp.MustCompile(`^[a-z][a-z0-9+-]*(\.[a-z0-9+-]+)+$`)},
	}
	for _, s := range []string{
		"", "openid", "a*b", "*", "a\"b", "a\\b", "a b", strings.Repeat("s", 255), strings.Repeat("s", 256),
		"a@b", "@b", "a@", "a@b@c", "a b@c", "a@b c", "a@b\n", "ä@ö", strings.Repeat("ä", 64) + "@b", strings.Repeat("ä", 65) + "@b", "a\u00a0@b",
		"com.example", "com", "com.", ".com", "com..example", "1com.x", "com.1x", "com.+", "Com.x", "com.x-", "c-.x",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		// An address is no longer than maxURI before anybody asks for its scheme.
		if len(s) > maxURI {
			return
		}
		for name, c := range forms {
			if got, want := c.is(s), c.pattern.MatchString(s); got != want {
				t.Errorf("%q is %s: %v", s, name, got)
			}
		}
	})
}
