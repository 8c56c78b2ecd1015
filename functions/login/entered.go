package login

import (
	"context"
	"errors"
	"net/http"

	"github.com/google/uuid"

	"github.com/authway/authway/shared/account"
	"github.com/authway/authway/shared/audit"
	"github.com/authway/authway/shared/browser"
	"github.com/authway/authway/shared/credential"
	"github.com/authway/authway/shared/invitation"
	"github.com/authway/authway/shared/outbox"
	"github.com/authway/authway/shared/postgres"
	"github.com/authway/authway/shared/proof"
	"github.com/authway/authway/shared/revocation"
)

// enter gives the account its password and uses the link up. It returns
// invitation.ErrUsed if somebody else has done so meanwhile.
func (f *Function) enter(r *http.Request, a arrival, g applicant) error {
	hash, err := f.hasher.Hash(r.Context(), credential.Normalize(g.password))
	if err != nil {
		return err
	}
	switch a.invitation.Kind {
	case invitation.Setup:
		return f.setUp(r, a, g, hash)
	case invitation.Recover:
		return f.recoverFor(r, a, hash)
	}
	return postgres.InTx(r.Context(), f.db, func(ctx context.Context, tx postgres.IDB) error {
		now := f.clock.Now()
		u, err := account.Store{DB: tx}.Lock(ctx, a.user.ID)
		if err != nil {
			return err
		}
		if err := f.take(ctx, tx, a, u, hash); err != nil {
			return err
		}
		if u.Name != g.name {
			if err := (account.Store{DB: tx}).Describe(ctx, u.ID, g.name, u.Locale, now); err != nil {
				return err
			}
		}
		return audit.Append(ctx, tx, now, a.event(r, u.ID, audit.ActionInvitationAccepted))
	})
}

// take uses up the link of a locked account and sets its password: what else could be
// done with what was mailed or shown before is over.
func (f *Function) take(ctx context.Context, tx postgres.IDB, a arrival, u account.User, hash string) error {
	if err := a.still(u); err != nil {
		return err
	}
	if err := (invitation.Store{DB: tx}).Use(ctx, a.token); err != nil {
		return err
	}
	now := f.clock.Now()
	if err := f.flows.In(tx).Forget(ctx, u.ID, ""); err != nil {
		return err
	}
	if err := f.proofs.Revoke(ctx, tx, u.ID, proof.Recover, uuid.Nil); err != nil {
		return err
	}
	if err := (credential.Store{DB: tx}).SetPassword(ctx, u.TenantID, u.ID, hash, now); err != nil {
		return err
	}
	return account.Store{DB: tx}.VerifyEmail(ctx, u.ID, u.Email, now)
}

// recoverFor is the recovery that an administrator has asked for: whoever was signed in
// no longer is, and no application has a token. Second factors stay, so that somebody
// who reads the mail and no more does not come in.
func (f *Function) recoverFor(r *http.Request, a arrival, hash string) error {
	revoker := revocation.Revoker{DB: f.db, Hydra: f.hydra, Sessions: f.sessions, Board: f.sessions.Board, Clock: f.clock}
	by := revocation.By{TenantID: a.tenant.ID, ActorKind: audit.ActorUser, ActorID: a.user.ID.String(), IP: browser.ClientIP(r)}
	err := revoker.Account(r.Context(), by, a.user.ID, func(ctx context.Context, tx postgres.IDB) error {
		u, err := account.Store{DB: tx}.ByID(ctx, a.user.ID)
		if err != nil {
			return err
		}
		if err := f.take(ctx, tx, a, u, hash); err != nil {
			return err
		}
		m := outbox.Mail{To: u.Email, Locale: language(r, a.view()), Template: outbox.PasswordChanged}
		if u.Locale != "" {
			m.Locale = u.Locale
		}
		if err := f.outbox.AddMail(ctx, tx, u.TenantID, m); err != nil {
			return err
		}
		return audit.Append(ctx, tx, f.clock.Now(), a.event(r, u.ID, audit.ActionPasswordChanged))
	})
	if errors.Is(err, revocation.ErrUnfinished) {
		// The password counts and the link is used: there is nothing to be done again here.
		f.pages.Problems().Log.WarnContext(r.Context(), "what was granted during a recovery may live on", "subject", a.user.ID.String())
		err = nil
	}
	if err != nil {
		return err
	}
	f.knock()
	return nil
}

// setUp makes the first account that administers everything. The database decides that
// there is no other.
func (f *Function) setUp(r *http.Request, a arrival, g applicant, hash string) error {
	u := f.firstOwner(r, a, g)
	return postgres.InTx(r.Context(), f.db, func(ctx context.Context, tx postgres.IDB) error {
		now := f.clock.Now()
		if err := (account.Store{DB: tx}).Create(ctx, u); err != nil {
			return err
		}
		if err := (credential.Store{DB: tx}).SetPassword(ctx, u.TenantID, u.ID, hash, now); err != nil {
			return err
		}
		if err := (invitation.Store{DB: tx}).SetUp(ctx, a.token, u.ID); err != nil {
			return err
		}
		return audit.Append(ctx, tx, now, a.event(r, u.ID, audit.ActionSetUp))
	})
}

func (a arrival) event(r *http.Request, user uuid.UUID, action string) audit.Event {
	return audit.Event{
		TenantID: a.tenant.ID, Action: action, Outcome: audit.Success, ActorKind: audit.ActorUser,
		ActorID: user.String(), SubjectID: user.String(), IP: browser.ClientIP(r),
		Detail: map[string]string{"proved_by": proof.ByLink, "invitation": a.invitation.ID.String()},
	}
}
