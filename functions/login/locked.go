package login

import (
	"context"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/authway/authway/shared/account"
	"github.com/authway/authway/shared/audit"
	"github.com/authway/authway/shared/browser"
	"github.com/authway/authway/shared/limit"
	"github.com/authway/authway/shared/outbox"
	"github.com/authway/authway/shared/postgres"
	"github.com/authway/authway/shared/problem"
)

// ratePerWarning bounds the mails about guesses at one account's password.
var ratePerWarning = limit.Rate{Every: time.Hour, Burst: 1}

// tellOwner mails the owner of an account that is being guessed at, once an
// hour. Whoever guesses is told nothing: what is done for an address without an
// account is the same, and a failure is ours alone.
func (f *Function) tellOwner(r *http.Request, v visit, email string) {
	if f.limits.Take(r.Context(), ratePerWarning, "warning", v.tenant.ID.String(), account.EmailKey(email)) > 0 {
		return
	}
	if err := f.warn(r, v, email); err != nil {
		f.pages.Problems().Log.ErrorContext(r.Context(), "the owner of an account was not told of guesses",
			"error", problem.Redact(err.Error()), "request_id", problem.Reference(r.Context()))
		return
	}
	f.knock()
}

func (f *Function) warn(r *http.Request, v visit, email string) error {
	known, err := f.byAddress(r.Context(), v, email)
	if err != nil {
		return err
	}
	m := outbox.Mail{To: known.Email, Locale: known.Locale, Template: outbox.SignInLocked}
	if m.Locale == "" {
		m.Locale = language(r, v.view("login"))
	}
	event := audit.Event{
		TenantID: v.tenant.ID, Action: audit.ActionSignInFailed, Outcome: audit.Failure, ActorKind: audit.ActorAnonymous,
		ClientID: v.request.App.ID, IP: browser.ClientIP(r), Detail: map[string]string{"reason": "too_many_guesses"},
	}
	if known.ID != uuid.Nil {
		event.SubjectID = known.ID.String()
	}
	return postgres.InTx(r.Context(), f.db, func(ctx context.Context, tx postgres.IDB) error {
		if err := f.outbox.AddMailIf(ctx, tx, v.tenant.ID, m, known.ID != uuid.Nil && known.MaySignIn()); err != nil {
			return err
		}
		return audit.Append(ctx, tx, f.clock.Now(), event)
	})
}
