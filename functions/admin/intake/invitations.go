package intake

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/authway/authway/functions/admin/access"
	"github.com/authway/authway/shared/account"
	"github.com/authway/authway/shared/administrator"
	"github.com/authway/authway/shared/audit"
	"github.com/authway/authway/shared/invitation"
	"github.com/authway/authway/shared/outbox"
	"github.com/authway/authway/shared/postgres"
	"github.com/authway/authway/shared/tenant"
)

// ListInvitations is those that nobody has accepted.
func (a *API) ListInvitations(ctx context.Context, request ListInvitationsRequestObject) (ListInvitationsResponseObject, error) {
	home, _ := place(ctx)
	waiting, next, err := invitation.Store{DB: a.DB}.Pending(ctx, home.ID, access.Given(request.Params.Cursor), access.Limit[int64](request.Params.Limit))
	if err != nil {
		return nil, err
	}
	answer := ListInvitations200JSONResponse{Items: []Invitation{}, Next: next}
	for _, w := range waiting {
		answer.Items = append(answer.Items, Invitation{
			ID: w.ID, User: w.UserID, Email: w.Email, Name: w.Name, Roles: w.Roles, Administers: orNil(Role(w.Administers)),
			Sends: w.Sends, CreatedAt: w.CreatedAt, SentAt: w.SentAt, ExpiresAt: w.ExpiresAt,
		})
	}
	return answer, nil
}

// ResendInvitation mails another link.
func (a *API) ResendInvitation(ctx context.Context, request ResendInvitationRequestObject) (ResendInvitationResponseObject, error) {
	home, _ := place(ctx)
	var again invitation.Invitation
	var u account.User
	err := postgres.InTx(ctx, a.DB, func(ctx context.Context, tx postgres.IDB) error {
		now := a.Clock.Now()
		ctx, i, guest, err := a.lock(ctx, tx, request.ID)
		if err != nil {
			return err
		}
		store := invitation.Store{DB: tx}
		if u = guest; !u.Active() {
			return errBlocked
		}
		var token string
		if again, token, err = store.Again(ctx, i, u.EmailKey, now); err != nil {
			return err
		}
		if err := a.Outbox.AddMail(ctx, tx, home.ID, letter(home, u, token, again.ExpiresAt)); err != nil {
			return err
		}
		return a.record(ctx, tx, now, home, audit.ActionInvited, i, access.Given(request.Body.Reason))
	})
	if err != nil {
		return nil, err
	}
	a.Knocker.Knock(outbox.Job)
	administers, err := a.administers(ctx, home, u)
	return ResendInvitation200JSONResponse(invitationOf(again, u, administers)), err
}

func (a *API) administers(ctx context.Context, home tenant.Tenant, u account.User) (administrator.Role, error) {
	grants, err := administrator.Store{DB: a.DB}.Of(ctx, u.ID)
	for _, g := range grants {
		if g.OfTenant != nil && *g.OfTenant == home.ID {
			return g.Role, err
		}
	}
	return administrator.None, err
}

// RevokeInvitation lets a link open nothing any more. Whoever reads the mail of the
// address could still come in by the sign-in page's own recovery: so the account, which
// nobody has entered, is blocked, and administers nothing any more.
func (a *API) RevokeInvitation(ctx context.Context, request RevokeInvitationRequestObject) (RevokeInvitationResponseObject, error) {
	home, _ := place(ctx)
	err := postgres.InTx(ctx, a.DB, func(ctx context.Context, tx postgres.IDB) error {
		now := a.Clock.Now()
		ctx, i, u, err := a.lock(ctx, tx, request.ID)
		if err != nil {
			return err
		}
		if err := (invitation.Store{DB: tx}).Revoke(ctx, i, now); err != nil {
			return err
		}
		if u.InvitedAt != nil {
			if err := a.disinvite(ctx, tx, u, access.Given(request.Body.Reason), now); err != nil {
				return err
			}
		}
		return a.record(ctx, tx, now, home, audit.ActionInvitationRevoked, i, access.Given(request.Body.Reason))
	})
	if err != nil {
		return nil, err
	}
	return RevokeInvitation204Response{}, nil
}

