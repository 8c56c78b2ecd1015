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
	"github.com/authway/authway/shared/postgres"
	"github.com/authway/authway/shared/session"
)

// register makes an account in the middle of a flow and goes on to the
// application with it.
func (f *Function) register(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return parseFailed(err)
	}
	v, err := f.visit(w, r)
	if err != nil {
		return err
	}
	form := v.view("register")
	form.Email, form.Name = r.PostForm.Get("email"), r.PostForm.Get("name")
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
	u, password, err := applicant(r, v, form)
	if err != nil {
		return explain(err)
	}
	return f.enrol(w, r, v, u, password)
}

// applicant reads and checks the form.
func applicant(r *http.Request, v visit, form pages.View) (account.User, string, error) {
	name, err := account.ParseName(form.Name)
	if err != nil {
		return account.User{}, "", err
	}
	if strings.TrimSpace(form.Email) == "" {
		return account.User{}, "", errEmailRequired
	}
	email, err := account.ParseEmail(form.Email)
	if err != nil {
		return account.User{}, "", err
	}
	password := r.PostForm.Get("password")
	if password == "" {
		return account.User{}, "", errPasswordRequired
	}
	if err := credential.Check(password, email, name); err != nil {
		return account.User{}, "", err
	}
	return account.User{ID: uuid.New(), TenantID: v.tenant.ID, Email: email, Name: name, Locale: form.Locale}, password, nil
}

// enrol adds the account with its password and goes on with it.
// A person who registers again with the right password is signed in: that is
// what a second click, or somebody who forgot having registered, wants.
func (f *Function) enrol(w http.ResponseWriter, r *http.Request, v visit, u account.User, password string) error {
	ctx := r.Context()
	known, err := f.accounts.ByEmail(ctx, v.tenant.ID, u.Email)
	if err == nil {
		right, err := f.hasPassword(ctx, known.ID, password)
		if err != nil {
			return explain(err)
		}
		if !right || !known.Active() {
			return f.refuse(r, v, known, errCannotRegister)
		}
		return f.proved(w, r, v, known, flow.Progress{Methods: []string{session.MethodPassword}})
	}
	if !errors.Is(err, account.ErrUnknown) {
		return explain(err)
	}
	hash, err := f.hasher.Hash(ctx, credential.Normalize(password))
	if err != nil {
		return explain(err)
	}
	err = postgres.InTx(ctx, f.db, func(ctx context.Context, tx postgres.IDB) error {
		return f.add(ctx, tx, r, v, u, hash)
	})
	if errors.Is(err, account.ErrTaken) {
		// Another request of the same person was faster: this one finds the account.
		return f.enrol(w, r, v, u, password)
	}
	if err != nil {
		return explain(err)
	}
	return f.proved(w, r, v, u, flow.Progress{Methods: []string{session.MethodPassword}})
}

func (f *Function) add(ctx context.Context, tx postgres.IDB, r *http.Request, v visit, u account.User, hash string) error {
	now := f.clock.Now()
	u.CreatedAt, u.UpdatedAt = now, now
	if err := (account.Store{DB: tx}).Create(ctx, u); err != nil {
		return err
	}
	if err := (credential.Store{DB: tx}).SetPassword(ctx, u.TenantID, u.ID, hash, now); err != nil {
		return err
	}
	return audit.Append(ctx, tx, now, audit.Event{
		TenantID: u.TenantID, Action: audit.ActionRegistered, Outcome: audit.Success,
		ActorKind: audit.ActorUser, ActorID: u.ID.String(), SubjectID: u.ID.String(), ClientID: v.request.App.ID,
		IP: browser.ClientIP(r),
	})
}
