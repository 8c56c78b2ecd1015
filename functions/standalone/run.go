package standalone

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/authway/authway/functions/standalone/parts/supervise"
)

// stopTimeout is how long Ctrl-C may take at the most. It takes about a second.
const stopTimeout = 20 * time.Second

// Main runs until Ctrl-C and returns the exit code.
func Main() int {
	ends := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) {
		// The terminal was closed, and nohup did not ask to outlive it.
		ends = append(ends, syscall.SIGHUP)
	}
	ctx, release := signal.NotifyContext(context.Background(), ends...)
	defer release()
	return run(ctx, release, Options{Output: os.Stdout}, os.Stderr)
}

func run(ctx context.Context, release func(), o Options, complaints io.Writer) int {
	system, err := Start(ctx, o)
	if err != nil {
		if ctx.Err() != nil {
			return 0
		}
		_, _ = fmt.Fprintf(complaints, "\nAuthway cannot start:\n%v\n", err)
		return 1
	}
	system.summary()
	code := 0
	select {
	case <-ctx.Done():
	case err := <-system.Failed():
		_, _ = fmt.Fprintf(complaints, "\n%v\n", err)
		code = 1
	}
	// From here a second Ctrl-C ends the program at once, and its children with it.
	release()
	system.say("\nStopping")
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
	defer cancel()
	if err := system.Stop(stop); err != nil {
		_, _ = fmt.Fprintln(complaints, err)
		return 1
	}
	return code
}

func (s *System) summary() {
	e := s.endpoints
	s.say("\nAuthway is running.\n")
	s.say("  Try it        %s/demo", e.URL)
	s.say("  Sign in as    %s   password %s", e.DemoUser, e.DemoPassword)
	s.say("  Administer    %s/admin/", e.URL)
	s.say("  Sign in as    %s  password %s", e.AdminUser, e.AdminPassword)
	s.say("  Mailbox       %s", e.MailboxURL)
	s.say("  Metrics       %s/metrics", e.OpsURL)
	s.say("  Data, logs    %s", s.folder.Path())
	if s.postgres != nil && s.postgres.Home != s.folder.Path("postgres") {
		s.say("  Database      %s (PostgreSQL's account cannot get into the data folder)", s.postgres.Home)
	}
	s.say("\nCtrl-C stops everything; the data stays.")
}

// explained adds to an error what the person can do about it.
func explained(err error) error {
	var taken *TakenError
	var inUse *supervise.InUseError
	switch {
	case errors.As(err, &taken):
		return fmt.Errorf("%w.\nStop that program, or choose another port:  PORT=%d make run", err, taken.Port+1)
	case errors.As(err, &inUse):
		return fmt.Errorf("%w.\nStop it with Ctrl-C, or start a second one beside it:  AUTHWAY_DATA_DIR=.authway-2 PORT=8081 make run", err)
	}
	return err
}
