package harness

import (
	"context"
	"fmt"
	"os"
	"slices"
	"sync"
	"testing"
	"time"
)

// stopWithin bounds the end of everything that was started.
const stopWithin = 30 * time.Second

var stopping struct {
	sync.Mutex
	all []func(context.Context) error
}

// AtEnd remembers how to stop what a binary has started for all its tests, the
// youngest first.
func AtEnd(stop func(context.Context) error) {
	stopping.Lock()
	defer stopping.Unlock()
	stopping.all = append(stopping.all, stop)
}

// Main runs the tests of a binary and stops what they started.
func Main(m *testing.M) {
	code := m.Run()
	ctx, cancel := context.WithTimeout(context.Background(), stopWithin)
	defer cancel()
	stopping.Lock()
	defer stopping.Unlock()
	for _, stop := range slices.Backward(stopping.all) {
		if err := stop(ctx); err != nil {
			fmt.Fprintln(os.Stderr, "harness: stop:", err)
			code = max(code, 1)
		}
	}
	os.Exit(code)
}

// folder makes a temporary folder that lives as long as the binary.
func folder(pattern string) (string, error) {
	dir, err := os.MkdirTemp("", pattern)
	if err == nil {
		AtEnd(func(context.Context) error { return os.RemoveAll(dir) })
	}
	return dir, err
}

// withoutDeadline is for cleaning up, when the test's own context has ended.
func withoutDeadline(t testing.TB) context.Context { return context.WithoutCancel(t.Context()) }
