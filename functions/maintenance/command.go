package maintenance

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/authway/authway/functions/maintenance/backup"
	"github.com/authway/authway/functions/maintenance/breaches"
	"github.com/authway/authway/functions/maintenance/chain"
	"github.com/authway/authway/functions/maintenance/job"
	"github.com/authway/authway/functions/maintenance/keys"
	"github.com/authway/authway/functions/maintenance/publish"
	"github.com/authway/authway/functions/maintenance/restore"
	"github.com/authway/authway/functions/maintenance/servers"
	"github.com/authway/authway/functions/maintenance/state"
	"github.com/authway/authway/shared/clock"
	"github.com/authway/authway/shared/config"
	"github.com/authway/authway/shared/journal"
	"github.com/authway/authway/shared/problem"
	"github.com/authway/authway/shared/serve"
	"github.com/authway/authway/shared/telemetry"
)

// Exit statuses, after sysexits.
const (
	exitOK = 0
	// exitFailed: the job was tried and failed.
	exitFailed = 1
	// exitUsage is EX_USAGE: there is no such command or job.
	exitUsage = 64
	// exitHeld is EX_TEMPFAIL: another process is at it.
	exitHeld = 75
	// exitConfiguration is EX_CONFIG: trying again will not help.
	exitConfiguration = 78
)

const usage = `maintenance                      serve events
maintenance list                 list the jobs
maintenance run JOB [--dry-run | --now]
                                 run a job if it is due; --dry-run only says whether it is; with --now
                                 backup.full and backup.config run whether or not they are
maintenance run keys.rotate --compromised KID
                                 take a signing key out at once, Authway's or Hydra's, and let
                                 another one sign: what it has signed is refused from then on
maintenance dead-letters         show the events that were given up on, and note that somebody
                                 has looked at them: they are kept for another week
` + state.Usage + chain.Usage + breaches.Usage + publish.Usage + servers.Usage + backup.Usage + restore.Usage

