package migrations

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/authway/authway/shared/config"
	"github.com/authway/authway/shared/invitation"
)

// Main runs Command and returns the exit code.
func Main(ctx context.Context, lookup config.Lookup, args []string, out, complaints io.Writer) int {
	if err := Command(ctx, lookup, args, out); err != nil {
		fmt.Fprintln(complaints, err)
		return 1
	}
	return 0
}

// Command is the migrate command: args name what to do ("up", "down",
// "pending" or "setup-link") to the database of DATABASE_URL, and what was done is written to
// out, a line each. After "up" the role of each function whose password is set
// (LOGIN_DATABASE_PASSWORD, …) may log in with it, and with no other. With
// BACKUP_DATABASE_PASSWORD the role that makes backups is made as well, and with
// MONITOR_DATABASE_PASSWORD the one that reads the server's statistics, which a superuser
// may do.
//
// As long as nobody administers the installation, "up" ends with a link with which
// somebody does, at AUTHWAY_URL; "setup-link" prints another. Only the last one opens
// anything, and whoever reads the output can use it.
func Command(ctx context.Context, lookup config.Lookup, args []string, out io.Writer) error {
	commands := map[string]struct {
		do   func(context.Context, string) ([]string, error)
		verb string
	}{
		"up":      {Up, "applied"},
		"down":    {Down, "undone"},
		"pending": {Pending, "pending"},
	}
	if len(args) != 1 {
		return fmt.Errorf("usage: migrate up|down|pending|setup-link")
	}
	command, ok := commands[args[0]]
	if !ok && args[0] != setupLink {
		return fmt.Errorf("migrate: there is no command %q: use up, down, pending or %s", args[0], setupLink)
	}
	settings := config.Read(lookup)
	url, public := settings.RequiredSecret("DATABASE_URL"), settings.URL("AUTHWAY_URL", "")
	passwords, backup := rolePasswords(settings), settings.Secret("BACKUP_DATABASE_PASSWORD")
	monitor := settings.Secret("MONITOR_DATABASE_PASSWORD")
	if err := settings.Err(); err != nil {
		return err
	}
	if args[0] == setupLink {
		return tellSetup(ctx, url.Reveal(), public, out)
	}
	names, err := command.do(ctx, url.Reveal())
	for _, name := range names {
		fmt.Fprintln(out, command.verb, name)
	}
	if err == nil && len(names) == 0 {
		fmt.Fprintln(out, "nothing to do")
	}
	if err != nil || args[0] != "up" {
		return err
	}
	if len(passwords) > 0 {
		if err := SetPasswords(ctx, url.Reveal(), passwords); err != nil {
			return err
		}
	}
	if backup.IsSet() {
		if err := LetBackupIn(ctx, url.Reveal(), backup.Reveal()); err != nil {
			return err
		}
	}
	if monitor.IsSet() {
		if err := LetMonitorIn(ctx, url.Reveal(), monitor.Reveal()); err != nil {
			return err
		}
	}
	if err := LetMonitorConnect(ctx, url.Reveal()); err != nil {
		return err
	}
	if err := tellSetup(ctx, url.Reveal(), public, out); !errors.Is(err, invitation.ErrOwned) {
		return err
	}
	return nil
}

const setupLink = "setup-link"

func rolePasswords(settings *config.Reader) map[string]string {
	passwords := map[string]string{}
	for _, function := range Roles {
		if password := settings.Secret(strings.ToUpper(function) + "_DATABASE_PASSWORD"); password.IsSet() {
			passwords[function] = password.Reveal()
		}
	}
	return passwords
}
