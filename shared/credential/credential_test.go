package credential_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/authway/authway/shared/credential"
)

func TestHashVerifies(t *testing.T) {
	t.Parallel()
	h := credential.NewHasher(0)
	encoded, err := h.Hash(t.Context(), "correct horse battery")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(encoded, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("the cost is not the documented one: %s", encoded[:35])
	}
	if ok, err := h.Verify(t.Context(), encoded, "correct horse battery"); !ok || err != nil {
		t.Errorf("the right password: %v, %v", ok, err)
	}
	if ok, err := h.Verify(t.Context(), encoded, "correct horse batterz"); ok || err != nil {
		t.Errorf("a wrong password: %v, %v", ok, err)
	}
}

// The vectors are from the reference implementation's command line tool:
// argon2 somesalt -id -t 2 -m 16 -p 1, password "password", and with -i.
func TestVerifiesHashesOfOtherImplementations(t *testing.T) {
	t.Parallel()
	h := credential.NewHasher(0)
	for _, vector := range []string{
		"$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
		"$argon2i$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$wWKIMhR9lyDFvRz9YTZweHKfbftvj+qf+YFY4NeBbtA",
	} {
		if ok, err := h.Verify(t.Context(), vector, "password"); !ok || err != nil {
			t.Errorf("%.10s: got %v, %v", vector, ok, err)
		}
	}
}

func TestUnknownAccountIsHashedAndRefused(t *testing.T) {
	t.Parallel()
	if ok, err := credential.NewHasher(0).Verify(t.Context(), "", ""); ok || err != nil {
		t.Errorf("got %v, %v", ok, err)
	}
}

func TestMalformedHashesAreRefusedBeforeHashing(t *testing.T) {
	t.Parallel()
	for name, encoded := range map[string]string{
		"another algorithm": "$argon2d$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
		"too much memory":   "$argon2id$v=19$m=4194304,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
		"too many passes":   "$argon2id$v=19$m=1024,t=4000000,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
		"no lanes":          "$argon2id$v=19$m=1024,t=1,p=0$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
		"no sum":            "$argon2id$v=19$m=1024,t=1,p=1$c29tZXNhbHQ$",
		"text":              "hunter2",
	} {
		if _, err := credential.NewHasher(1).Verify(t.Context(), encoded, "password"); !errors.Is(err, credential.ErrHash) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestFloodIsTurnedAwayAtOnce(t *testing.T) {
	t.Parallel()
	const flood = 40
	h := credential.NewHasher(1)
	var wg sync.WaitGroup
	var mu sync.Mutex
	admitted, refused := 0, 0
	start := make(chan struct{})
	for range flood {
		wg.Go(func() {
			<-start
			_, err := h.Verify(context.WithoutCancel(t.Context()), "", "password")
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				admitted++
			case errors.Is(err, credential.ErrBusy):
				refused++
			default:
				t.Errorf("got %v", err)
			}
		})
	}
	close(start)
	wg.Wait()
	if admitted == 0 || refused == 0 || admitted+refused != flood {
		t.Errorf("%d admitted, %d refused of %d", admitted, refused, flood)
	}
	if _, err := h.Verify(t.Context(), "", "password"); err != nil {
		t.Errorf("after the flood: %v", err)
	}
}

func TestCancelledWaiterLeavesTheLine(t *testing.T) {
	t.Parallel()
	h := credential.NewHasher(1)
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	for range 100 {
		if _, err := h.Verify(cancelled, "", "x"); err != nil && !errors.Is(err, context.Canceled) {
			t.Fatalf("a waiter that has gone still holds its place: %v", err)
		}
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	personal := []string{"ada.lovelace@example.org", "Ada Lovelace"}
	for password, want := range map[string]error{
		"correct horse battery":     nil,
		"twelve chars":              nil,
		"비밀번호는길어야합니다요":              nil,
		"eleven char":               credential.ErrShort,
		"\uFDFA":                    credential.ErrShort,
		"":                          credential.ErrShort,
		"LOVELACE2026":              credential.ErrPersonal,
		"lovelace@example":          credential.ErrPersonal,
		"lovelace likes long poems": nil,
		strings.Repeat("a", 1025):   credential.ErrLong,
	} {
		if got := credential.Check(password, personal...); !errors.Is(got, want) {
			t.Errorf("%.30q: got %v, want %v", password, got, want)
		}
	}
}

func BenchmarkVerify(b *testing.B) {
	h := credential.NewHasher(0)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := h.Verify(b.Context(), "", "password"); err != nil {
			b.Fatal(err)
		}
	}
}
