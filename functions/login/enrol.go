package login

import (
	"context"
	"errors"
	"net/http"

	"github.com/google/uuid"

	"github.com/authway/authway/frontend/pages"
	"github.com/authway/authway/shared/account"
	"github.com/authway/authway/shared/audit"
	"github.com/authway/authway/shared/browser"
	"github.com/authway/authway/shared/factor"
	"github.com/authway/authway/shared/flow"
	"github.com/authway/authway/shared/outbox"
	"github.com/authway/authway/shared/postgres"
	"github.com/authway/authway/shared/problem"
	"github.com/authway/authway/shared/tenant"
)

const (
	pathEnrol = "/login/enrol"
	pathCodes = "/login/enrol/codes"
)

// needsEnrolment is asked after needsFactor: nobody comes here who has a second
// factor.
func needsEnrolment(_ context.Context, _ *Function, v visit, _ account.User, p flow.Progress) (bool, error) {
	return v.wantsTwo() && !hasSecond(p), nil
}

// needsCodes keeps showing the recovery codes to somebody who has shown the
// factor that they are for, until they are said to be kept: whoever closes the
// page too early would otherwise be without them, and never know.
func needsCodes(ctx context.Context, f *Function, _ visit, u account.User, p flow.Progress) (bool, error) {
	if !hasSecond(p) {
		return false, nil
	}
	enrolled, err := f.factors.Of(ctx, u.ID)
	return enrolled.Unread, err
}

// enrolling opens the page of an enrolment. Its first factor has to have been
// shown in this flow: see askForMore.
func (f *Function) enrolling(w http.ResponseWriter, r *http.Request) (v visit, u account.User, form pages.View, ok bool, err error) {
	v, u, ok, err = f.at(w, r, pathEnrol)
	if !ok {
		return v, u, form, false, err
	}
	if v.flow.Proved.SessionID != uuid.Nil {
		return v, u, form, false, f.goTo(w, r, "/login?flow="+v.flow.ID)
	}
	key, err := f.factors.Begin(r.Context(), ownerOf(u), v.flow.ID, f.issuer(v.tenant), u.Email)
	if errors.Is(err, factor.ErrEnrolled) || errors.Is(err, factor.ErrNotBegun) {
		// Another sign-in of the same person was faster: there is a factor to show, or
		// a younger key.
		return v, u, form, false, f.goTo(w, r, pathEnrol+"?flow="+v.flow.ID)
	}
	if err != nil {
		return v, u, form, false, explain(err)
	}
	form = v.view("enrol")
	form.Account, form.Secret, form.URI = u.Email, key.Secret, key.URI
	return v, u, form, true, nil
}

func ownerOf(u account.User) factor.Owner { return factor.Owner{TenantID: u.TenantID, UserID: u.ID} }

// issuer is what an authenticator app shows above the account's name: the host
// that people sign in at, and the tenant where there are several.
func (f *Function) issuer(t tenant.Tenant) string {
	if t.Slug == tenant.Default {
		return f.public.Hostname()
	}
	return f.public.Hostname() + " (" + t.Name + ")"
}

func (f *Function) showEnrolment(w http.ResponseWriter, r *http.Request) error {
	_, _, form, ok, err := f.enrolling(w, r)
	if !ok {
		return err
	}
	return browser.Show(w, r, form)
}

func (f *Function) confirmEnrolment(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return parseFailed(err)
	}
	v, u, form, ok, err := f.enrolling(w, r)
	if !ok {
		return err
	}
	browser.Keep(r, form)
	if action := r.PostForm.Get("action"); action != "" {
		return f.showIn(w, r, form, pages.Chosen(action))
	}
	if err := f.mayPost(r); err != nil {
		return err
	}
	p := withSecond(v.flow.Proved)
	var refused error
	err = postgres.InTx(r.Context(), f.db, func(ctx context.Context, tx postgres.IDB) error {
		result, err := f.factors.In(tx).Confirm(ctx, u.ID, v.flow.ID, r.PostForm.Get("code"))
		if err != nil {
			return err
		}
		if result.Replayed {
			if again, err := f.shownHere(ctx, tx, v, u); again || err != nil {
				return err
			}
		}
		if !result.Right {
			refused = refusal(result)
			return f.recordRefusal(ctx, tx, r, v, u, result, problem.Of(refused).Code())
		}
		return f.enrolled(ctx, tx, r, v, u, p)
	})
	if errors.Is(err, factor.ErrEnrolled) || errors.Is(err, factor.ErrNotBegun) {
		return f.goTo(w, r, pathEnrol+"?flow="+v.flow.ID)
	}
	if err != nil {
		return explain(err)
	}
	if refused != nil {
		return refused
	}
	f.knock()
	return f.proved(w, r, v, u, p)
}

// enrolled is all that goes with a new factor.
func (f *Function) enrolled(ctx context.Context, tx postgres.IDB, r *http.Request, v visit, u account.User, p flow.Progress) error {
	if err := f.factors.In(tx).IssueCodes(ctx, ownerOf(u)); err != nil {
		return err
	}
	if err := f.flows.In(tx).Prove(ctx, v.flow.ID, p); err != nil {
		return err
	}
	if err := f.tell(ctx, tx, u, outbox.FactorChanged); err != nil {
		return err
	}
	return f.recordFactor(ctx, tx, r, v, u, audit.ActionFactorAdded, audit.Success, map[string]string{"kind": factor.TOTP})
}

// revealing opens the page of the recovery codes.
func (f *Function) revealing(w http.ResponseWriter, r *http.Request) (v visit, u account.User, form pages.View, ok bool, err error) {
	v, u, ok, err = f.at(w, r, pathCodes)
	if !ok {
		return v, u, form, false, err
	}
	form = v.view("codes")
	form.Account = u.Email
	form.Codes, err = f.factors.UnreadCodes(r.Context(), u.ID)
	return v, u, form, err == nil, explain(err)
}

func (f *Function) showCodes(w http.ResponseWriter, r *http.Request) error {
	_, _, form, ok, err := f.revealing(w, r)
	if !ok {
		return err
	}
	return browser.Show(w, r, form)
}

func (f *Function) keptCodes(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return parseFailed(err)
	}
	v, u, form, ok, err := f.revealing(w, r)
	if !ok {
		return err
	}
	browser.Keep(r, form)
	if action := r.PostForm.Get("action"); action != "done" {
		return f.showIn(w, r, form, pages.Chosen(action))
	}
	err = postgres.InTx(r.Context(), f.db, func(ctx context.Context, tx postgres.IDB) error {
		if kept, err := f.factors.In(tx).KeptCodes(ctx, u.ID); err != nil || !kept {
			return err
		}
		return f.recordFactor(ctx, tx, r, v, u, audit.ActionCodesKept, audit.Success, nil)
	})
	if err != nil {
		return explain(err)
	}
	return f.proved(w, r, v, u, v.flow.Proved)
}
