package serve

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Parts are what a function needs to answer, each with a check: {"postgres": pool.PingContext, "redis": …}.
type Parts map[string]func(context.Context) error

// Ready checks all parts at once and names those that failed.
func (p Parts) Ready(ctx context.Context) (bool, error) {
	order := slices.Sorted(maps.Keys(p))
	errs := make([]chan error, len(order))
	for i, name := range order {
		// Buffered: a check that outlives ctx must not hang on a reader that left.
		errs[i] = make(chan error, 1)
		go func() { errs[i] <- p[name](ctx) }()
	}
	var missing []error
	for i, name := range order {
		var err error
		select {
		case err = <-errs[i]:
		case <-ctx.Done():
			err = ctx.Err()
		}
		if err != nil {
			missing = append(missing, fmt.Errorf("%s: %w", name, err))
		}
	}
	return len(missing) == 0, errors.Join(missing...)
}

// names takes from an error what anybody may know: the part's name before the first colon, of every joined
// error. Causes hold addresses and users and stay in the log.
func names(err error) []string {
	if err == nil {
		return []string{"function"}
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var all []string
		for _, e := range joined.Unwrap() {
			for _, name := range names(e) {
				if !slices.Contains(all, name) {
					all = append(all, name)
				}
			}
		}
		return all
	}
	name, _, _ := strings.Cut(err.Error(), ":")
	if !isName(name) {
		return []string{"function"}
	}
	return []string{name}
}

func isName(s string) bool {
	if s == "" || len(s) > 32 {
		return false
	}
	for i := range len(s) {
		if c := s[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
			return false
		}
	}
	return true
}
