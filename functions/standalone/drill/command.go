package drill

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/authway/authway/functions/maintenance/restore"
	"github.com/authway/authway/shared/clock"
	"github.com/authway/authway/shared/config"
	"github.com/authway/authway/shared/problem"
)

// Exit statuses, after sysexits.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 64
)

const usage = `drill                             restore for practice, sign somebody in on it, and leave signed evidence
                                  in the store; all that was restored is removed again
` + restore.Usage

// Main does what args say and returns the exit status. The program brings what a
// restore needs besides the backups, so that its image serves for both.
func Main(args []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	return Command(ctx, args, config.Environment(), os.Stdout, os.Stderr)
}

// Command does what words say.
func Command(ctx context.Context, words []string, lookup config.Lookup, out, complaints io.Writer) int {
	switch {
	case len(words) > 0 && words[0] == restore.Word:
		return restore.Command(ctx, words[1:], lookup, out, complaints)
	case len(words) > 0:
		_, _ = io.WriteString(complaints, usage)
		return exitUsage
	}
	e, err := Run(ctx, Options{Lookup: lookup, Clock: clock.System(), Output: out})
	if err != nil {
		_, _ = fmt.Fprintf(complaints, "drill: failed: %s\n", problem.Redact(err.Error()))
		return exitFailed
	}
	_, _ = fmt.Fprintf(out, "the drill succeeded: RPO %.0f s (what would have been lost), RTO %.1f s (until somebody was signed in)\n",
		e.RPO.Seconds(), e.RTO.Seconds())
	return exitOK
}
