package login

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/google/uuid"

	"github.com/authway/authway/frontend/pages"
	"github.com/authway/authway/shared/account"
	"github.com/authway/authway/shared/audit"
	"github.com/authway/authway/shared/browser"
	"github.com/authway/authway/shared/credential"
	"github.com/authway/authway/shared/flow"
	"github.com/authway/authway/shared/outbox"
	"github.com/authway/authway/shared/postgres"
	"github.com/authway/authway/shared/proof"
	"github.com/authway/authway/shared/session"
)

const (
	pathRecover  = "/login/recover"
	pathPassword = "/login/recover/password"
)

func (f *Function) showRecover(w http.ResponseWriter, r *http.Request) error {
	v, err := f.visit(w, r)
	if err != nil {
		return err
	}
	if v.flow.CompletedAt != nil {
		return errFinished.Toward(v.flow.RequestURL)
	}
	return browser.Show(w, r, v.view("recover"))
}

// recover mails a code to the address if it has an account, and looks the same
// if it has none.
func (f *Function) recover(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return parseFailed(err)
	}
	v, err := f.visit(w, r)
	if err != nil {
		return err
	}
	form := v.view("recover")
	form.Email = r.PostForm.Get("email")
	browser.Keep(r, form)
	switch action := r.PostForm.Get("action"); action {
	case "":
	case "login":
		http.Redirect(w, r, "/login?flow="+v.flow.ID, http.StatusSeeOther)
		return nil
	default:
		return f.showIn(w, r, form, pages.Chosen(action))
	}
	if v.flow.CompletedAt != nil {
		return errFinished.Toward(v.flow.RequestURL)
	}
	if err := f.mayPost(r); err != nil {
		return err
	}
	if strings.TrimSpace(form.Email) == "" {
		return errEmailRequired
	}
	email, err := account.ParseEmail(form.Email)
	if err != nil {
		return explain(err)
	}
	if err := f.mayMail(r, v, email); err != nil {
		return err
	}
	known, err := f.byAddress(r.Context(), v, email)
	if err != nil {
		return explain(err)
	}
	if err := f.ask(r, v, recovering, known, email, pending{}); err != nil {
		return explain(err)
	}
	return browser.Continue(w, r, recovering.path+"?flow="+v.flow.ID)
}

// recovery is a visit to the page of the new password by somebody who has shown
// to read the account's mail.
type recovery struct {
	visit
	proof proof.Proof
	user  account.User
}

// recovery opens the page of the new password, or says where to go instead.
func (f *Function) recovery(w http.ResponseWriter, r *http.Request) (c recovery, instead string, err error) {
	if c.visit, err = f.visit(w, r); err != nil {
		return c, "", err
	}
	if c.flow.CompletedAt != nil {
		return c, "", errFinished.Toward(c.flow.RequestURL)
	}
	c.proof, err = f.proofs.ByFlow(r.Context(), f.db, c.flow.ID, proof.Recover)
	switch {
	case errors.Is(err, proof.ErrUnknown):
		return c, pathRecover + "?flow=" + c.flow.ID, nil
	case err != nil:
		return c, "", explain(err)
	case c.proof.UsedAt == nil:
		return c, recovering.path + "?flow=" + c.flow.ID, nil
	}
	if c.user, err = f.accounts.ByID(r.Context(), c.proof.UserID); err != nil {
		return c, "", explain(err)
	}
	if !c.user.MaySignIn() {
		return c, "", errDisabled
	}
	return c, "", nil
}

func (c recovery) view() pages.View {
	view := c.visit.view("recover-password")
	view.Account = c.user.Email
	return view
}

func (f *Function) showNewPassword(w http.ResponseWriter, r *http.Request) error {
	c, instead, err := f.recovery(w, r)
	if err != nil {
		return err
	}
	if instead != "" {
		return f.goTo(w, r, instead)
	}
	if !c.proof.Waits(f.clock.Now()) {
		return f.resume(w, r, c.visit)
	}
	return browser.Show(w, r, c.view())
}

