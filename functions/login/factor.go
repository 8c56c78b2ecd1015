package login

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"github.com/authway/authway/frontend/pages"
	"github.com/authway/authway/shared/account"
	"github.com/authway/authway/shared/audit"
	"github.com/authway/authway/shared/browser"
	"github.com/authway/authway/shared/factor"
	"github.com/authway/authway/shared/flow"
	"github.com/authway/authway/shared/oauth2"
	"github.com/authway/authway/shared/outbox"
	"github.com/authway/authway/shared/postgres"
	"github.com/authway/authway/shared/problem"
	"github.com/authway/authway/shared/session"
)

const pathFactor = "/login/factor"

// contextOf is the acr of a sign-in with session s.
func contextOf(s session.Session) string {
	if s.TwoFactors() {
		return oauth2.ACRTwo
	}
	return oauth2.ACROne
}

// wantsTwo reports whether a password alone does not do for this visit.
func (v visit) wantsTwo() bool { return v.tenant.RequireMFA || v.asked.WantsTwoFactors() }

// wantsMore reports whether the session lacks a factor that the visit wants.
func (f *Function) wantsMore(v visit) bool { return v.wantsTwo() && !v.session.TwoFactors() }

// askForMore is where the person of the session shows the factor that it lacks.
// Somebody who has none yet signs in anew, password first: who only holds a
// session, of a browser that was left open, must not enrol a factor of their
// own.
func (f *Function) askForMore(ctx context.Context, v visit) (string, error) {
	enrolled, err := f.factors.Of(ctx, v.session.UserID)
	if err != nil || !enrolled.Any() {
		return "", explain(err)
	}
	err = f.flows.Prove(ctx, v.flow.ID, flow.Progress{
		UserID: v.session.UserID, Methods: v.session.AMR, Remembered: v.session.Remembered, SessionID: v.session.ID,
	})
	return pathFactor + "?flow=" + v.flow.ID, explain(err)
}

// hasSecond reports whether p holds a second factor, or a first one that is two.
func hasSecond(p flow.Progress) bool {
	return slices.Contains(p.Methods, session.MethodOTP) || slices.Contains(p.Methods, session.MethodMFA)
}

// needsFactor asks everybody who has a second factor: whether it is used is not
// for somebody to choose who may only have found the password. Of a passkey that
// the person could be left without, package factor says when it is asked for.
func needsFactor(ctx context.Context, f *Function, v visit, u account.User, p flow.Progress) (bool, error) {
	if hasSecond(p) {
		return false, nil
	}
	enrolled, err := f.factors.Of(ctx, u.ID)
	return enrolled.Asked() || v.wantsTwo() && enrolled.Any(), err
}

// at opens the page of a step. When it is not the step to be taken (any more),
// the browser is sent where it is to go, and ok is false.
func (f *Function) at(w http.ResponseWriter, r *http.Request, path string) (v visit, u account.User, ok bool, err error) {
	if v, err = f.visit(w, r); err != nil {
		return v, u, false, err
	}
	if v.flow.CompletedAt != nil {
		return v, u, false, errFinished.Toward(v.flow.RequestURL)
	}
	u, known, err := f.proving(r.Context(), v)
	if err != nil {
		return v, u, false, err
	}
	if !known {
		return v, u, false, f.resume(w, r, v)
	}
	next, err := f.remaining(r.Context(), v, u, v.flow.Proved)
	switch {
	case err != nil:
		return v, u, false, err
	case next == "":
		return v, u, false, f.resume(w, r, v)
	case !strings.HasPrefix(next, path+"?"):
		return v, u, false, f.goTo(w, r, next)
	}
	return v, u, true, nil
}

// proving is who has begun to prove themselves in the flow.
func (f *Function) proving(ctx context.Context, v visit) (account.User, bool, error) {
	if v.flow.Proved.UserID == uuid.Nil {
		return account.User{}, false, nil
	}
	u, err := f.accounts.ByID(ctx, v.flow.Proved.UserID)
	if errors.Is(err, account.ErrUnknown) || err == nil && (!u.MaySignIn() || u.TenantID != v.tenant.ID) {
		return account.User{}, false, nil
	}
	return u, err == nil, explain(err)
}

