package revocation

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/authway/authway/shared/account"
	"github.com/authway/authway/shared/audit"
	"github.com/authway/authway/shared/clock"
	"github.com/authway/authway/shared/hydra"
	"github.com/authway/authway/shared/postgres"
	"github.com/authway/authway/shared/revoked"
	"github.com/authway/authway/shared/session"
)

// ErrForeign says that the session is another person's.
var ErrForeign = errors.New("revocation: the session is not the person's")

// ErrUnfinished says that all that was asked for has happened, but that what was
// granted meanwhile may live on at Hydra. The same call once more ends it.
var ErrUnfinished = errors.New("revocation: what was granted meanwhile may live on")

// Revoker ends things. Account, Session and Grant need what the login function may do
// in the database; administration may do all of it.
type Revoker struct {
	DB       *postgres.DB
	Hydra    *hydra.Client
	Sessions session.Store
	Board    revoked.Board
	Clock    clock.Clock
}

// By is who ends it, in the words of the audit log: tenant, actor and address, and
// details that every event of it has. What and whose is filled in.
type By = audit.Event

// lastTries are the pauses between the attempts to end at Hydra what was granted while
// an account was ended, and lastTime is for all of them.
var lastTries = []time.Duration{100 * time.Millisecond, 500 * time.Millisecond}

const lastTime = 10 * time.Second

// Account ends everything that a person is signed in to or has granted. also is what
// else changes, in the transaction that ends the sessions that are left, with the
// account locked first.
//
// Hydra comes before that, and says of each sign-in that it ends that Authway's
// session of it is to end, each by itself. So if it does not answer, or also fails,
// some sessions and grants may have ended, and nothing of also has happened.
//
// ErrUnfinished says that everything has happened, and that Hydra did not answer any
// more afterwards.
func (r Revoker) Account(ctx context.Context, by By, subject uuid.UUID, also func(context.Context, postgres.IDB) error) error {
	return r.AccountAfter(ctx, by, subject, func(context.Context, postgres.IDB) error { return nil }, also)
}

// AccountAfter is Account with what comes first in the transaction, before the account
// is locked: other locks that are taken before those of accounts.
func (r Revoker) AccountAfter(ctx context.Context, by By, subject uuid.UUID, first, also func(context.Context, postgres.IDB) error) error {
	consents, err := r.Hydra.Consents(ctx, subject.String())
	if err != nil {
		return err
	}
	// Before their consents go: Hydra finds in those which applications to tell.
	if err := r.endLogins(ctx, consents); err != nil {
		return err
	}
	if err := r.Hydra.RevokeAll(ctx, subject.String()); err != nil {
		return err
	}
	var ended []session.Session
	err = postgres.InTx(ctx, r.DB, func(ctx context.Context, tx postgres.IDB) (err error) {
		if err := first(ctx, tx); err != nil {
			return err
		}
		if _, err := (account.Store{DB: tx}).Lock(ctx, subject); err != nil {
			return err
		}
		if ended, err = r.Sessions.EndAll(ctx, tx, subject, uuid.Nil); err != nil {
			return err
		}
		for _, s := range ended {
			if err := r.recordEnd(ctx, tx, by, s); err != nil {
				return err
			}
		}
		return also(ctx, tx)
	})
	if err != nil {
		return err
	}
	r.Sessions.Forget(ctx, ended)
	// Lost, what others keep ends by itself.
	_ = r.Board.Post(context.WithoutCancel(ctx), revoked.Subject(subject.String()))
	return r.finish(ctx, subject)
}

// finish ends what was granted between Hydra's first answer and the commit. Nothing
// else would: such a grant may be used offline, and outlives its session. So what
// fails here is tried again, and no success if it fails to the end.
func (r Revoker) finish(ctx context.Context, subject uuid.UUID) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastTime)
	defer cancel()
	err := r.Hydra.RevokeAll(ctx, subject.String())
	for _, pause := range lastTries {
		if err == nil {
			return nil
		}
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
		case <-timer.C:
		}
		timer.Stop()
		err = r.Hydra.RevokeAll(ctx, subject.String())
	}
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnfinished, err)
	}
	return nil
}

