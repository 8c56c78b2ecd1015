package factor

import (
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

// RFC 6238, appendix B, SHA-1: our six digits are the last of its eight.
func TestCodesOfRFC6238(t *testing.T) {
	t.Parallel()
	key := []byte("12345678901234567890")
	for second, code := range map[int64]string{
		59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037", 20000000000: "353130",
	} {
		steps, err := matching(key, code, time.Unix(second, 0))
		if err != nil || !slices.Contains(steps, second/30) {
			t.Errorf("at %d %s is the code of the steps %v, %v", second, code, steps, err)
		}
	}
}

func TestTheStepsAroundCount(t *testing.T) {
	t.Parallel()
	key := []byte("12345678901234567890")
	made := time.Unix(1111111111, 0).Truncate(period)
	for off, want := range map[time.Duration]bool{
		0: true, period - time.Second: true, period: true, 2*period - time.Second: true, 2 * period: false,
		-time.Second: true, -period: true, -period - time.Second: false,
	} {
		steps, err := matching(key, "050471", made.Add(off))
		if got := len(steps) == 1; got != want || err != nil {
			t.Errorf("%v after its step began: %v, %v", off, steps, err)
		}
	}
}

func TestCodesAsPeopleTypeThem(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"123456": "123456", " 123 456 ": "123456", "123-456": "123456", "123\u00a0456": "123456",
		"١٢٣٤٥٦": "123456", "۱۲۳۴۵۶": "123456", "１２３４５６": "123456", "\u200f123456\u200e": "123456",
		"12345": "", "1234567": "", "12345a": "", "": "", "１２３": "",
	} {
		if got, ok := digits(text); ok != (want != "") || ok && got != want {
			t.Errorf("%q is read as %q, %v", text, got, ok)
		}
	}
	for text, want := range map[string]string{
		"ABCD-EFGH-JKMN-PQRS": "ABCDEFGHJKMNPQRS", "abcd efgh jkmn pqrs": "ABCDEFGHJKMNPQRS", "oil0oil0oil0oil0": "0110011001100110",
		"ABCDEFGHJKMNPQR": "", "ABCDEFGHJKMNPQRSS": "", "ABCDEFGHJKMNPQRU": "", "ABCD.EFGH.JKMN.PQRS": "", "": "",
	} {
		if got, ok := recoveryCode(text); ok != (want != "") || ok && got != want {
			t.Errorf("%q is read as %q, %v", text, got, ok)
		}
	}
	for text, want := range map[string]string{"123 456": TOTP, "abcd-efgh-jkmn-pqrs": Recovery, "1234567890123456": Recovery, "12": ""} {
		if got := KindOf(text); got != want {
			t.Errorf("%q is a code of %q", text, got)
		}
	}
}

func TestRestGrowsUpToADay(t *testing.T) {
	t.Parallel()
	for attempts, want := range map[int]time.Duration{
		1: 0, 9: 0, 10: time.Minute, 11: 2 * time.Minute, 15: 32 * time.Minute, 20: 1024 * time.Minute, 21: 24 * time.Hour, 1 << 30: 24 * time.Hour,
	} {
		if got := rest(attempts); got != want {
			t.Errorf("after %d wrong codes: %v, want %v", attempts, got, want)
		}
	}
}

func TestTheLinkIsWhatAppsExpect(t *testing.T) {
	t.Parallel()
	key := []byte("12345678901234567890")
	e, err := enrolment(key, "id.example.org (Acme: East)", "ada@example.org")
	if err != nil {
		t.Fatal(err)
	}
	if e.Secret != "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ" {
		t.Errorf("the key for typing is %q", e.Secret)
	}
	link, err := url.Parse(e.URI)
	if err != nil || link.Scheme != "otpauth" || link.Host != "totp" || link.Path != "/id.example.org (Acme  East):ada@example.org" {
		t.Errorf("the link is %q, %v", e.URI, err)
	}
	for name, want := range map[string]string{
		"secret": strings.ReplaceAll(e.Secret, " ", ""), "issuer": "id.example.org (Acme  East)", "digits": "6", "period": "30", "algorithm": "SHA1",
	} {
		if got := link.Query().Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
}

func FuzzCodes(f *testing.F) {
	f.Add("123 456")
	f.Add("abcd-efgh-jkmn-pqrs")
	f.Fuzz(func(t *testing.T, text string) {
		if code, ok := digits(text); ok && (len(code) != codeSize || strings.Trim(code, "0123456789") != "") {
			t.Errorf("%q is read as %q", text, code)
		}
		if code, ok := recoveryCode(text); ok && (len(code) != recoverySize || strings.Trim(code, alphabet) != "") {
			t.Errorf("%q is read as %q", text, code)
		}
	})
}
