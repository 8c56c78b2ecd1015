package serve

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestPartsAreCheckedAtOnceAndNoneIsWaitedForLonger(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	other := make(chan struct{})
	never := make(chan struct{})
	defer close(never)
	ok, err := Parts{
		"a": func(context.Context) error { <-other; return nil },
		"b": func(context.Context) error { close(other); return nil },
		"c": func(context.Context) error { cancel(); <-never; return nil },
	}.Ready(ctx)
	if ok || !slices.Contains(names(err), "c") {
		t.Errorf("says %v, %v", ok, err)
	}
	if ok, err := (Parts{}).Ready(t.Context()); !ok || err != nil {
		t.Errorf("nothing needed says %v, %v", ok, err)
	}
}

func TestNamesAreTheOnlyThingTakenFromAnError(t *testing.T) {
	t.Parallel()
	secret := errors.New("s3cret")
	for want, err := range map[string]error{
		"function":            nil,
		"postgres":            fmt.Errorf("postgres: %w", secret),
		"postgres, redis":     errors.Join(fmt.Errorf("postgres: %w", secret), fmt.Errorf("redis: %w", secret), fmt.Errorf("redis: %w", secret)),
		"function, hydra":     errors.Join(errors.New("Dial tcp: x"), fmt.Errorf("hydra: %w", secret)),
		"backup-target, smtp": errors.Join(errors.Join(fmt.Errorf("backup-target: %w", secret)), fmt.Errorf("smtp: %w", secret)),
	} {
		if got := strings.Join(names(err), ", "); got != want {
			t.Errorf("%v: names %s, want %s", err, got, want)
		}
	}
	for _, odd := range []string{"", ":", strings.Repeat("x", 33) + ": y", "a b: c", "user=x: y"} {
		if got := names(errors.New(odd)); !slices.Equal(got, []string{"function"}) {
			t.Errorf("%q: names %v", odd, got)
		}
	}
}
