package migrations

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"

	"github.com/authway/authway/shared/clock"
	"github.com/authway/authway/shared/invitation"
	"github.com/authway/authway/shared/postgres"
	"github.com/authway/authway/shared/tenant"
)

// SetupLink makes the link with which somebody becomes the first owner of the
// installation, in the place of the former, and returns its path. It returns
// invitation.ErrOwned when there is an owner who can sign in; the former link is then
// worth nothing either.
func SetupLink(ctx context.Context, databaseURL string, c clock.Clock) (string, error) {
	db, err := postgres.Open(postgres.Config{URL: databaseURL, MaxConns: 1})
	if err != nil {
		return "", err
	}
	defer db.Close()
	var token string
	var refused error
	err = postgres.InTx(ctx, db, func(ctx context.Context, tx postgres.IDB) (err error) {
		token, err = invitation.Store{DB: tx}.IssueSetup(ctx, tenant.Default, c.Now())
		if errors.Is(err, invitation.ErrOwned) {
			refused, err = err, nil
		}
		return err
	})
	if err = errors.Join(err, refused); err != nil {
		return "", fmt.Errorf("migrations: the set-up link: %w", err)
	}
	return invitation.Link(token), nil
}

// tellSetup prints the link. public is the address that people see, or nil.
func tellSetup(ctx context.Context, databaseURL string, public *url.URL, out io.Writer) error {
	path, err := SetupLink(ctx, databaseURL, clock.System())
	if err != nil {
		return err
	}
	link := path
	if public != nil {
		at, err := public.Parse(path)
		if err != nil {
			return fmt.Errorf("migrations: the set-up link: %w", err)
		}
		link = at.String()
	}
	fmt.Fprintln(out, "nobody administers this installation; whoever opens this link first does (once, within 24 hours):")
	fmt.Fprintln(out, link)
	return nil
}
