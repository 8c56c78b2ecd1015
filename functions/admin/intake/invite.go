package intake

import (
	"context"
	"errors"
	"strings"
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

// guest is what an invitation says of somebody.
type guest struct {
	account.User
	administer administrator.Role
	reason     string
}

// Invite makes an account and mails its link.
func (a *API) Invite(ctx context.Context, request InviteRequestObject) (InviteResponseObject, error) {
	home, caller := place(ctx)
	now := a.Clock.Now()
	g, err := a.guest(ctx, *request.Body, now)
	if err != nil {
		return nil, err
	}
	if g.administer != administrator.None {
		// Who administers is for an owner to say, in person.
		if caller.Client != "" || !caller.In(home.ID).Includes(administrator.Owner) {
			return nil, access.ErrForbidden
		}
		if err := caller.AskRecent(now); err != nil {
			return nil, err
		}
	}
	var made invitation.Invitation
	err = postgres.InTx(ctx, a.DB, func(ctx context.Context, tx postgres.IDB) (err error) {
		if ctx, err = access.Hold(ctx, tx); err != nil {
			return err
		}
		if g.administer != administrator.None && !access.From(ctx).In(home.ID).Includes(administrator.Owner) {
			return access.ErrForbidden
		}
		if err := (tenant.Roles{DB: tx}).Hold(ctx, home.ID, g.Roles); err != nil {
			return err
		}
		if g.User, err = a.seat(ctx, tx, g, now); err != nil {
			return err
		}
		if err := a.appoint(ctx, tx, home, g, now); err != nil {
			return err
		}
		made, err = a.send(ctx, tx, home, g.User, now)
		if err != nil {
			return err
		}
		after := map[string]any{"roles": g.Roles}
		if g.administer != administrator.None {
			after["administers"] = g.administer
		}
		return access.Record(ctx, tx, now, access.Change{
			Action: audit.ActionInvited, Tenant: home.ID, Subject: g.ID.String(), Object: made.ID.String(), Reason: g.reason, After: after,
		})
	})
	if err != nil {
		return nil, err
	}
	a.Knocker.Knock(outbox.Job)
	return Invite201JSONResponse(invitationOf(made, g.User, g.administer)), nil
}

func (a *API) guest(ctx context.Context, body Invite, now time.Time) (guest, error) {
	home, _ := place(ctx)
	email, err := account.ParseEmail(body.Email)
	if err != nil {
		return guest{}, err
	}
	name := strings.TrimSpace(access.Given(body.Name))
	if name != "" {
		if name, err = account.ParseName(name); err != nil {
			return guest{}, err
		}
	}
	return guest{
		User: account.User{
			ID: uuid.New(), TenantID: home.ID, Email: email, EmailKey: account.EmailKey(email), Name: name, Locale: access.Given(body.Locale),
			Roles: access.Given(body.Roles), InvitedAt: &now, CreatedAt: now, UpdatedAt: now,
		},
		administer: administrator.Role(access.Given(body.Administer)), reason: access.Given(body.Reason),
	}, nil
}

// appoint gives the guest the role that they are to administer with, if there is one.
func (a *API) appoint(ctx context.Context, tx postgres.IDB, home tenant.Tenant, g guest, now time.Time) error {
	if g.administer == administrator.None {
		return nil
	}
	store := administrator.Store{DB: tx}
	before := map[string]any{}
	former, err := store.One(ctx, g.ID, &home.ID)
	switch {
	case errors.Is(err, administrator.ErrNone):
	case err != nil:
		return err
	default:
		before["role"] = former.Role
	}
	grant := administrator.Grant{TenantID: home.ID, UserID: g.ID, OfTenant: &home.ID, Role: g.administer, GrantedAt: now}
	if err := store.Put(ctx, grant); err != nil {
		return err
	}
	return access.Record(ctx, tx, now, access.Change{
		Action: audit.ActionAdministratorGranted, Tenant: home.ID, Subject: g.ID.String(), Reason: g.reason,
		Before: before, After: map[string]any{"role": g.administer}, More: map[string]string{"reach": home.Slug},
	})
}

// seat makes the account. One that nobody has entered yet is that of the same guest,
// unless it administers what the caller does not own: to let such an account in again
// is for whoever may keep it out.
func (a *API) seat(ctx context.Context, tx postgres.IDB, g guest, now time.Time) (account.User, error) {
	accounts, u := account.Store{DB: tx}, g.User
	err := accounts.Create(ctx, u)
	if !errors.Is(err, account.ErrTaken) {
		return u, err
	}
	known, err := accounts.ByEmail(ctx, u.TenantID, u.Email)
	if err != nil {
		return u, err
	}
	if known, err = accounts.Lock(ctx, known.ID); err != nil {
		return u, err
	}
	if known.InvitedAt == nil {
		return u, account.ErrTaken
	}
	if err := access.GuardOthers(ctx, tx, known); err != nil {
		return u, err
	}
	switch {
	case known.DeleteAfter != nil:
		return u, errBlocked
	case known.DisabledAt != nil:
		// The former invitation was revoked.
		if err := accounts.Unblock(ctx, known.ID, now); err != nil {
			return u, err
		}
		if err := access.Record(ctx, tx, now, access.Change{
			Action: audit.ActionUnblocked, Tenant: known.TenantID, Subject: known.ID.String(), Reason: g.reason,
		}); err != nil {
			return u, err
		}
		known.DisabledAt = nil
	}
	known.Roles, known.Locale = u.Roles, u.Locale
	if known.Roles == nil {
		known.Roles = []string{}
	}
	said := account.Description{ID: known.ID, Locale: &known.Locale, Roles: known.Roles}
	if u.Name != "" {
		known.Name, said.Name = u.Name, &u.Name
	}
	return known, accounts.DescribeMany(ctx, []account.Description{said}, now)
}

// send makes the account's link and its mail, in the place of the former.
func (a *API) send(ctx context.Context, tx postgres.IDB, home tenant.Tenant, u account.User, now time.Time) (invitation.Invitation, error) {
	made, token, err := invitation.Store{DB: tx}.Issue(ctx, invitation.Invite, home.ID, u.ID, u.EmailKey, now)
	if err != nil {
		return made, err
	}
	return made, a.Outbox.AddMail(ctx, tx, home.ID, letter(home, u, token, made.ExpiresAt))
}

// letter is the mail of an invitation. The day is named on which the link certainly
// still works.
func letter(home tenant.Tenant, u account.User, token string, until time.Time) outbox.Mail {
	return outbox.Mail{
		To: u.Email, Locale: u.Locale, Template: outbox.Invited,
		Data: map[string]string{
			outbox.Tenant: home.Name, outbox.Link: invitation.Link(token),
			outbox.Until: until.UTC().Format(time.DateOnly),
		},
	}
}

func invitationOf(i invitation.Invitation, u account.User, administers administrator.Role) Invitation {
	roles := u.Roles
	if roles == nil {
		roles = []string{}
	}
	return Invitation{
		ID: i.ID, User: u.ID, Email: u.Email, Name: u.Name, Roles: roles, Administers: orNil(Role(administers)),
		Sends: i.Sends, CreatedAt: i.CreatedAt, SentAt: i.SentAt, ExpiresAt: i.ExpiresAt,
	}
}
