package selfservice

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/authway/authway/frontend/pages"
	"github.com/authway/authway/shared/account"
	"github.com/authway/authway/shared/audit"
	"github.com/authway/authway/shared/browser"
	"github.com/authway/authway/shared/limit"
	"github.com/authway/authway/shared/outbox"
	"github.com/authway/authway/shared/postgres"
	"github.com/authway/authway/shared/problem"
	"github.com/authway/authway/shared/proof"
)

func (a *API) describe(w http.ResponseWriter, r *http.Request, p person) error {
	var body struct {
		Name   *string `json:"name"`
		Locale *string `json:"locale"`
	}
	if err := decode(r, &body); err != nil {
		return err
	}
	name, locale := p.user.Name, p.user.Locale
	if body.Name != nil {
		parsed, err := account.ParseName(*body.Name)
		if err != nil {
			return err
		}
		name = parsed
	}
	if body.Locale != nil {
		if locale = *body.Locale; locale != "" && !slices.Contains(pages.Locales(), locale) {
			return errLocale
		}
	}
	err := postgres.InTx(r.Context(), a.DB, func(ctx context.Context, tx postgres.IDB) error {
		now := a.Clock.Now()
		if err := (account.Store{DB: tx}).Describe(ctx, p.user.ID, name, locale, now); err != nil {
			return err
		}
		return audit.Append(ctx, tx, now, p.event(r, audit.ActionProfileChanged, nil))
	})
	if err != nil {
		return err
	}
	if body.Locale != nil && locale != "" {
		a.Cookies.SetLocale(w, locale)
	}
	return done(w)
}

// mails bounds what one account may have sent to addresses that are not its own.
var mails = limit.Rate{Every: 5 * time.Minute, Burst: 10}

// askEmail mails a code to the new address. That another account has it must not
// show: that account's owner is told instead, and the answer is the same.
func (a *API) askEmail(w http.ResponseWriter, r *http.Request, p person) error {
	var body struct {
		Email string `json:"email"`
	}
	if err := decode(r, &body); err != nil {
		return err
	}
	email, err := account.ParseEmail(body.Email)
	if err != nil {
		return err
	}
	if email == p.user.Email && p.user.EmailVerifiedAt != nil {
		return errEmailSame
	}
	if wait := a.Limits.Take(r.Context(), mails, "change-email", p.user.ID.String()); wait > 0 {
		a.Limited(LimitMails)
		return problem.TooManyRequests.After(wait)
	}
	other, err := a.accounts().ByEmail(r.Context(), p.user.TenantID, email)
	if err != nil && !errors.Is(err, account.ErrUnknown) {
		return err
	}
	taken := other.ID != uuid.Nil && other.ID != p.user.ID
	var issued proof.Issued
	err = postgres.InTx(r.Context(), a.DB, func(ctx context.Context, tx postgres.IDB) error {
		issued, err = a.Proofs.Issue(ctx, tx, proof.Request{
			TenantID: p.user.TenantID, Purpose: proof.ChangeEmail, Address: email, UserID: p.user.ID, Decoy: taken,
		})
		if err != nil || !issued.Sent {
			return err
		}
		if err := a.Outbox.AddMail(ctx, tx, p.user.TenantID, changeLetter(r, p, other, taken, issued)); err != nil {
			return err
		}
		return audit.Append(ctx, tx, a.Clock.Now(), p.event(r, audit.ActionProofSent, map[string]string{"purpose": string(proof.ChangeEmail)}))
	})
	if err != nil {
		return err
	}
	if !issued.Sent {
		return problem.TooManyRequests.After(issued.ResendAfter(a.Clock.Now()))
	}
	a.Knocker.Knock(outbox.Job)
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusAccepted)
	return browser.JSON(w, map[string]int{"resendAfter": seconds(issued.ResendAfter(a.Clock.Now()))})
}

