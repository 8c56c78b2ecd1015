package restore

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/authway/authway/functions/maintenance/backup"
	"github.com/authway/authway/functions/maintenance/backup/bundle"
	"github.com/authway/authway/functions/maintenance/backup/catalog"
	"github.com/authway/authway/functions/maintenance/backup/wal"
	"github.com/authway/authway/shared/config"
	"github.com/authway/authway/shared/problem"
)

// Words that the commands begin with.
const (
	Word      = "restore"
	FetchWord = "wal-fetch"
)

// Usage is what may follow.
const Usage = `maintenance restore --list        show the moments that can be restored, base backups and bundles
maintenance restore --to DIR [--at TIME] [--timeline N] [--tablespace OID=DIR]… [--user NAME]
                                 make the PostgreSQL cluster again in an empty folder, as it was at
                                 TIME (2026-11-24T15:04:05Z) or as far as the backups go. As root, the
                                 files are NAME's, otherwise of the owner of DIR or of postgres
maintenance restore --config DIR  write the latest bundle of the configuration, secrets among it
maintenance wal-fetch FILE PATH   write a file of WAL to PATH, as restore_command = '… wal-fetch %f %p'
`

// Exit statuses, after sysexits.
const (
	exitOK            = 0
	exitFailed        = 1
	exitUsage         = 64
	exitConfiguration = 78
)

// What PostgreSQL takes from a restore_command (PostgreSQL 20.5.5): up to 125 says
// that there is no such file, which ends a recovery as if it were complete; what is
// above stops the server.
const (
	exitNotThere = 1
	exitBroken   = 200
)

// asked is what a command line says.
type asked struct {
	Options
	list   bool
	config string
}

// Command does what the words after Word say.
func Command(ctx context.Context, words []string, lookup config.Lookup, out, complaints io.Writer) int {
	a, err := parse(words)
	if err != nil {
		_, _ = fmt.Fprintf(complaints, "%s: %s\n%s", Word, err, Usage)
		return exitUsage
	}
	settings := config.Read(lookup)
	a.Store, a.Identities = backup.ReadStore(settings)
	// Where PostgreSQL's programs are, if not where packages put them.
	a.Programs = settings.String("POSTGRES_BIN", "")
	if err := settings.Err(); err == nil && a.Store == nil {
		settings.Complain("BACKUP_URL", "is not set: it says where the backups are")
	} else if err == nil && a.Identities == nil && !a.list {
		settings.Complain("BACKUP_IDENTITY", "is not set: without the secret key backups cannot be read")
	}
	if a.Store != nil {
		defer func() { _ = a.Store.Close() }()
	}
	if err := settings.Err(); err != nil {
		_, _ = fmt.Fprintf(complaints, "%s: settings:\n  %s\n", Word, strings.ReplaceAll(err.Error(), "\n", "\n  "))
		return exitConfiguration
	}
	if err := a.act(ctx, out, complaints); err != nil {
		_, _ = fmt.Fprintf(complaints, "%s: failed: %s\n", Word, problem.Redact(strings.TrimPrefix(err.Error(), "restore: ")))
		return exitFailed
	}
	return exitOK
}

func (a asked) act(ctx context.Context, out, complaints io.Writer) error {
	if a.list {
		c, err := catalog.Read(ctx, a.Store)
		if err != nil {
			return err
		}
		return list(c, out)
	}
	if a.config != "" {
		if err := a.writeConfig(ctx, out); err != nil {
			return err
		}
	}
	if a.To == "" {
		return nil
	}
	a.Progress = (&teller{to: complaints}).tell
	result, err := Run(ctx, a.Options)
	if err != nil {
		return err
	}
	return report(result, a.To, out)
}

var oid = regexp.MustCompile(`^[1-9][0-9]*$`)

