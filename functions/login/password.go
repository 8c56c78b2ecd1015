package login

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/authway/authway/shared/account"
	"github.com/authway/authway/shared/breached"
	"github.com/authway/authway/shared/credential"
	"github.com/authway/authway/shared/problem"
	"github.com/authway/authway/shared/tenant"
)

// held is what somebody has shown to hold.
type held struct {
	// right says that the password is the account's, revoked that it opens nothing
	// any more.
	right, revoked bool
}

// hasPassword reports whether password is the account's. Without an account
// (uuid.Nil) it does the same work and says no.
func (f *Function) hasPassword(ctx context.Context, id uuid.UUID, password string) (held, error) {
	kept, err := f.credentials.Password(ctx, id)
	if err != nil {
		return held{}, err
	}
	right, err := f.hasher.Verify(ctx, kept.Hash, credential.Normalize(password))
	if err == nil && right && !credential.Current(kept.Hash) {
		err = f.renewHash(ctx, id, kept.Hash, password)
	}
	return held{right: right, revoked: kept.Revoked}, err
}

// renewHash replaces a hash that another system, or an earlier release, made.
// When hashing is busy it is left for the next time.
func (f *Function) renewHash(ctx context.Context, id uuid.UUID, old, password string) error {
	fresh, err := f.hasher.Hash(ctx, credential.Normalize(password))
	if errors.Is(err, credential.ErrBusy) {
		return nil
	}
	if err != nil {
		return err
	}
	return f.credentials.ReplaceHash(ctx, id, old, fresh, f.clock.Now())
}

// mayBe says whether password may become that of an account whose own data is
// personal: its form (credential.Check), as long as the tenant wants it, and that it is in no list of passwords
// seen in breaches (NIST SP 800-63B section 5.1.1.2).
//
// Without a list nothing is refused: a new installation has none for a moment.
// A list that cannot be asked is an error, because then the password could not
// be kept either.
func (f *Function) mayBe(ctx context.Context, t tenant.Tenant, password string, personal ...string) error {
	if err := credential.Check(password, personal...); err != nil {
		return err
	}
	if err := credential.CheckLength(password, t.MinPassword); err != nil {
		return err
	}
	listed, err := f.breached.Contains(ctx, credential.Normalize(password))
	switch {
	case errors.Is(err, breached.ErrNone):
		f.uncheckedPassword(ctx, err)
		return nil
	case err != nil:
		return err
	case listed:
		return errPasswordBreached
	}
	return nil
}

// breachedWithin is how long a sign-in waits for the list.
const breachedWithin = 500 * time.Millisecond

// mayStill refuses a right password that somebody else may know. It comes after
// the password was found to be right, and so tells a guesser nothing about who
// has an account; whoever holds a list of other people's passwords does learn
// that this one is right, and can do nothing with it here.
//
// A list that does not answer in time lets people in: it is not worth a day on
// which nobody can sign in, and the next sign-in asks it again.
func (f *Function) mayStill(r *http.Request, v visit, u account.User, shown held, password string) error {
	if shown.revoked {
		return f.refuse(r, v, u, errPasswordRevoked)
	}
	ctx, cancel := context.WithTimeout(r.Context(), breachedWithin)
	defer cancel()
	listed, err := f.breached.Contains(ctx, credential.Normalize(password))
	if err != nil {
		f.uncheckedPassword(r.Context(), err)
		return nil
	}
	if listed {
		return f.refuse(r, v, u, errSignInBreached)
	}
	return nil
}

func (f *Function) uncheckedPassword(ctx context.Context, cause error) {
	f.pages.Problems().Log.WarnContext(ctx, "a password was not looked up among the breached ones",
		"error", problem.Redact(cause.Error()), "request_id", problem.Reference(ctx))
}
