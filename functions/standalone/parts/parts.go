package parts

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/authway/authway/functions/standalone/parts/supervise"
)

// Say tells the person at the terminal what takes time or what they should know.
type Say func(format string, args ...any)

// startAttempts is for the port that somebody else took in the moment between
// our giving it up and the server's taking it.
const startAttempts = 3

// readyPoll is short because a part is ready a tenth of a second after its start.
const readyPoll = 15 * time.Millisecond

// bareEnvironment is all that a child gets to see. Its programs are given by
// full path; anything more would let PGOPTIONS, LOG_LEVEL or SECRETS_SYSTEM of
// the user's shell change how a part behaves.
func bareEnvironment(more ...string) []string {
	return append([]string{"PATH=/usr/local/bin:/usr/bin:/bin", "LC_ALL=C", "TZ=UTC"}, more...)
}

// CacheFolder is where fetched and built programs are kept for all checkouts.
func CacheFolder(f *supervise.Folder) (string, error) {
	user, err := os.UserCacheDir()
	dir := filepath.Join(user, "authway")
	if err != nil {
		// No HOME, as under some service managers.
		dir = f.Path("cache")
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("the cache folder cannot be made: %w", err)
	}
	return dir, nil
}

// errEnded says that a server ended before it was ready.
var errEnded = errors.New("it ended before it was ready")

// refused is an answer that waiting does not change, such as a wrong password.
type refused struct{ error }

func (r refused) Unwrap() error { return r.error }

// await asks ready again and again until it says so, the process ends, or ctx
// does.
func await(ctx context.Context, p *supervise.Process, ready func(context.Context) error) error {
	tick := time.NewTicker(readyPoll)
	defer tick.Stop()
	for {
		last := ready(ctx)
		if last == nil {
			return nil
		}
		if no := (refused{}); errors.As(last, &no) {
			return fmt.Errorf("%s refuses: %w", p.Name(), no)
		}
		select {
		case <-p.Done():
			return errEnded
		case <-ctx.Done():
			return fmt.Errorf("%s does not get ready: %w", p.Name(), last)
		case <-tick.C:
		}
	}
}

// launch starts a server on ports that start reserves, waits until it is ready,
// and tries again with other ports when it ends at once.
func launch(ctx context.Context, start func() (*supervise.Process, func(context.Context) error, error)) (*supervise.Process, error) {
	var last error
	for range startAttempts {
		p, ready, err := start()
		if err != nil {
			return nil, err
		}
		err = await(ctx, p, ready)
		if err == nil {
			return p, nil
		}
		last = err
		if errors.Is(err, errEnded) {
			last = p.Ended()
		}
		if err := p.Stop(context.WithoutCancel(ctx)); err != nil {
			return nil, errors.Join(last, err)
		}
		if !errors.Is(err, errEnded) {
			break
		}
	}
	return nil, last
}

// run runs a command to its end.
func run(ctx context.Context, f *supervise.Folder, c supervise.Command) error {
	p, err := f.Start(c)
	if err != nil {
		return err
	}
	select {
	case <-p.Done():
	case <-ctx.Done():
	}
	if err := p.Stop(ctx); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return p.Failed()
}

// password is hexadecimal so that it needs no escape in a URL, a configuration
// file or SQL.
func password() string {
	b := make([]byte, 24)
	_, _ = rand.Read(b)
	return hex.EncodeToString(b)
}