func parse(words []string) (asked, error) {
	a := asked{Options: Options{Tablespaces: map[string]string{}}}
	flags := flag.NewFlagSet(Word, flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.BoolVar(&a.list, "list", false, "")
	flags.StringVar(&a.config, "config", "", "")
	flags.StringVar(&a.To, "to", "", "")
	flags.StringVar(&a.User, "user", "", "")
	timeline := flags.Uint("timeline", 0, "")
	flags.Func("at", "", func(text string) (err error) {
		if text == "latest" {
			return nil
		}
		if a.At, err = time.Parse(time.RFC3339, text); err != nil {
			return errors.New("it is a moment such as 2026-11-24T15:04:05Z, or latest")
		}
		return nil
	})
	flags.Func("tablespace", "", func(text string) error {
		number, dir, ok := strings.Cut(text, "=")
		if !ok || !oid.MatchString(number) || dir == "" || a.Tablespaces[number] != "" {
			return errors.New("it is OID=DIR, once for each tablespace")
		}
		a.Tablespaces[number] = dir
		return nil
	})
	err := flags.Parse(words)
	a.Timeline = wal.Timeline(*timeline)
	switch {
	case err != nil:
		return a, err
	case uint64(*timeline) != uint64(a.Timeline):
		return a, errors.New("there is no timeline of that number")
	case flags.NArg() > 0:
		return a, fmt.Errorf("%q is not understood", flags.Arg(0))
	case a.list && flags.NFlag() > 1:
		return a, errors.New("--list stands alone")
	case !a.list && a.To == "" && (a.config == "" || flags.NFlag() > 1):
		return a, errors.New("say where to (--to DIR)")
	}
	return a, nil
}

// writeConfig writes the latest bundle's files into an empty folder, for their
// owner only.
func (a asked) writeConfig(ctx context.Context, out io.Writer) error {
	c, err := catalog.Read(ctx, a.Store)
	if err != nil {
		return err
	}
	if len(c.Bundles) == 0 {
		return errors.New("there is no bundle of the configuration in the store")
	}
	if err := empty(a.config); err != nil {
		return err
	}
	latest := c.Bundles[len(c.Bundles)-1]
	contents, err := bundle.Open(ctx, a.Store, latest, a.Identities)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(a.config, 0o700); err != nil {
		return err
	}
	root, err := os.OpenRoot(a.config)
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }()
	for name, content := range contents.Files {
		if err := root.MkdirAll(filepath.Dir(filepath.FromSlash(name)), 0o700); err != nil {
			return err
		}
		if err := root.WriteFile(filepath.FromSlash(name), content, 0o600); err != nil {
			return err
		}
	}
	_, err = fmt.Fprintf(out, "the configuration of %s is in %s: %d files, with secrets in the clear\n",
		latest.Taken.Format(time.RFC3339), a.config, len(contents.Files))
	return err
}

// FetchCommand does what the words after FetchWord say. Its exit status is for
// PostgreSQL: whatever is not known for certain is not to be taken for the end of
// the WAL.
func FetchCommand(ctx context.Context, words []string, lookup config.Lookup, complaints io.Writer) int {
	complain := func(err error) int {
		_, _ = fmt.Fprintf(complaints, "%s: %s\n", FetchWord, problem.Redact(err.Error()))
		return exitBroken
	}
	if len(words) != 2 {
		return complain(errors.New("it takes the name of a file of WAL and the path to write it to"))
	}
	settings := config.Read(lookup)
	opened, identities := backup.ReadStore(settings)
	if opened != nil {
		defer func() { _ = opened.Close() }()
	}
	switch err := settings.Err(); {
	case err != nil:
		return complain(err)
	case opened == nil || identities == nil:
		return complain(errors.New("BACKUP_URL and BACKUP_IDENTITY have to be set"))
	}
	err := Fetch(ctx, opened, identities, words[0], words[1])
	switch {
	case errors.Is(err, ErrNotThere):
		return exitNotThere
	case err != nil:
		return complain(err)
	}
	return exitOK
}