// Session ends one session of a person, living or over, with what was granted from it
// to applications. It returns ErrForeign if it is another person's.
func (r Revoker) Session(ctx context.Context, by By, subject, id uuid.UUID) error {
	consents, err := r.Hydra.Consents(ctx, subject.String())
	if err != nil {
		return err
	}
	consents = slices.DeleteFunc(consents, func(c hydra.Consent) bool { return c.SessionID != id.String() })
	if err := r.Sessions.End(ctx, id, func(ctx context.Context, tx postgres.IDB, s session.Session) error {
		if s.UserID != subject {
			return ErrForeign
		}
		return r.recordEnd(ctx, tx, by, s)
	}); err != nil {
		return err
	}
	// The codes of an ended session are refused: what was granted from it and can have
	// tokens has been recorded by now.
	clients, err := audit.ClientsOf(ctx, r.DB, by.TenantID, subject, id)
	if err != nil {
		return err
	}
	// Hydra's callback finds the session ended.
	if err := r.endLogins(ctx, consents); err != nil {
		return err
	}
	names := []revoked.Name{revoked.Session(id.String())}
	for _, client := range clients {
		if err := r.Hydra.RevokeGrant(ctx, subject.String(), client); err != nil {
			return err
		}
		names = append(names, revoked.Grant(subject.String(), client))
	}
	_ = r.Board.Post(context.WithoutCancel(ctx), names...)
	return nil
}

// Grant takes back what a person has granted an application. What cannot be recorded
// does not happen.
func (r Revoker) Grant(ctx context.Context, by By, subject uuid.UUID, clientID string) error {
	by.Action, by.Outcome, by.SubjectID, by.ClientID = audit.ActionConsentRevoked, audit.Success, subject.String(), clientID
	err := postgres.InTx(ctx, r.DB, func(ctx context.Context, tx postgres.IDB) error {
		if err := audit.Append(ctx, tx, r.Clock.Now(), by); err != nil {
			return err
		}
		return r.Hydra.RevokeGrant(ctx, subject.String(), clientID)
	})
	if err != nil {
		return err
	}
	_ = r.Board.Post(context.WithoutCancel(ctx), revoked.Grant(subject.String(), clientID))
	return nil
}

// Client ends all tokens of an application, everybody's and its own. It stays
// registered, and can be granted new ones at once.
func (r Revoker) Client(ctx context.Context, by By, clientID string) error {
	err := postgres.InTx(ctx, r.DB, func(ctx context.Context, tx postgres.IDB) error {
		now := r.Clock.Now()
		if err := (revoked.Clients{DB: tx}).Revoke(ctx, by.TenantID, clientID, now); err != nil {
			return err
		}
		by.Action, by.Outcome, by.ClientID = audit.ActionClientRevoked, audit.Success, clientID
		return audit.Append(ctx, tx, now, by)
	})
	if err != nil {
		return err
	}
	// After the commit: a refresh in between would have made new ones.
	if err := r.Hydra.RevokeTokens(ctx, clientID); err != nil {
		return err
	}
	_ = r.Board.Post(context.WithoutCancel(ctx), revoked.Client(clientID))
	return nil
}

// endLogins ends sign-ins at Hydra, which tells the applications that asked to be told
// (OpenID Connect Back-Channel Logout 1.0).
func (r Revoker) endLogins(ctx context.Context, consents []hydra.Consent) error {
	var logins []string
	for _, c := range consents {
		if c.LoginID != "" && !slices.Contains(logins, c.LoginID) {
			logins = append(logins, c.LoginID)
		}
	}
	for _, login := range logins {
		if err := r.Hydra.EndLogin(ctx, login); err != nil {
			return err
		}
	}
	return nil
}

func (r Revoker) recordEnd(ctx context.Context, tx postgres.IDB, by By, s session.Session) error {
	by.Action, by.Outcome, by.SubjectID = audit.ActionSignedOut, audit.Success, s.UserID.String()
	detail := map[string]string{}
	maps.Copy(detail, by.Detail)
	detail[audit.DetailSession] = s.ID.String()
	by.Detail = detail
	return audit.Append(ctx, tx, r.Clock.Now(), by)
}