// Command serves when the program was given no arguments; otherwise it does what
// they say and exits. A job stops at SIGTERM and Ctrl-C.
func Command(args []string, serve func()) {
	if len(args) == 0 {
		serve()
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	code := Run(ctx, args, config.Environment(), os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// Run does what args say with the settings of lookup and returns the exit status.
func Run(ctx context.Context, args []string, lookup config.Lookup, out, complaints io.Writer) int {
	if len(args) > 0 && args[0] == "breached" {
		return makeList(args[1:], out, complaints)
	}
	if len(args) > 0 && args[0] == publish.Word {
		return showEvents(args[1:], out, complaints)
	}
	if len(args) > 0 && args[0] == servers.Word {
		return lookAfterServers(ctx, args[1:], lookup, out, complaints)
	}
	if len(args) > 0 {
		switch args[0] {
		case state.Word:
			if len(args) == 1 {
				return serve.Ops(ctx, state.Spec, lookup, out, complaints)
			}
		case chain.Word:
			return chain.Command(ctx, args[1:], lookup, out, complaints)
		case backup.Word:
			return backup.Command(ctx, args[1:], lookup, out, complaints)
		case restore.Word:
			return restore.Command(ctx, args[1:], lookup, out, complaints)
		case restore.FetchWord:
			return restore.FetchCommand(ctx, args[1:], lookup, complaints)
		}
	}
	switch {
	case slices.Equal(args, []string{"list"}):
		return list(out)
	case slices.Equal(args, []string{"dead-letters"}):
		return deadLetters(ctx, lookup, out, complaints)
	case len(args) > 1 && len(args) < 4 && args[0] == "run":
		return runJob(ctx, args[1:], lookup, out, complaints)
	case len(args) == 4 && args[0] == "run" && args[1] == keys.RotateJob && args[2] == "--compromised":
		return compromised(ctx, args[3], lookup, out, complaints)
	case slices.Equal(args, []string{"help"}):
		_, _ = io.WriteString(out, usage)
		return exitOK
	}
	_, _ = io.WriteString(complaints, usage)
	return exitUsage
}

// makeList makes a list of breached passwords. It needs no settings and no
// database.
func makeList(words []string, out, complaints io.Writer) int {
	known, err := breaches.Command(words, out)
	return exitOf(known, err, complaints)
}

// showEvents shows what is published. It needs no settings and no database.
func showEvents(words []string, out, complaints io.Writer) int {
	known, err := publish.Command(words, out)
	return exitOf(known, err, complaints)
}

func exitOf(known bool, err error, complaints io.Writer) int {
	switch {
	case !known:
		_, _ = io.WriteString(complaints, usage)
		return exitUsage
	case err != nil:
		_, _ = fmt.Fprintln(complaints, err)
		return exitFailed
	}
	return exitOK
}

// lookAfterServers adds resource servers and takes them away.
func lookAfterServers(ctx context.Context, words []string, lookup config.Lookup, out, complaints io.Writer) int {
	act, known := servers.Parse(words)
	if !known {
		_, _ = io.WriteString(complaints, usage)
		return exitUsage
	}
	f, code := opened(ctx, servers.Word, lookup, complaints)
	if f == nil {
		return code
	}
	defer func() { _ = f.Stop(ctx) }()
	if err := act(ctx, servers.Desk{DB: f.db, Clock: clock.System()}, out); err != nil {
		_, _ = fmt.Fprintf(complaints, "%s: failed: %s\n", servers.Word, problem.Redact(err.Error()))
		return exitFailed
	}
	return exitOK
}

func list(out io.Writer) int {
	// The names are the same whatever the settings.
	for _, j := range jobs(settings{}, clock.System(), slog.New(slog.DiscardHandler), telemetry.NewMetrics(name).Registry) {
		_, _ = fmt.Fprintf(out, "%s  (at most %s)\n", j.Name, j.Deadline)
	}
	return exitOK
}

// runJob runs the job that is named, in the way that the other word says.
func runJob(ctx context.Context, words []string, lookup config.Lookup, out, complaints io.Writer) int {
	name, how := words[0], (*Function).run
	for i, word := range words {
		switch {
		case word == "--dry-run":
			how = (*Function).rehearse
		case word == "--now":
			how = (*Function).runNow
		case i > 0 && strings.HasPrefix(words[0], "--"):
			name = word
		case i > 0:
			_, _ = io.WriteString(complaints, usage)
			return exitUsage
		}
	}
	if _, ok := find(jobs(settings{}, clock.System(), slog.New(slog.DiscardHandler), telemetry.NewMetrics(name).Registry), name); !ok {
		_, _ = fmt.Fprintf(complaints, "There is no job %q. The jobs are:\n", name)
		list(complaints)
		return exitUsage
	}
	f, code := opened(ctx, name, lookup, complaints)
	if f == nil {
		return code
	}
	defer func() { _ = f.Stop(ctx) }()
	j, _ := find(f.jobs, name)
	return how(f, ctx, j, out, complaints)
}

// shownLetters is how many dead letters are shown at a time.
const shownLetters = 100

// deadLetters shows those that nobody has looked at, the oldest first.
func deadLetters(ctx context.Context, lookup config.Lookup, out, complaints io.Writer) int {
	f, code := opened(ctx, "dead-letters", lookup, complaints)
	if f == nil {
		return code
	}
	defer func() { _ = f.Stop(ctx) }()
	letters, err := f.letters.Unseen(ctx, shownLetters)
	if err != nil {
		_, _ = fmt.Fprintf(complaints, "dead-letters: failed: %s\n", problem.Redact(err.Error()))
		return exitFailed
	}
	for _, l := range letters {
		// Quoted: what a sender wrote is not to move a terminal's cursor.
		_, _ = fmt.Fprintf(out, "%s  job %q of type %q from %q, id %q: %q answered %q %q\n", l.ReceivedAt.UTC().Format(time.RFC3339),
			l.Job, l.EventType, l.EventSource, l.EventID, l.Destination, l.Code, l.Reason)
	}
	_, _ = fmt.Fprintf(out, "%d dead letters that nobody had looked at\n", len(letters))
	return exitOK
}

// compromised takes a key out, whatever is due.
func compromised(ctx context.Context, kid string, lookup config.Lookup, out, complaints io.Writer) int {
	f, code := opened(ctx, keys.RotateJob, lookup, complaints)
	if f == nil {
		return code
	}
	defer func() { _ = f.Stop(ctx) }()
	return f.run(ctx, newRotator(f.settings, clock.System()).Compromised(kid), out, complaints)
}

// opened is the function, or the exit status without one.
func opened(ctx context.Context, name string, lookup config.Lookup, complaints io.Writer) (*Function, int) {
	f, err := open(ctx, serve.Setup{
		Lookup: lookup, Log: telemetry.NewLogger(complaints, Spec.Name, slog.LevelWarn),
		Metrics: telemetry.NewMetrics(Spec.Name), Clock: clock.System(),
	})
	if err != nil {
		_, _ = fmt.Fprintf(complaints, "%s: settings:\n  %s\n", name, strings.ReplaceAll(err.Error(), "\n", "\n  "))
		return nil, exitConfiguration
	}
	return f, exitOK
}

func (f *Function) run(ctx context.Context, j job.Job, out, complaints io.Writer) int {
	if b := newBar(complaints); b != nil {
		f.runner.Watch = b.show
		defer b.clear()
	}
	result, err := f.runner.Run(ctx, j, journal.Cause{})
	if err != nil {
		_, _ = fmt.Fprintf(complaints, "%s: failed: %s\n", j.Name, problem.Redact(err.Error()))
		return exitFailed
	}
	_, _ = fmt.Fprintf(out, "%s: %s\n", j.Name, told(result))
	if err := f.answerRequests(ctx, j.Name); err != nil {
		_, _ = fmt.Fprintf(complaints, "%s: requests: failed: %s\n", j.Name, problem.Redact(err.Error()))
		return exitFailed
	}
	if result.Outcome == job.Held {
		return exitHeld
	}
	return exitOK
}

// runNow runs a job once that need not be due.
func (f *Function) runNow(ctx context.Context, j job.Job, out, complaints io.Writer) int {
	if j.Now == nil {
		_, _ = fmt.Fprintf(complaints, "%s: it runs when it is due, and not before\n", j.Name)
		return exitUsage
	}
	if err := j.Now(); err != nil {
		_, _ = fmt.Fprintf(complaints, "%s: %s\n", j.Name, err)
		return exitConfiguration
	}
	var done atomic.Bool
	due, do := j.Due, j.Do
	j.Due = func(ctx context.Context, now time.Time) (bool, error) {
		if done.Load() {
			return due(ctx, now)
		}
		return true, nil
	}
	j.Do = func(ctx context.Context) (string, error) {
		done.Store(true)
		return do(ctx)
	}
	return f.run(ctx, j, out, complaints)
}

func (f *Function) rehearse(ctx context.Context, j job.Job, out, complaints io.Writer) int {
	due, err := j.Due(ctx, clock.System().Now())
	if err != nil {
		_, _ = fmt.Fprintf(complaints, "%s: failed: %s\n", j.Name, problem.Redact(err.Error()))
		return exitFailed
	}
	said := "nothing is due"
	if due {
		said = "is due"
	}
	_, _ = fmt.Fprintf(out, "%s: %s\n", j.Name, said)
	return exitOK
}

func told(r job.Result) string {
	switch r.Outcome {
	case job.NotDue:
		return "nothing is due"
	case job.Held:
		return "another process is at it"
	}
	return r.Summary
}
