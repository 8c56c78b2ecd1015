package credential

import (
	"encoding/json"
	"errors"
	"os"
	"reflect"
	"strings"
	"testing"

	"golang.org/x/crypto/bcrypt"
)

// hashes are of the password "correct horse battery", one of every scheme and cheap; what
// made each is written beside it.
func hashes(tb testing.TB) map[string]string {
	tb.Helper()
	text, err := os.ReadFile("testdata/hashes.json")
	if err != nil {
		tb.Fatal(err)
	}
	var list []struct{ Scheme, Hash string }
	if err := json.Unmarshal(text, &list); err != nil || len(list) == 0 {
		tb.Fatal(err)
	}
	all := map[string]string{}
	for _, h := range list {
		all[h.Scheme] = h.Hash
	}
	return all
}

const password = "correct horse battery"

func TestHashesOfEverySchemeVerifyAndAreReplaced(t *testing.T) {
	t.Parallel()
	h := NewHasher(0)
	for scheme, encoded := range hashes(t) {
		if ok, err := h.Verify(t.Context(), encoded, password); !ok || err != nil {
			t.Errorf("%s: the right password: %v, %v", scheme, ok, err)
		}
		if ok, err := h.Verify(t.Context(), encoded, password+"x"); ok || err != nil {
			t.Errorf("%s: a wrong password: %v, %v", scheme, ok, err)
		}
		if Current(encoded) {
			t.Errorf("%s: is taken for one of ours", scheme)
		}
	}
}

func TestHashesThatNoPasswordCouldFitAreRefused(t *testing.T) {
	t.Parallel()
	all := hashes(t)
	cut := func(scheme string, by int) string { return all[scheme][:len(all[scheme])-by] }
	for name, encoded := range map[string]string{
		"bcrypt with more behind it":    all["bcrypt 2b"] + "x",
		"bcrypt cut off":                cut("bcrypt 2b", 1),
		"bcrypt with another letter":    cut("bcrypt 2b", 1) + "!",
		"bcrypt with another salt":      strings.Replace(all["bcrypt 2b"], "abc", "a:c", 1),
		"bcrypt with a sign":            strings.Replace(all["bcrypt 2b"], "$04$", "$+4$", 1),
		"bcrypt without an end of cost": strings.Replace(all["bcrypt 2b"], "$04$", "$04a", 1),
		"bcrypt 2x":                     strings.Replace(all["bcrypt 2b"], "2b", "2x", 1),
		"phpass with another letter":    cut("phpass of WordPress", 1) + "-",
		"phpass cut off":                cut("phpass of WordPress", 1),
		"SSHA512 cut off":               "{SSHA512}" + strings.TrimPrefix(all["SSHA256"], "{SSHA256}"),
		"Firebase with a signer cut":    cut("Firebase scrypt", 4),
	} {
		if err := Readable(encoded); !errors.Is(err, ErrHash) {
			t.Errorf("%s: got %v for %s", name, err, encoded)
		}
	}
}

// FuzzVerify lets hashes come from anybody: they may cost no more than is said, and what
// is cheap enough to try is tried.
func FuzzVerify(f *testing.F) {
	for _, encoded := range hashes(f) {
		f.Add(encoded, password)
	}
	f.Add("$argon2id$v=19$m=4194304,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc", "")
	f.Add("$argon2id$v=19$m=1024,t=4000000,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc", "")
	f.Add("$scrypt$ln=30,r=8,p=1$MDEyMzQ1Njc4OWFiY2RlZg$ebnHHTApWa0oNoXTYCCHxLXDaejcvcTRQhZaD1OJNCE", "")
	f.Add("$argon2id$v=19$m=8,t=1,p=255$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc", "\x00")
	f.Fuzz(func(t *testing.T, encoded, given string) {
		parsed, err := parse(encoded)
		if err != nil {
			if !errors.Is(err, ErrHash) || !errors.Is(Readable(encoded), ErrHash) || Current(encoded) {
				t.Fatalf("%q: %v, %v", encoded, err, Readable(encoded))
			}
			return
		}
		work, bound := priced(t, parsed)
		if work < 1 || work > bound {
			t.Fatalf("%q costs %d, which is more than %d", encoded, work, bound)
		}
		if p, ours := parsed.(phc); ours && !p.independent {
			if again, err := parsePHC(p.String()); err != nil || !reflect.DeepEqual(again, p) || Current(encoded) != Current(p.String()) {
				t.Fatalf("%q is %+v, and written again %+v, %v", encoded, p, again, err)
			}
		}
		if work > bound/500 || len(encoded) > 1000 || len(given) > 100 {
			return // costly on purpose: that it is bounded has been shown
		}
		// bcrypt reads 72 bytes of a password and no more, so that two can be one.
		if parsed.fits(given) && parsed.fits("another "+given) && !strings.HasPrefix(encoded, "$2") {
			t.Fatalf("%q fits every password", encoded)
		}
	})
}

// priced is what checking a password takes, and the most that it may, in units of the
// scheme.
func priced(t *testing.T, c checker) (work, bound int) {
	t.Helper()
	switch c := c.(type) {
	case phc:
		if c.memory > maxMemoryKiB || c.passes > maxPasses || c.lanes < 1 {
			t.Fatalf("%+v", c)
		}
		return max(1, int(c.memory)*int(c.passes)), maxMemoryKiB * maxPasses
	case bcryptHash:
		n, err := bcrypt.Cost(c)
		if err != nil {
			t.Fatal(err)
		}
		return 1 << n, 1 << maxBcryptCost
	case pbkdf2Hash:
		return c.rounds, maxPBKDF2Rounds
	case scryptHash:
		return c.r << c.logN, maxScryptR << maxScryptLogN
	case firebaseHash:
		return c.r << c.logN, maxScryptR << maxScryptLogN
	case phpassHash:
		return c.rounds, 1 << maxPhpassLog
	case saltedHash:
		return 1, 500
	}
	t.Fatalf("there is no bound for a %T", c)
	return 0, 0
}
