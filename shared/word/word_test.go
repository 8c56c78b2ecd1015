package word_test

import (
	"regexp"
	"testing"

	"github.com/authway/authway/shared/word"
)

// What each may be, said as a pattern.
var spelled = map[string]struct {
	is      func(string) bool
	pattern *regexp.Regexp
}{
	"a slug":             {word.Slug, regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,62}$`)},
	"a provider":         {word.Provider, regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,31}$`)},
	"what can be seen":   {func(s string) bool { return word.Visible(s, 255) }, regexp.MustCompile(`^[!-~]{1,255}$`)},
	"small letters":      {func(s string) bool { return word.Lower(s, 3, 64, ".-") }, regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{2,63}$`)},
	"capitals among all": {func(s string) bool { return word.Mixed(s, 3, 100, "._-") }, regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{2,99}$`)},
}

func FuzzSpellings(f *testing.F) {
	for _, s := range []string{
		"", "a", "-", "a-", "-a", "abc", "A", "Abc", "a.b", ".ab", "a_b", "a b", "a\n", "ä", "\u212a", "ab\xff", "~", "!", "\x7f", "a\x00b",
		string(make([]byte, 3)), long(32), long(33), long(63), long(64), long(65), long(100), long(101), long(255), long(256),
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for name, c := range spelled {
			if got, want := c.is(s), c.pattern.MatchString(s); got != want {
				t.Errorf("%q is %s: %v", s, name, got)
			}
		}
	})
}

func long(n int) string {
	s := make([]byte, n)
	for i := range s {
		s[i] = 'x'
	}
	return string(s)
}