func changeLetter(r *http.Request, p person, other account.User, taken bool, issued proof.Issued) outbox.Mail {
	if taken {
		return outbox.Mail{
			To: other.Email, Locale: languageOf(r, other), Template: outbox.KnownAddress,
			Data: map[string]string{outbox.Link: "/account/", outbox.Client: p.tenant.Name},
		}
	}
	return outbox.Mail{
		To: issued.Address, Locale: languageOf(r, p.user), Template: outbox.ChangeEmail,
		Data: map[string]string{outbox.Code: issued.Code, outbox.Link: "/login/confirm?token=" + issued.Link},
	}
}

// languageOf is the account's own language, or else that of the page.
func languageOf(r *http.Request, u account.User) string {
	if u.Locale != "" {
		return u.Locale
	}
	return pages.Locale(r)
}

func (a *API) confirmEmail(w http.ResponseWriter, r *http.Request, p person) error {
	var body struct {
		Code string `json:"code"`
	}
	if err := decode(r, &body); err != nil {
		return err
	}
	if strings.TrimSpace(body.Code) == "" {
		return errCodeRequired
	}
	code, ok := proof.ParseCode(body.Code)
	if !ok {
		return errCodeWrong
	}
	err := a.ConfirmEmail(r, p.user.ID, func(ctx context.Context, tx postgres.IDB) (proof.Proof, error) {
		return a.Proofs.UseAccountCode(ctx, tx, p.user.ID, proof.ChangeEmail, code)
	})
	if err != nil {
		return err
	}
	return done(w)
}

// ConfirmEmail uses up the proof that the new address reaches the person, by the
// code or by the link of the mail, and changes the address: all or nothing. A
// refusal is committed, because it has been counted. The old address is told;
// whoever reads it and knows of no change can still recover the account's other
// ways in, and hears of it at once.
//
// The account is locked before its proofs, as everywhere: whoever ends all that is
// under way in an account comes in that order.
func (a *API) ConfirmEmail(r *http.Request, owner uuid.UUID, use func(context.Context, postgres.IDB) (proof.Proof, error)) error {
	var refused error
	err := postgres.InTx(r.Context(), a.DB, func(ctx context.Context, tx postgres.IDB) error {
		u, err := account.Store{DB: tx}.Lock(ctx, owner)
		if err != nil {
			return err
		}
		used, err := use(ctx, tx)
		if err != nil && !proof.Refused(err) {
			return err
		}
		if refused = err; refused != nil {
			return audit.Append(ctx, tx, a.Clock.Now(), audit.Event{
				TenantID: used.TenantID, Action: audit.ActionProofShown, Outcome: audit.Failure, ActorKind: audit.ActorUser,
				ActorID: used.UserID.String(), SubjectID: used.UserID.String(), IP: browser.ClientIP(r),
				Detail: map[string]string{"purpose": string(proof.ChangeEmail), "reason": problem.Of(a.explain(err)).Code()},
			})
		}
		return a.changeEmail(ctx, tx, r, u, used)
	})
	if err == nil && refused == nil {
		a.Knocker.Knock(outbox.Job)
	}
	return errors.Join(err, refused)
}

func (a *API) changeEmail(ctx context.Context, tx postgres.IDB, r *http.Request, u account.User, used proof.Proof) error {
	store, now := account.Store{DB: tx}, a.Clock.Now()
	if err := store.ChangeEmail(ctx, u, used.Address, now); err != nil {
		return err
	}
	// A recovery that was asked for at the old address would set a password.
	if err := a.Proofs.Revoke(ctx, tx, u.ID, proof.Recover, used.ID); err != nil {
		return err
	}
	told := outbox.Mail{To: u.Email, Locale: languageOf(r, u), Template: outbox.EmailChanged}
	if err := a.Outbox.AddMail(ctx, tx, u.TenantID, told); err != nil {
		return err
	}
	return audit.Append(ctx, tx, now, person{user: u}.event(r, audit.ActionEmailChanged, map[string]string{"proved_by": used.UsedBy}))
}
