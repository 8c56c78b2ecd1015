package account_test

import (
	"errors"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/authway/authway/shared/account"
)

func TestParseEmail(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"ada@example.org":                        "ada@example.org",
		"  ada@example.org ":                     "ada@example.org",
		"Ada.Lovelace+x@Example.org":             "Ada.Lovelace+x@Example.org",
		"é@example.org":                          "é@example.org",
		"root@localhost":                         "root@localhost",
		"Ada <ada@example.org>":                  "",
		"ada@example.org, b@x.org":               "",
		"ada":                                    "",
		"@example.org":                           "",
		"ada@example":                            "",
		"ada@example.org\nBcc: x@y.z":            "",
		strings.Repeat("a", 65) + "@example.org": "",
		"a@" + strings.Repeat("b", 250) + ".org": "",
		"a\xff@example.org":                      "",
		"a\u0085b@example.org":                   "",
		"a\u2003b@example.org":                   "",
	} {
		got, err := account.ParseEmail(text)
		if got != want || (err != nil) != (want == "") {
			t.Errorf("%q: got %q, %v", text, got, err)
		}
	}
}

func TestEmailKeyJoinsSpellings(t *testing.T) {
	t.Parallel()
	// There is no capital of the letter with the line below it, and two without.
	if one, other := account.EmailKey("\u1e96@example.org"), account.EmailKey("H\u0331@example.org"); one != other {
		t.Errorf("%q and %q are two accounts", one, other)
	}
	key := account.EmailKey("ada@example.org")
	for _, spelling := range []string{"ADA@Example.ORG", " ada@example.org", "ａda@example.org"} {
		if account.EmailKey(spelling) != key {
			t.Errorf("%q is taken for another account", spelling)
		}
	}
	if account.EmailKey("a.da@example.org") == key {
		t.Error("a dot more is another mailbox at most providers")
	}
}

func TestParseName(t *testing.T) {
	t.Parallel()
	for _, good := range []string{"Ada", "김철수", "عائشة", strings.Repeat("é", 200)} {
		if got, err := account.ParseName(" " + good + " "); err != nil || got != good {
			t.Errorf("%q: got %q, %v", good, got, err)
		}
	}
	for _, bad := range []string{"", "  ", "a\x00b", "a\nb", "\xff", strings.Repeat("é", 201)} {
		if _, err := account.ParseName(bad); !errors.Is(err, account.ErrName) {
			t.Errorf("%q: got %v", bad, err)
		}
	}
}

func FuzzParseEmail(f *testing.F) {
	f.Add("ada@example.org")
	f.Add("\"a b\"@example.org")
	f.Add("Ｈ\u0331é@example.org")
	f.Add("a\u0085b@example.org")
	f.Fuzz(func(t *testing.T, text string) {
		email, err := account.ParseEmail(text)
		if err != nil {
			if email != "" || !errors.Is(err, account.ErrEmail) {
				t.Fatalf("%q: got %q, %v", text, email, err)
			}
			return
		}
		if len(email) > 254 || strings.ContainsFunc(email, func(r rune) bool { return unicode.IsControl(r) || unicode.IsSpace(r) }) {
			t.Fatalf("%q could break a mail header or a line of a log", email)
		}
		if again, err := account.ParseEmail(email); err != nil || again != email {
			t.Fatalf("%q is accepted once and then not: %q, %v", email, again, err)
		}
		if key := account.EmailKey(email); account.EmailKey(key) != key || account.EmailKey(strings.ToLower(email)) != key {
			t.Fatalf("%q has the key %q, which has another, or small letters have", email, key)
		}
	})
}

func FuzzParseName(f *testing.F) {
	for _, seed := range []string{" Ada Lovelace\n", "a\tb", "\u0085", "키", "\xff", strings.Repeat("é", 201)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		name, err := account.ParseName(text)
		if err != nil {
			if name != "" || !errors.Is(err, account.ErrName) {
				t.Fatalf("%q: got %q, %v", text, name, err)
			}
			return
		}
		if name == "" || !utf8.ValidString(name) || utf8.RuneCountInString(name) > 200 || strings.ContainsFunc(name, unicode.IsControl) {
			t.Fatalf("%q is read as %q", text, name)
		}
		if again, err := account.ParseName(" " + name + "\n"); err != nil || again != name {
			t.Fatalf("%q is accepted once and then not: %q, %v", name, again, err)
		}
	})
}
