package account_test

import (
	"errors"
	"strings"
	"testing"

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
	} {
		got, err := account.ParseEmail(text)
		if got != want || (err != nil) != (want == "") {
			t.Errorf("%q: got %q, %v", text, got, err)
		}
	}
}

func TestEmailKeyJoinsSpellings(t *testing.T) {
	t.Parallel()
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
	f.Fuzz(func(t *testing.T, text string) {
		email, err := account.ParseEmail(text)
		if err != nil {
			return
		}
		if strings.ContainsAny(email, "\r\n\x00") {
			t.Fatalf("%q could break a mail header", email)
		}
		if again, err := account.ParseEmail(email); err != nil || again != email {
			t.Fatalf("%q is accepted once and then not: %q, %v", email, again, err)
		}
	})
}