// lock reads a pending invitation of the tenant of the path and its account, and keeps
// both, and who administers, as they are. It refuses a caller who may not do to the
// account what an invitation does: let it in, or keep it out.
func (a *API) lock(ctx context.Context, tx postgres.IDB, id uuid.UUID) (held context.Context, i invitation.Invitation, u account.User, err error) {
	home, _ := place(ctx)
	if ctx, err = access.Hold(ctx, tx); err != nil {
		return ctx, i, u, err
	}
	store := invitation.Store{DB: tx}
	if i, err = store.Find(ctx, home.ID, id); err != nil {
		return ctx, i, u, err
	}
	if u, err = (account.Store{DB: tx}).Lock(ctx, i.Owner()); err != nil {
		return ctx, i, u, err
	}
	// Whoever has entered meanwhile has used it up.
	if i, err = store.Lock(ctx, home.ID, id); err != nil {
		return ctx, i, u, err
	}
	return ctx, i, u, access.GuardOthers(ctx, tx, u)
}

// disinvite keeps an account out that nobody has entered.
func (a *API) disinvite(ctx context.Context, tx postgres.IDB, u account.User, reason string, now time.Time) error {
	store := administrator.Store{DB: tx}
	grants, err := store.Of(ctx, u.ID)
	if err != nil {
		return err
	}
	for _, g := range grants {
		change := access.Change{
			Action: audit.ActionAdministratorRemoved, Subject: u.ID.String(), Reason: reason,
			Before: map[string]any{"role": g.Role}, More: map[string]string{"reach": "all"},
		}
		if g.OfTenant != nil {
			of, err := tenant.Store{DB: tx}.ByID(ctx, *g.OfTenant)
			if err != nil {
				return err
			}
			change.Tenant, change.More["reach"] = of.ID, of.Slug
		}
		g.Role = administrator.None
		if err := store.Put(ctx, g); err != nil {
			return err
		}
		if err := access.Record(ctx, tx, now, change); err != nil {
			return err
		}
	}
	if u.DisabledAt != nil {
		return nil
	}
	if err := (account.Store{DB: tx}).Block(ctx, u.ID, now); err != nil {
		return err
	}
	return access.Record(ctx, tx, now, access.Change{Action: audit.ActionBlocked, Tenant: u.TenantID, Subject: u.ID.String(), Reason: reason})
}

func (a *API) record(ctx context.Context, tx postgres.IDB, now time.Time, home tenant.Tenant, action string, i invitation.Invitation, reason string) error {
	return access.Record(ctx, tx, now, access.Change{
		Action: action, Tenant: home.ID, Subject: i.Owner().String(), Object: i.ID.String(), Reason: reason,
	})
}

// SendRecovery mails a link for another password. Nothing of it is shown to whoever
// asks for it.
func (a *API) SendRecovery(ctx context.Context, request SendRecoveryRequestObject) (SendRecoveryResponseObject, error) {
	home, _ := place(ctx)
	err := postgres.InTx(ctx, a.DB, func(ctx context.Context, tx postgres.IDB) error {
		now := a.Clock.Now()
		u, err := account.Store{DB: tx}.Lock(ctx, request.ID)
		if err != nil {
			return err
		}
		if u.TenantID != home.ID {
			return account.ErrUnknown
		}
		if !u.Active() {
			return errBlocked
		}
		if u.InvitedAt != nil {
			made, err := a.send(ctx, tx, home, u, now)
			if err != nil {
				return err
			}
			return a.record(ctx, tx, now, home, audit.ActionInvited, made, access.Given(request.Body.Reason))
		}
		made, token, err := invitation.Store{DB: tx}.Issue(ctx, invitation.Recover, home.ID, u.ID, u.EmailKey, now)
		if err != nil {
			return err
		}
		m := outbox.Mail{
			To: u.Email, Locale: u.Locale, Template: outbox.RecoverySent, Data: map[string]string{outbox.Link: invitation.Link(token)},
		}
		if err := a.Outbox.AddMail(ctx, tx, home.ID, m); err != nil {
			return err
		}
		return a.record(ctx, tx, now, home, audit.ActionRecoverySent, made, access.Given(request.Body.Reason))
	})
	if err != nil {
		return nil, err
	}
	a.Knocker.Knock(outbox.Job)
	return SendRecovery204Response{}, nil
}