func (f *Function) factorView(ctx context.Context, v visit, u account.User, method string) (pages.View, error) {
	enrolled, err := f.factors.Of(ctx, u.ID)
	if err != nil {
		return pages.View{}, explain(err)
	}
	view := v.view("factor")
	view.Account, view.Methods = u.Email, enrolled.Kinds
	if !slices.Contains(enrolled.Kinds, method) && len(enrolled.Kinds) > 0 {
		method = enrolled.Kinds[0]
	}
	view.Method = method
	if method == factor.Recovery {
		view.CodesLeft = enrolled.CodesLeft
	}
	return view, nil
}

func (f *Function) showFactor(w http.ResponseWriter, r *http.Request) error {
	v, u, ok, err := f.at(w, r, pathFactor)
	if !ok {
		return err
	}
	view, err := f.factorView(r.Context(), v, u, "")
	if err != nil {
		return err
	}
	return browser.Show(w, r, view)
}

// checkFactor does not ask whether the step is still to be taken: of a form that
// was sent twice, the second may come after the first was answered.
func (f *Function) checkFactor(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return parseFailed(err)
	}
	v, err := f.visit(w, r)
	if err != nil {
		return err
	}
	if v.flow.CompletedAt != nil {
		return errFinished.Toward(v.flow.RequestURL)
	}
	u, known, err := f.proving(r.Context(), v)
	if err != nil {
		return err
	}
	if !known {
		return f.resume(w, r, v)
	}
	method, action := r.PostForm.Get("method"), r.PostForm.Get("action")
	chosen, switched := strings.CutPrefix(action, "method:")
	if switched {
		method = chosen
	} else if method == "" {
		method = factor.KindOf(r.PostForm.Get("code"))
	}
	form, err := f.factorView(r.Context(), v, u, method)
	if err != nil {
		return err
	}
	browser.Keep(r, form)
	switch {
	case switched && form.Method == chosen:
		return browser.Show(w, r, form)
	case action != "" && action != actionPasskey:
		return f.showIn(w, r, form, pages.Chosen(action))
	}
	if err := f.mayPost(r); err != nil {
		return err
	}
	use := f.useCode
	if action == actionPasskey {
		use = f.useSecondPasskey
	}
	p, err := use(r, v, u)
	if err != nil {
		return err
	}
	return f.proved(w, r, v, u, p)
}

// useCode takes the form's code, and notes in the flow that it was shown: both
// or neither.
func (f *Function) useCode(r *http.Request, v visit, u account.User) (flow.Progress, error) {
	p := withSecond(v.flow.Proved)
	var refused error
	var locked bool
	var result factor.Result
	err := postgres.InTx(r.Context(), f.db, func(ctx context.Context, tx postgres.IDB) error {
		var err error
		if result, err = f.factors.In(tx).Check(ctx, u.ID, r.PostForm.Get("code")); err != nil {
			return err
		}
		if result.Replayed {
			if again, err := f.shownHere(ctx, tx, v, u); again || err != nil {
				return err
			}
		}
		if !result.Right {
			refused, locked = refusal(result), result.Locked
			return f.recordRefusal(ctx, tx, r, v, u, result, problem.Of(refused).Code())
		}
		if err := f.flows.In(tx).Prove(ctx, v.flow.ID, p); err != nil {
			return err
		}
		detail := map[string]string{"kind": result.Kind}
		if result.Kind == factor.Recovery {
			detail["left"] = strconv.Itoa(result.Left)
		}
		return f.recordFactor(ctx, tx, r, v, u, audit.ActionFactorUsed, audit.Success, detail)
	})
	if err != nil {
		return p, explain(err)
	}
	if locked {
		f.knock()
	}
	if result.Rest > 0 {
		f.counts.refuse(limitFactor)
	} else {
		f.counts.show(ofCode(result.Kind), refused == nil)
	}
	return p, refused
}

