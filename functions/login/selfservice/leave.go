package selfservice

import (
	"context"
	"net/http"
	"time"

	"github.com/authway/authway/shared/account"
	"github.com/authway/authway/shared/administrator"
	"github.com/authway/authway/shared/audit"
	"github.com/authway/authway/shared/browser"
	"github.com/authway/authway/shared/outbox"
	"github.com/authway/authway/shared/postgres"
)

// Grace is how long an account can be taken back after its person has asked for
// its deletion.
const Grace = 14 * 24 * time.Hour

// leave ends everything that the account is signed in to, now, and the account
// itself after the grace period. The typed address is for the person: it is what
// a stray click cannot give. The last owner of the installation stays: nobody would be
// left who may let another one in.
func (a *API) leave(w http.ResponseWriter, r *http.Request, p person) error {
	var body struct {
		Email string `json:"email"`
	}
	if err := decode(r, &body); err != nil {
		return err
	}
	if account.EmailKey(body.Email) != account.EmailKey(p.user.Email) {
		return errEmailMismatch
	}
	now := a.Clock.Now()
	until := now.Add(Grace)
	spare := func(ctx context.Context, db postgres.IDB) error {
		return administrator.Store{DB: db}.Spare(ctx, p.user.ID)
	}
	// Before anything ends at Hydra, and once more under the lock.
	if err := spare(r.Context(), a.DB); err != nil {
		return err
	}
	err := a.revoker().AccountAfter(r.Context(), p.by(r), p.user.ID, spare, func(ctx context.Context, tx postgres.IDB) error {
		u, err := account.Store{DB: tx}.ByID(ctx, p.user.ID)
		if err != nil {
			return err
		}
		if u.DeleteAfter != nil {
			// The time runs already.
			until = *u.DeleteAfter
			return nil
		}
		if err := (account.Store{DB: tx}).Leave(ctx, p.user.ID, until, now); err != nil {
			return err
		}
		if err := a.Flows.In(tx).Forget(ctx, p.user.ID, ""); err != nil {
			return err
		}
		told := outbox.Mail{
			To: p.user.Email, Locale: languageOf(r, p.user), Template: outbox.AccountLeaving,
			Data: map[string]string{outbox.Until: until.UTC().Format(time.DateOnly), outbox.Link: pathEnter},
		}
		if err := a.Outbox.AddMail(ctx, tx, p.user.TenantID, told); err != nil {
			return err
		}
		return audit.Append(ctx, tx, now, p.event(r, audit.ActionLeaving, map[string]string{"until": until.UTC().Format(time.RFC3339)}))
	})
	if err != nil {
		return err
	}
	a.Cookies.ClearSession(w)
	a.Knocker.Knock(outbox.Job)
	return browser.JSON(w, map[string]any{"deleteAt": until, "redirectTo": "/signed-out"})
}
