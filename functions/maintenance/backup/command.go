package backup

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"

	"github.com/authway/authway/functions/maintenance/backup/envelope"
	"github.com/authway/authway/shared/clock"
	"github.com/authway/authway/shared/config"
	"github.com/authway/authway/shared/problem"
)

// Word is what the commands begin with.
const Word = "backup"

// Usage is what may follow.
const Usage = `maintenance backup verify [--all]
                                 read the backups back: the latest, its WAL and one older one, or all.
                                 Hashes alone, or with BACKUP_IDENTITY everything that is inside
maintenance backup keygen        make a pair of keys: the identity opens backups and is kept apart
                                 from them, the public key is BACKUP_RECIPIENT
`

// Exit statuses, after sysexits.
const (
	exitOK            = 0
	exitFailed        = 1
	exitUsage         = 64
	exitConfiguration = 78
)

// Command does what the words after Word say. It needs the store, and neither a
// database nor the other settings.
func Command(ctx context.Context, words []string, lookup config.Lookup, out, complaints io.Writer) int {
	switch {
	case slices.Equal(words, []string{"keygen"}):
		return keygen(out, complaints)
	case slices.Equal(words, []string{"verify"}), slices.Equal(words, []string{"verify", "--all"}):
		return verify(ctx, len(words) > 1, lookup, out, complaints)
	}
	_, _ = io.WriteString(complaints, Usage)
	return exitUsage
}

// keygen writes what age-keygen does, so that either's files do.
func keygen(out, complaints io.Writer) int {
	identity, recipient, err := envelope.Pair()
	if err == nil {
		_, err = fmt.Fprintf(out, "# public key: %s\n%s\n", recipient, identity)
	}
	if err != nil {
		_, _ = fmt.Fprintf(complaints, "%s: failed: %s\n", Word, err)
		return exitFailed
	}
	return exitOK
}

func verify(ctx context.Context, all bool, lookup config.Lookup, out, complaints io.Writer) int {
	settings := config.Read(lookup)
	v := Verifier{Clock: clock.System(), Log: slog.New(slog.DiscardHandler)}
	v.Store, v.Identities = ReadStore(settings)
	if v.Store != nil {
		defer func() { _ = v.Store.Close() }()
	} else if settings.Err() == nil {
		settings.Complain("BACKUP_URL", "is not set: it says where the backups are")
	}
	if err := settings.Err(); err != nil {
		_, _ = fmt.Fprintf(complaints, "%s: settings:\n  %s\n", Word, strings.ReplaceAll(err.Error(), "\n", "\n  "))
		return exitConfiguration
	}
	report, err := v.Check(ctx, all)
	if err != nil {
		_, _ = fmt.Fprintf(complaints, "%s: failed: %s\n", Word, problem.Redact(err.Error()))
		return exitFailed
	}
	for _, f := range report.Findings {
		_, _ = fmt.Fprintln(complaints, f)
	}
	if err := report.Err(); err != nil {
		_, _ = fmt.Fprintf(complaints, "%s: %d findings\n", Word, len(report.Findings))
		return exitFailed
	}
	_, _ = fmt.Fprintln(out, report)
	return exitOK
}
