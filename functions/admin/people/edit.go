package people

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/authway/authway/frontend/pages"
	"github.com/authway/authway/functions/admin/access"
	"github.com/authway/authway/shared/account"
	"github.com/authway/authway/shared/audit"
	"github.com/authway/authway/shared/outbox"
	"github.com/authway/authway/shared/postgres"
	"github.com/authway/authway/shared/proof"
	"github.com/authway/authway/shared/tenant"
)

// EditUser changes what is named. Whoever reads the mail of an account's address can
// recover the account: to give it another one, or to say that it is proved, takes a
// recent second factor and is guarded.
func (a *API) EditUser(ctx context.Context, r EditUserRequestObject) (EditUserResponseObject, error) {
	edit, err := editOf(*r.Body)
	if err != nil {
		return nil, err
	}
	here, now := access.Tenant(ctx), a.Clock.Now()
	var is account.User
	var told bool
	err = postgres.InTx(ctx, a.DB, func(ctx context.Context, tx postgres.IDB) error {
		ctx, held, err := edit.hold(ctx, tx, here.ID)
		if err != nil {
			return err
		}
		store := account.Store{DB: tx}
		was, err := store.Lock(ctx, r.User)
		if err == nil && was.TenantID != here.ID {
			err = account.ErrUnknown
		}
		if err != nil {
			return err
		}
		if was.Version() != r.Body.Version {
			return errStale
		}
		if is = edit.applied(was, now); is.Version() == was.Version() {
			return nil
		}
		if err := a.allowed(ctx, tx, was, is, held, now); err != nil {
			return err
		}
		if err := store.Edit(ctx, is, now); err != nil {
			return err
		}
		if told = was.Email != is.Email; told {
			if err := a.readdressed(ctx, tx, was); err != nil {
				return err
			}
		}
		is.UpdatedAt = now
		return recordEdit(ctx, tx, now, was, is, access.Given(r.Body.Reason))
	})
	if err != nil {
		return nil, err
	}
	if told {
		a.Knocker.Knock(outbox.Job)
	}
	view, err := a.person(ctx, is)
	return EditUser200JSONResponse(view), err
}

// allowed is what depends on what is changed.
func (a *API) allowed(ctx context.Context, tx postgres.IDB, was, is account.User, held []string, now time.Time) error {
	if was.Email != is.Email || (was.EmailVerifiedAt == nil) != (is.EmailVerifiedAt == nil) {
		if err := access.From(ctx).AskRecent(now); err != nil {
			return err
		}
		if err := access.Guard(ctx, tx, was); err != nil {
			return err
		}
	}
	// A role that the tenant has no more can be kept and not given.
	for _, role := range is.Roles {
		if !slices.Contains(was.Roles, role) && !slices.Contains(held, role) {
			return tenant.ErrNoRole
		}
	}
	return nil
}

// readdressed tells the former address, and lets nothing count any more that was mailed
// there, or that was to become the account's address.
func (a *API) readdressed(ctx context.Context, tx postgres.IDB, was account.User) error {
	for _, purpose := range []proof.Purpose{proof.Recover, proof.ChangeEmail, proof.VerifyEmail} {
		if err := a.Proofs.Revoke(ctx, tx, was.ID, purpose, uuid.Nil); err != nil {
			return err
		}
	}
	return a.Outbox.AddMail(ctx, tx, was.TenantID, outbox.Mail{To: was.Email, Locale: was.Locale, Template: outbox.EmailChanged})
}

// edit is what is asked for; nil stays.
type edit struct {
	name, locale, email *string
	verified            *bool
	roles               *[]string
}

// hold takes the locks that come before the account's, and returns the roles that are
// held.
func (e edit) hold(ctx context.Context, tx postgres.IDB, of uuid.UUID) (context.Context, []string, error) {
	if e.email != nil || e.verified != nil {
		var err error
		if ctx, err = access.Hold(ctx, tx); err != nil {
			return ctx, nil, err
		}
	}
	if e.roles == nil {
		return ctx, nil, nil
	}
	held, err := tenant.Roles{DB: tx}.HoldAny(ctx, of, *e.roles)
	return ctx, held, err
}

func editOf(body PersonEdit) (edit, error) {
	e := edit{verified: body.Verified}
	if body.Name != nil {
		name, err := account.ParseName(*body.Name)
		if err != nil {
			return edit{}, err
		}
		e.name = &name
	}
	if body.Email != nil {
		email, err := account.ParseEmail(*body.Email)
		if err != nil {
			return edit{}, err
		}
		e.email = &email
	}
	if body.Locale != nil {
		if *body.Locale != "" && !slices.Contains(pages.Locales(), *body.Locale) {
			return edit{}, errLocale
		}
		e.locale = body.Locale
	}
	if body.Roles != nil {
		sorted := slices.Compact(slices.Sorted(slices.Values(*body.Roles)))
		e.roles = &sorted
	}
	return e, nil
}

func (e edit) applied(u account.User, now time.Time) account.User {
	if e.name != nil {
		u.Name = *e.name
	}
	if e.locale != nil {
		u.Locale = *e.locale
	}
	if e.roles != nil {
		u.Roles = *e.roles
	}
	if e.email != nil && *e.email != u.Email {
		u.Email, u.EmailVerifiedAt = *e.email, nil
	}
	switch {
	case e.verified == nil:
	case !*e.verified:
		u.EmailVerifiedAt = nil
	case u.EmailVerifiedAt == nil:
		u.EmailVerifiedAt = &now
	}
	return u
}

// recordEdit names what has changed. An address and a name are masked: the log outlives
// the account.
func recordEdit(ctx context.Context, tx postgres.IDB, now time.Time, was, is account.User, reason string) error {
	var fields []string
	for _, f := range []struct {
		name    string
		changed bool
	}{
		{"name", was.Name != is.Name}, {"email", was.Email != is.Email}, {"locale", was.Locale != is.Locale},
		{"roles", !slices.Equal(was.Roles, is.Roles)}, {"verified", (was.EmailVerifiedAt == nil) != (is.EmailVerifiedAt == nil)},
	} {
		if f.changed {
			fields = append(fields, f.name)
		}
	}
	return access.Record(ctx, tx, now, access.Change{
		Action: audit.ActionEdited, Tenant: is.TenantID, Subject: is.ID.String(), Reason: reason,
		Before: recorded(was), After: recorded(is), More: map[string]string{"fields": strings.Join(fields, " ")},
	})
}

func recorded(u account.User) map[string]any {
	return map[string]any{
		"name": masked(u.Name), "email": maskedEmail(u.Email), "locale": u.Locale, "roles": roles(u), "verified": u.EmailVerifiedAt != nil,
	}
}

func masked(text string) string {
	if text == "" {
		return ""
	}
	first, _ := utf8.DecodeRuneInString(text)
	return string(first) + "***"
}

func maskedEmail(email string) string {
	local, domain, _ := strings.Cut(email, "@")
	return masked(local) + "@" + domain
}
