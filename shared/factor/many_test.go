package factor

import (
	"bytes"
	"encoding/base32"
	"errors"
	"strings"
	"testing"
)

func TestParseKey(t *testing.T) {
	t.Parallel()
	const key = "12345678901234567890"
	for _, text := range []string{
		"GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", "gezd gnbv gy3t qojq gezd gnbv gy3t qojq", "GEZDGNBV-GY3TQOJQ-GEZDGNBV-GY3TQOJQ====", "GEZDGNBVGY3TQOJQ\r\nGEZDGNBVGY3TQOJQ\n",
	} {
		if got, err := ParseKey(text); err != nil || string(got) != key {
			t.Errorf("%q is %q, %v", text, got, err)
		}
	}
	for name, text := range map[string]string{
		"nothing": "", "short": "GEZDGNBVGY3TQ", "long": strings.Repeat("A", 104), "digits that are none of it": "1EZDGNBVGY3TQOJQ",
		// An app would read the rest as a byte of its own, and show other codes.
		"one letter lost": "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZ", "half a byte": "GEZDGNBVGY3TQOJQG",
		"a letter that becomes one": "GEZDGNBVGY3TQOJſ",
	} {
		if got, err := ParseKey(text); !errors.Is(err, ErrKey) || got != nil {
			t.Errorf("%s: got %q, %v", name, got, err)
		}
	}
}

func FuzzParseKey(f *testing.F) {
	for _, seed := range []string{"gezd gnbv gy3t qojq gezd gnbv gy3t qojq", "GEZDGNBV-GY3TQOJQ====", "GEZDGNBVGY3TQOJQG", "GEZDGNBVGY3TQOJſ", "GEZDGNBV\nGY3TQOJQ"} {
		f.Add(seed)
	}
	plain := base32.StdEncoding.WithPadding(base32.NoPadding)
	between := strings.NewReplacer(" ", "", "-", "", "=", "", "\r", "", "\n", "")
	f.Fuzz(func(t *testing.T, text string) {
		key, err := ParseKey(text)
		if err != nil {
			if key != nil || !errors.Is(err, ErrKey) {
				t.Fatalf("%q: got %q, %v", text, key, err)
			}
			return
		}
		if len(key) < minKey || len(key) > maxKey {
			t.Fatalf("%q is a key of %d bytes", text, len(key))
		}
		// The bits that fill up the last character count for nobody; all others do.
		written, typed := plain.EncodeToString(key), between.Replace(text)
		if len(written) != len(typed) || !strings.EqualFold(written[:len(written)-1], typed[:len(typed)-1]) {
			t.Fatalf("%q is read as %s", text, written)
		}
		e, err := enrolment(key, "issuer", "ada@example.org")
		if err != nil {
			t.Fatal(err)
		}
		for _, form := range []string{written, e.Secret, strings.ToLower(written) + "=="} {
			if again, err := ParseKey(form); err != nil || !bytes.Equal(again, key) {
				t.Fatalf("%q is %x, and written again (%s) %x, %v", text, key, form, again, err)
			}
		}
	})
}