func (f *Function) setNewPassword(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return parseFailed(err)
	}
	c, instead, err := f.recovery(w, r)
	if err != nil {
		return err
	}
	if instead != "" {
		return f.goTo(w, r, instead)
	}
	browser.Keep(r, c.view())
	if action := r.PostForm.Get("action"); action != "" {
		return f.showIn(w, r, c.view(), pages.Chosen(action))
	}
	if err := f.mayPost(r); err != nil {
		return err
	}
	password := r.PostForm.Get("password")
	if password == "" {
		return errPasswordRequired
	}
	if err := f.mayBe(r.Context(), c.tenant, password, c.user.Email, c.user.Name); err != nil {
		return explain(err)
	}
	err = f.change(r, c, password)
	if errors.Is(err, proof.ErrUsed) {
		return f.changedBefore(w, r, c, password)
	}
	if err != nil {
		return explain(err)
	}
	f.guessedRight(r, c.visit, c.user.Email)
	return f.proved(w, r, c.visit, c.user, flow.Progress{Methods: []string{session.MethodPassword}})
}

// changedBefore answers a form that was sent twice: its password is the one
// that was set. Any other has come too late.
func (f *Function) changedBefore(w http.ResponseWriter, r *http.Request, c recovery, password string) error {
	if err := f.mayGuess(r, c.visit, c.user.Email); err != nil {
		return err
	}
	shown, err := f.hasPassword(r.Context(), c.user.ID, password)
	if err != nil {
		return explain(err)
	}
	if !shown.right {
		return f.goTo(w, r, "/login?flow="+c.flow.ID)
	}
	f.guessedRight(r, c.visit, c.user.Email)
	return f.proved(w, r, c.visit, c.user, flow.Progress{Methods: []string{session.MethodPassword}})
}

// change sets the password, and with it everything that is true from then on:
// the address is proved, whoever was signed in with the old one no longer is
// (if the person wants that), and the person hears of it.
func (f *Function) change(r *http.Request, c recovery, password string) error {
	hash, err := f.hasher.Hash(r.Context(), credential.Normalize(password))
	if err != nil {
		return err
	}
	var ended []session.Session
	err = postgres.InTx(r.Context(), f.db, func(ctx context.Context, tx postgres.IDB) error {
		now := f.clock.Now()
		current, err := (account.Store{DB: tx}).Lock(ctx, c.user.ID)
		if err != nil {
			return err
		}
		if current.EmailKey != account.EmailKey(c.proof.Address) {
			// The account has another address now, and whoever reads this one is not
			// its person any more.
			return proof.ErrExpired
		}
		if err := f.proofs.Take(ctx, tx, c.proof.ID); err != nil {
			return err
		}
		if err := f.flows.In(tx).Forget(ctx, c.user.ID, c.flow.ID); err != nil {
			return err
		}
		if err := f.proofs.Revoke(ctx, tx, c.user.ID, proof.Recover, c.proof.ID); err != nil {
			return err
		}
		if err := (credential.Store{DB: tx}).SetPassword(ctx, c.user.TenantID, c.user.ID, hash, now); err != nil {
			return err
		}
		if err := (account.Store{DB: tx}).VerifyEmail(ctx, c.user.ID, c.proof.Address, now); err != nil {
			return err
		}
		if r.PostForm.Get("end_sessions") != "" {
			if ended, err = f.endAll(ctx, tx, r, c); err != nil {
				return err
			}
		}
		m := outbox.Mail{To: c.user.Email, Locale: language(r, c.view()), Template: outbox.PasswordChanged}
		if c.user.Locale != "" {
			m.Locale = c.user.Locale
		}
		if err := f.outbox.AddMail(ctx, tx, c.user.TenantID, m); err != nil {
			return err
		}
		return audit.Append(ctx, tx, now, c.event(r, audit.ActionPasswordChanged))
	})
	if err != nil {
		return err
	}
	f.sessions.Forget(r.Context(), ended)
	f.knock()
	return nil
}

func (f *Function) endAll(ctx context.Context, tx postgres.IDB, r *http.Request, c recovery) ([]session.Session, error) {
	// The session of this sign-in is not among them: it begins afterwards.
	ended, err := f.sessions.EndAll(ctx, tx, c.user.ID, uuid.Nil)
	if err != nil {
		return nil, err
	}
	for _, s := range ended {
		event := c.event(r, audit.ActionSignedOut)
		event.Detail = map[string]string{"session": s.ID.String()}
		if err := audit.Append(ctx, tx, f.clock.Now(), event); err != nil {
			return nil, err
		}
	}
	return ended, nil
}

func (c recovery) event(r *http.Request, action string) audit.Event {
	return audit.Event{
		TenantID: c.user.TenantID, Action: action, Outcome: audit.Success, ActorKind: audit.ActorUser,
		ActorID: c.user.ID.String(), SubjectID: c.user.ID.String(), ClientID: c.request.App.ID, IP: browser.ClientIP(r),
		Detail: map[string]string{"proved_by": c.proof.UsedBy},
	}
}
