package servers

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"time"

	"github.com/authway/authway/shared/audit"
	"github.com/authway/authway/shared/clock"
	"github.com/authway/authway/shared/postgres"
	"github.com/authway/authway/shared/resource"
	"github.com/authway/authway/shared/tenant"
)

// Word is what a command about resource servers begins with.
const Word = "resource-server"

// Usage is what may follow.
const Usage = `maintenance resource-server add NAME --audience URL [--tenant SLUG] [--title TEXT]
                                 register a service that may ask what tokens mean; prints its secret
maintenance resource-server list list them
maintenance resource-server secret NAME [--now]
                                 print a new secret; the old one is good for a day, or no more
maintenance resource-server remove NAME
                                 take it away: from then on it is told nothing
`

// overlap is how long the secret before a new one is good.
const overlap = 24 * time.Hour

// Desk is where resource servers are looked after.
type Desk struct {
	DB    *postgres.DB
	Clock clock.Clock
}

// Act is one command.
type Act func(ctx context.Context, d Desk, out io.Writer) error

// Parse reads the words behind Word and reports whether they say anything.
func Parse(words []string) (act Act, known bool) {
	switch {
	case len(words) == 1 && words[0] == "list":
		return list, true
	case len(words) < 2 || words[1] == "" || words[1][0] == '-':
		return nil, false
	}
	flags := flag.NewFlagSet(words[0], flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	id := words[1]
	switch words[0] {
	case "add":
		server := resource.Server{ID: id}
		slug := flags.String("tenant", tenant.Default, "")
		flags.StringVar(&server.Audience, "audience", "", "")
		flags.StringVar(&server.Name, "title", id, "")
		act = func(ctx context.Context, d Desk, out io.Writer) error { return d.add(ctx, server, *slug, out) }
		err := flags.Parse(words[2:])
		return act, err == nil && flags.NArg() == 0 && server.Audience != ""
	case "secret":
		now := flags.Bool("now", false, "")
		act = func(ctx context.Context, d Desk, out io.Writer) error { return d.renew(ctx, id, *now, out) }
	case "remove":
		act = func(ctx context.Context, d Desk, out io.Writer) error { return d.remove(ctx, id, out) }
	default:
		return nil, false
	}
	return act, flags.Parse(words[2:]) == nil && flags.NArg() == 0
}

func list(ctx context.Context, d Desk, out io.Writer) error {
	all, err := resource.Store{DB: d.DB}.All(ctx)
	if err != nil {
		return err
	}
	for _, s := range all {
		home, err := tenant.Store{DB: d.DB}.ByID(ctx, s.TenantID)
		if err != nil {
			return err
		}
		more := ""
		if s.DisabledAt != nil {
			more += "  disabled"
		}
		if s.FormerUntil != nil && d.Clock.Now().Before(*s.FormerUntil) {
			more += "  (the secret before is good until " + s.FormerUntil.UTC().Format(time.RFC3339) + ")"
		}
		if _, err := fmt.Fprintf(out, "%s  %s  %s  %q%s\n", s.ID, home.Slug, s.Audience, s.Name, more); err != nil {
			return err
		}
	}
	return nil
}

func (d Desk) add(ctx context.Context, server resource.Server, slug string, out io.Writer) error {
	home, err := tenant.Store{DB: d.DB}.BySlug(ctx, slug)
	if err != nil {
		return err
	}
	server.TenantID = home.ID
	var secret string
	err = postgres.InTx(ctx, d.DB, func(ctx context.Context, tx postgres.IDB) (err error) {
		if secret, err = (resource.Store{DB: tx}).Create(ctx, server, d.Clock.Now()); err != nil {
			return err
		}
		return d.record(ctx, tx, audit.ActionServerAdded, server)
	})
	return told(out, secret, err)
}

func (d Desk) renew(ctx context.Context, id string, now bool, out io.Writer) error {
	until := d.Clock.Now()
	if !now {
		until = until.Add(overlap)
	}
	var secret string
	err := d.change(ctx, id, audit.ActionServerRenewed, func(store resource.Store) (err error) {
		secret, err = store.Renew(ctx, id, until)
		return err
	})
	return told(out, secret, err)
}

func (d Desk) remove(ctx context.Context, id string, out io.Writer) error {
	err := d.change(ctx, id, audit.ActionServerRemoved, func(store resource.Store) error { return store.Remove(ctx, id) })
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "%s is removed\n", id)
	return err
}

// change does something to a server that is there, and records it.
func (d Desk) change(ctx context.Context, id, action string, do func(resource.Store) error) error {
	return postgres.InTx(ctx, d.DB, func(ctx context.Context, tx postgres.IDB) error {
		store := resource.Store{DB: tx}
		server, err := store.ByID(ctx, id)
		if err != nil {
			return err
		}
		return errors.Join(do(store), d.record(ctx, tx, action, server))
	})
}

func (d Desk) record(ctx context.Context, tx postgres.IDB, action string, s resource.Server) error {
	return audit.Append(ctx, tx, d.Clock.Now(), audit.Event{
		TenantID: s.TenantID, Action: action, Outcome: audit.Success, ActorKind: audit.ActorSystem, ActorID: "shell",
		Detail: map[string]string{"server": s.ID, "audience": s.Audience},
	})
}

func told(out io.Writer, secret string, err error) error {
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(out, secret)
	return err
}
