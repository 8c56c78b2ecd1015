package people

import (
	"context"
	"strconv"
	"time"

	"github.com/authway/authway/functions/admin/access"
	"github.com/authway/authway/shared/account"
	"github.com/authway/authway/shared/administrator"
	"github.com/authway/authway/shared/audit"
	"github.com/authway/authway/shared/factor"
	"github.com/authway/authway/shared/outbox"
	"github.com/authway/authway/shared/postgres"
)

// DeleteUser ends all that somebody has, and the account itself after the grace period.
// They are told, and can take it back until then.
func (a *API) DeleteUser(ctx context.Context, r DeleteUserRequestObject) (DeleteUserResponseObject, error) {
	err := a.ending(ctx, r.User, r.Body.Reason, access.Guard, func(ctx context.Context, tx postgres.IDB, u account.User) error {
		if err := (administrator.Store{DB: tx}).Spare(ctx, u.ID); err != nil {
			return err
		}
		if u.DeleteAfter != nil {
			// The time runs already.
			return nil
		}
		now := a.Clock.Now()
		until := now.Add(Grace)
		if err := (account.Store{DB: tx}).Leave(ctx, u.ID, until, now); err != nil {
			return err
		}
		told := outbox.Mail{
			To: u.Email, Locale: u.Locale, Template: outbox.AccountLeaving,
			Data: map[string]string{outbox.Until: until.UTC().Format(time.DateOnly), outbox.Link: "/account/sign-in"},
		}
		if err := a.Outbox.AddMail(ctx, tx, u.TenantID, told); err != nil {
			return err
		}
		c := change(u, audit.ActionLeaving, r.Body.Reason)
		c.More = map[string]string{"until": until.UTC().Format(time.RFC3339)}
		return access.Record(ctx, tx, now, c)
	})
	if err == nil {
		a.Knocker.Knock(outbox.Job)
	}
	return DeleteUser204Response{}, err
}

// RestoreUser keeps an account that was to be deleted.
func (a *API) RestoreUser(ctx context.Context, r RestoreUserRequestObject) (RestoreUserResponseObject, error) {
	return RestoreUser204Response{}, a.changing(ctx, r.User, access.GuardOthers, func(ctx context.Context, tx postgres.IDB, u account.User) error {
		if u.DeleteAfter == nil {
			return nil
		}
		now := a.Clock.Now()
		if err := (account.Store{DB: tx}).Stay(ctx, u.ID, now); err != nil {
			return err
		}
		return access.Record(ctx, tx, now, change(u, audit.ActionStayed, access.Given(r.Body.Reason)))
	})
}

// ResetUserFactors takes away what somebody proves themselves with beside the password.
// They are told, and enrol anew at the next sign-in where a second factor is demanded.
func (a *API) ResetUserFactors(ctx context.Context, r ResetUserFactorsRequestObject) (ResetUserFactorsResponseObject, error) {
	removed := map[string]int{}
	err := a.changing(ctx, r.User, access.Guard, func(ctx context.Context, tx postgres.IDB, u account.User) (err error) {
		if removed, err = (factor.Store{DB: tx}).Reset(ctx, u.ID); err != nil || len(removed) == 0 {
			return err
		}
		// Somebody in the middle of a sign-in may have shown one of them.
		if err := a.Flows.In(tx).Forget(ctx, u.ID, ""); err != nil {
			return err
		}
		if err := a.Outbox.AddMail(ctx, tx, u.TenantID, outbox.Mail{To: u.Email, Locale: u.Locale, Template: outbox.FactorChanged}); err != nil {
			return err
		}
		c := change(u, audit.ActionFactorsReset, r.Body.Reason)
		c.More = map[string]string{}
		for kind, n := range removed {
			c.More[kind] = strconv.Itoa(n)
		}
		return access.Record(ctx, tx, a.Clock.Now(), c)
	})
	if err == nil && len(removed) > 0 {
		a.Knocker.Knock(outbox.Job)
	}
	return ResetUserFactors204Response{}, err
}
