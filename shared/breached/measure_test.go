package breached

import (
	"bytes"
	"fmt"
	"testing"
)

// in asks a filter's file without a database.
func in(file []byte, h Header, password string) bool {
	s := SumOf(password)
	at := int64(headerSize) + blockOf(s.prefix(), h.Blocks)*blockSize
	return s.in(file[at : at+blockSize])
}

func TestFilterMissesNothingAndErrsAsRarelyAsItSays(t *testing.T) {
	t.Parallel()
	const listed, asked = 50_000, 500_000
	passwords := make([]string, listed)
	for i := range passwords {
		passwords[i] = fmt.Sprintf("a listed password %d", i)
	}
	file, err := Of(passwords)
	if err != nil {
		t.Fatal(err)
	}
	f, err := Open(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	for _, password := range passwords {
		if !in(file, f.Header, password) {
			t.Fatalf("%q is missed", password)
		}
	}
	alarms := 0
	for i := range asked {
		if in(file, f.Header, fmt.Sprintf("a good password %d", i)) {
			alarms++
		}
	}
	// The sums are fixed, and so is the count.
	t.Logf("%d false alarms in %d", alarms, asked)
	if alarms == 0 || float64(alarms) > FalseAlarms*asked {
		t.Errorf("%d false alarms in %d", alarms, asked)
	}
}

func TestDamageIsFound(t *testing.T) {
	t.Parallel()
	good, err := Of([]string{"password1234"})
	if err != nil {
		t.Fatal(err)
	}
	changed := bytes.Clone(good)
	changed[len(changed)-1] ^= 1
	for name, file := range map[string][]byte{"cut off": good[:len(good)-1], "too long": append(bytes.Clone(good), 0), "changed": changed} {
		f, err := Open(bytes.NewReader(file))
		if err != nil {
			t.Fatal(err)
		}
		if err := f.each(func(int64, []byte) error { return nil }); err != ErrDamaged {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
