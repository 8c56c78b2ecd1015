package proof

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestParseCode(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]string{
		"12345678":                            "12345678",
		" 1234 5678\n":                        "12345678",
		"1234-5678":                           "12345678",
		"1234\u00a05678":                      "12345678",
		"12–34—56\u201178":                    "12345678",
		"\u200e12345678\u200f":                "12345678",
		"١٢٣٤٥٦٧٨":                            "12345678",
		"۱۲۳۴۵۶۷۸":                            "12345678",
		"１２３４ ５６７８":                           "12345678",
		"00000000":                            "00000000",
		"":                                    "",
		"1234567":                             "",
		"123456789":                           "",
		"1234567a":                            "",
		"1234.5678":                           "",
		"+1234567":                            "",
		"1234567\x00":                         "",
		"\xff2345678":                         "",
		"²²²²²²²²":                            "",
		"1234 5678" + strings.Repeat(" ", 60): "",
	} {
		code, ok := ParseCode(typed)
		if ok != (want != "") || ok && code != want {
			t.Errorf("%q gives %q, %v", typed, code, ok)
		}
	}
}

func FuzzParseCode(f *testing.F) {
	for _, seed := range []string{"12345678", "1234 5678", "1234-5678", "١٢٣٤٥٦٧٨", "", "\xff", "12345678\u200f"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		code, ok := ParseCode(typed)
		if !ok {
			return
		}
		if len(code) != digits || strings.Trim(code, "0123456789") != "" {
			t.Errorf("%q gives %q", typed, code)
		}
		if !utf8.ValidString(typed) {
			t.Errorf("%q is taken", typed)
		}
		if again, ok := ParseCode(code); !ok || again != code {
			t.Errorf("%q is read as %q", code, again)
		}
	})
}

func TestNewSecretsAreWellFormedAndDiffer(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 100 {
		code, token := newCode(), newToken()
		if parsed, ok := ParseCode(code); !ok || parsed != code {
			t.Fatalf("the code %q", code)
		}
		if len(token) != 43 || len(hashToken(token)) != 32 {
			t.Fatalf("the token %q", token)
		}
		if seen[token] {
			t.Fatal("a token twice")
		}
		seen[token] = true
	}
}

func TestWaitsGrow(t *testing.T) {
	t.Parallel()
	sent := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	for sends, want := range map[int]time.Duration{1: 30 * time.Second, 2: time.Minute, 3: 90 * time.Second, 4: 2 * time.Minute, 5: Lifetime} {
		p := Proof{Sends: sends, SentAt: sent, ExpiresAt: sent.Add(Lifetime)}
		if got := p.ResendAfter(sent); got != want {
			t.Errorf("after %d sends: %v, want %v", sends, got, want)
		}
		if got := p.ResendAfter(sent.Add(want)); got != 0 {
			t.Errorf("after %d sends and the wait: %v", sends, got)
		}
	}
}
