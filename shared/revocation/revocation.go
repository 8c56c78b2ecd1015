package revocation

import (
	"context"
	"errors"
	"slices"

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

// Revoker ends things. Account, Session and Grant need what the login function may do
// in the database, Client and Session what administration may.
type Revoker struct {
	DB       *postgres.DB
	Hydra    *hydra.Client
	Sessions session.Store
	Board    revoked.Board
	Clock    clock.Clock
}

// By is who ends it, in the words of the audit log: tenant, actor and address. What
// and whose is filled in.
type By = audit.Event

// Account ends everything that a person is signed in to or has granted. also is what
// else changes, in the transaction that ends the sessions, with the account locked
// first. If Hydra does not answer, nothing has happened.
func (r Revoker) Account(ctx context.Context, by By, subject uuid.UUID, also func(context.Context, postgres.IDB) error) error {
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
	return r.Hydra.RevokeAll(context.WithoutCancel(ctx), subject.String())
}

// Session ends one session of a person, living or over, with what was granted from it
// to applications. It returns ErrForeign if it is another person's.
func (r Revoker) Session(ctx context.Context, by By, subject, id uuid.UUID) error {
	clients, err := audit.ClientsOf(ctx, r.DB, by.TenantID, subject, id)
	if err != nil {
		return err
	}
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

// Grant takes back what a person has granted an application.
func (r Revoker) Grant(ctx context.Context, by By, subject uuid.UUID, clientID string) error {
	if err := r.Hydra.RevokeGrant(ctx, subject.String(), clientID); err != nil {
		return err
	}
	_ = r.Board.Post(context.WithoutCancel(ctx), revoked.Grant(subject.String(), clientID))
	by.Action, by.Outcome, by.SubjectID, by.ClientID = audit.ActionConsentRevoked, audit.Success, subject.String(), clientID
	return audit.Append(ctx, r.DB, r.Clock.Now(), by)
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
	by.Detail = map[string]string{audit.DetailSession: s.ID.String()}
	return audit.Append(ctx, tx, r.Clock.Now(), by)
}
