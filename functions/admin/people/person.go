package people

import (
	"context"
	"errors"

	"github.com/authway/authway/functions/admin/access"
	"github.com/authway/authway/shared/account"
	"github.com/authway/authway/shared/administrator"
	"github.com/authway/authway/shared/audit"
	"github.com/authway/authway/shared/credential"
	"github.com/authway/authway/shared/factor"
	"github.com/authway/authway/shared/identity"
	"github.com/authway/authway/shared/passkey"
	"github.com/authway/authway/shared/tenant"
)

// GetUser is an account with what its person signs in with.
func (a *API) GetUser(ctx context.Context, r GetUserRequestObject) (GetUserResponseObject, error) {
	u, err := a.within(ctx, r.User)
	if err != nil {
		return nil, err
	}
	view, err := a.person(ctx, u)
	return GetUser200JSONResponse(view), err
}

func (a *API) person(ctx context.Context, u account.User) (Person, error) {
	view := Person{
		ID: u.ID, Email: u.Email, VerifiedAt: u.EmailVerifiedAt, Name: u.Name, Locale: u.Locale,
		State: PersonState(account.StateOf(u)), BlockedAt: u.DisabledAt, DeleteAfter: u.DeleteAfter,
		Roles: roles(u), Self: access.Self(ctx, u), CreatedAt: u.CreatedAt, UpdatedAt: u.UpdatedAt, Version: u.Version(),
	}
	grants, err := administrator.Store{DB: a.DB}.Of(ctx, u.ID)
	if err != nil {
		return Person{}, err
	}
	view.Protected = !view.Self && !access.Above(ctx, grants)
	if view.Administers, view.AdministersElsewhere, err = a.administers(ctx, grants); err != nil {
		return Person{}, err
	}
	if view.LastSignIn, err = audit.Last(ctx, a.DB, u.TenantID, u.ID, audit.ActionSignedIn); err != nil {
		return Person{}, err
	}
	view.Credentials, err = a.credentials(ctx, u)
	return view, err
}

// administers is what the caller may know of what somebody administers: a tenant that is
// not theirs is not named.
func (a *API) administers(ctx context.Context, grants []administrator.Grant) (known []PersonAdministers, elsewhere bool, err error) {
	known = []PersonAdministers{}
	caller, here := access.From(ctx), access.Tenant(ctx)
	for _, g := range grants {
		if g.OfTenant == nil {
			known = append(known, PersonAdministers{Role: Role(g.Role), Everything: true})
			continue
		}
		of := here
		if *g.OfTenant != here.ID {
			if caller.Client != "" || caller.In(*g.OfTenant) == administrator.None {
				elsewhere = true
				continue
			}
			of, err = tenant.Store{DB: a.DB}.ByID(ctx, *g.OfTenant)
			if errors.Is(err, tenant.ErrUnknown) {
				continue
			}
			if err != nil {
				return nil, false, err
			}
		}
		known = append(known, PersonAdministers{Role: Role(g.Role), Tenant: of.Slug, Name: of.Name})
	}
	return known, elsewhere, nil
}

func (a *API) credentials(ctx context.Context, u account.User) (PersonCredentials, error) {
	password, errPassword := credential.Store{DB: a.DB}.FactsOf(ctx, u.ID)
	factors, errFactors := factor.Store{DB: a.DB}.FactsOf(ctx, u.ID)
	passkeys, errPasskeys := passkey.Store{DB: a.DB}.FactsOf(ctx, u.ID)
	identities, errIdentities := identity.Store{DB: a.DB}.FactsOf(ctx, u.ID)
	view := PersonCredentials{
		PasswordSince: password.Since, PasswordRevokedAt: password.RevokedAt, AppSince: factors.App, AppUsedAt: factors.AppUsed,
		RecoveryCodesLeft: factors.CodesLeft, Passkeys: make([]PersonPasskey, len(passkeys)), Identities: make([]PersonIdentity, len(identities)),
	}
	for i, k := range passkeys {
		view.Passkeys[i] = PersonPasskey{ID: k.ID, Label: k.Name, CreatedAt: k.CreatedAt, UsedAt: k.UsedAt, Synced: k.Synced}
	}
	for i, l := range identities {
		view.Identities[i] = PersonIdentity{Provider: l.Provider, Email: l.Email, CreatedAt: l.CreatedAt, UsedAt: l.UsedAt}
	}
	return view, errors.Join(errPassword, errFactors, errPasskeys, errIdentities)
}