// withSecond adds a code to what was shown before it.
func withSecond(p flow.Progress) flow.Progress {
	p.Methods = union(p.Methods, []string{session.MethodOTP})
	if len(p.Methods) > 1 {
		p.Methods = union(p.Methods, []string{session.MethodMFA})
	}
	return p
}

// shownHere reports whether the flow has had a code of u's: the form was sent
// twice.
func (f *Function) shownHere(ctx context.Context, tx postgres.IDB, v visit, u account.User) (bool, error) {
	now, err := f.flows.In(tx).ByID(ctx, v.flow.ID, v.browser)
	return err == nil && now.Proved.UserID == u.ID && hasSecond(now.Proved), err
}

func refusal(result factor.Result) error {
	switch {
	case result.Rest > 0:
		return problem.TooManyRequests.After(result.Rest)
	case result.Replayed && result.Kind == factor.TOTP:
		return errCodeReplayed
	}
	return errCodeWrong
}

// recordRefusal also tells the account's owner when the factor is locked:
// whoever guesses knows the password.
func (f *Function) recordRefusal(ctx context.Context, tx postgres.IDB, r *http.Request, v visit, u account.User, result factor.Result, reason string) error {
	if result.Locked {
		if err := f.tell(ctx, tx, u, outbox.SignInLocked); err != nil {
			return err
		}
	}
	return f.recordFactor(ctx, tx, r, v, u, audit.ActionFactorRefused, audit.Failure, map[string]string{"kind": result.Kind, "reason": reason})
}

func (f *Function) recordFactor(ctx context.Context, tx postgres.IDB, r *http.Request, v visit, u account.User, action, outcome string, detail map[string]string) error {
	return audit.Append(ctx, tx, f.clock.Now(), audit.Event{
		TenantID: v.tenant.ID, Action: action, Outcome: outcome, ActorKind: audit.ActorUser, ActorID: u.ID.String(),
		SubjectID: u.ID.String(), ClientID: v.request.App.ID, IP: browser.ClientIP(r), Detail: detail,
	})
}

// tell mails the account's owner about it.
func (f *Function) tell(ctx context.Context, tx postgres.IDB, u account.User, template string) error {
	return f.outbox.AddMail(ctx, tx, u.TenantID, outbox.Mail{To: u.Email, Locale: u.Locale, Template: template})
}

// stepUp adds what was shown to the session that made the person known.
func (f *Function) stepUp(w http.ResponseWriter, r *http.Request, v visit, p flow.Progress) error {
	ctx := r.Context()
	var was, is session.Session
	var token session.Token
	var again bool
	err := postgres.InTx(ctx, f.db, func(ctx context.Context, tx postgres.IDB) (err error) {
		if was, is, token, err = f.sessions.StepUp(ctx, tx, p.SessionID, p.Methods, v.browser, v.flow.ID); err != nil {
			return err
		}
		if again = bytes.Equal(was.TokenHash, is.TokenHash); again {
			return nil
		}
		return audit.Append(ctx, tx, f.clock.Now(), audit.Event{
			TenantID: is.TenantID, Action: audit.ActionSteppedUp, Outcome: audit.Success,
			ActorKind: audit.ActorUser, ActorID: is.UserID.String(), SubjectID: is.UserID.String(), ClientID: v.request.App.ID,
			IP: browser.ClientIP(r), Detail: map[string]string{"session": is.ID.String(), "methods": strings.Join(is.AMR, " ")},
		})
	})
	if errors.Is(err, session.ErrNone) {
		// It was ended meanwhile, and with it what it stood for.
		return f.goTo(w, r, "/login?flow="+v.flow.ID)
	}
	if err != nil {
		return explain(err)
	}
	if !again {
		f.sessions.Forget(ctx, []session.Session{was})
	}
	f.cookies.SetSession(w, token, is.Remembered)
	next, err := f.proceed(ctx, v, is)
	if err != nil {
		return err
	}
	return browser.Continue(w, r, next)
}
