// Command migrate brings the database that DATABASE_URL names to the schema of
// this release ("up"), undoes the last run ("down"), or says what it would do
// ("pending").
package main

import (
	"context"
	"fmt"
	"os"

	"knative.dev/pkg/signals"

	"github.com/authway/authway/migrations"
	"github.com/authway/authway/shared/config"
)

func main() {
	if err := run(signals.NewContext(), os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	commands := map[string]struct {
		do   func(context.Context, string) ([]string, error)
		verb string
	}{
		"up":      {migrations.Up, "applied"},
		"down":    {migrations.Down, "undone"},
		"pending": {migrations.Pending, "pending"},
	}
	if len(args) != 1 {
		return fmt.Errorf("usage: migrate up|down|pending")
	}
	command, ok := commands[args[0]]
	if !ok {
		return fmt.Errorf("migrate: there is no command %q: use up, down or pending", args[0])
	}
	settings := config.Read(config.Environment())
	url := settings.RequiredSecret("DATABASE_URL")
	if err := settings.Err(); err != nil {
		return err
	}
	names, err := command.do(ctx, url.Reveal())
	for _, name := range names {
		fmt.Println(command.verb, name)
	}
	if err == nil && len(names) == 0 {
		fmt.Println("nothing to do")
	}
	return err
}
