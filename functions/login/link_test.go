package login

import (
	"testing"

	"github.com/authway/authway/shared/account"
)

func FuzzNameOf(f *testing.F) {
	f.Add("Ada Lovelace", "ada@example.org")
	f.Add(" \u0085", "é\u0301@example.org")
	f.Add("", "\u2003@example.org")
	f.Fuzz(func(t *testing.T, given, address string) {
		email, err := account.ParseEmail(address)
		if err != nil {
			return
		}
		// Whatever a provider says, it is a name that the person could have typed.
		name := nameOf(given, email)
		if again, err := account.ParseName(name); err != nil || again != name {
			t.Errorf("%q of %q is called %q: %v", given, email, name, err)
		}
	})
}
