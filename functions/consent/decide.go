package consent

import (
	"context"
	"net/http"
	"slices"

	"github.com/authway/authway/frontend/pages"
	"github.com/authway/authway/shared/audit"
	"github.com/authway/authway/shared/browser"
	"github.com/authway/authway/shared/grant"
	"github.com/authway/authway/shared/hydra"
	"github.com/authway/authway/shared/oauth2"
	"github.com/authway/authway/shared/postgres"
	"github.com/authway/authway/shared/problem"
)

// show asks the person, unless there is nothing to ask.
func (f *Function) show(w http.ResponseWriter, r *http.Request) error {
	v, err := f.visit(r)
	if err != nil {
		return err
	}
	// Answered before: the person came back, or reloads. Hydra takes the verifier
	// of an answer once, so going there again would end in an error.
	_, answered, err := f.answers.Given(r.Context(), v.request.Challenge)
	if err != nil {
		return explain(err)
	}
	if answered {
		return errFinished.Toward(v.request.RequestURL)
	}
	if v.superseded {
		http.Redirect(w, r, v.request.RequestURL, http.StatusSeeOther)
		return nil
	}
	if !v.request.Skip && !v.request.App.SkipConsent {
		return browser.Show(w, r, v.view())
	}
	// Hydra answers prompt=none only when a consent is remembered, and a
	// first-party application renews its tokens that way.
	next, err := f.allow(r, v, v.scopes, true)
	if err != nil {
		return err
	}
	http.Redirect(w, r, next, http.StatusSeeOther)
	return nil
}

func (f *Function) decide(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		if problem.TooLarge.Is(problem.Of(err)) {
			return err
		}
		return problem.BadRequest.Because(err)
	}
	v, err := f.visit(r)
	if err != nil {
		return err
	}
	browser.Keep(r, v.view())
	if locale := pages.Chosen(r.PostForm.Get("action")); locale != "" {
		view := v.view()
		view.Locale = locale
		f.cookies.SetLocale(w, locale)
		return browser.Show(w, r, view)
	}
	if v.superseded {
		return browser.Continue(w, r, v.request.RequestURL)
	}
	var next string
	switch r.PostForm.Get("decision") {
	case "allow":
		next, err = f.allow(r, v, v.chosen(r.PostForm["scope"]), r.PostForm.Get("remember") != "")
	case "deny":
		next, err = f.deny(r, v)
	default:
		err = problem.BadRequest
	}
	if err != nil {
		return err
	}
	return browser.Continue(w, r, next)
}

// chosen are the scopes that the person left ticked. What may not be granted
// is not granted, whatever the form says; openid, if it was asked for, is what
// makes it a sign-in and cannot be unticked.
func (v visit) chosen(ticked []string) []string {
	var out []string
	for _, scope := range v.scopes {
		if scope == oauth2.ScopeOpenID || slices.Contains(ticked, scope) {
			out = append(out, scope)
		}
	}
	return out
}

func (f *Function) allow(r *http.Request, v visit, scopes []string, remember bool) (string, error) {
	f.rules.Check(r.Context(), v.request.App.ID, v.request.App.Claims)
	claims := grant.ClaimsOf(v.account, v.tenant, scopes, v.request.App.Claims)
	if v.request.SessionID != "" {
		claims.AccessToken[grant.SessionClaim] = v.request.SessionID
	}
	return f.answer(r, v, audit.ActionConsentGranted, func(ctx context.Context) (string, error) {
		return f.hydra.AcceptConsent(ctx, v.request.Challenge, hydra.ConsentAnswer{
			Scope: scopes, Audience: v.request.RequestedAudience, Remember: remember,
			IDToken: claims.IDToken, AccessToken: claims.AccessToken,
		})
	})
}

func (f *Function) deny(r *http.Request, v visit) (string, error) {
	return f.answer(r, v, audit.ActionConsentDenied, func(ctx context.Context) (string, error) {
		return f.hydra.RejectConsent(ctx, v.request.Challenge, oauth2.ErrorAccessDenied, "The person denied the request.")
	})
}

// answer gives Hydra the one answer to the challenge and records it beside it.
func (f *Function) answer(r *http.Request, v visit, action string, give func(context.Context) (string, error)) (string, error) {
	detail := map[string]string{}
	if v.request.SessionID != "" {
		detail[audit.DetailSession] = v.request.SessionID
	}
	record := func(ctx context.Context, tx postgres.IDB) error {
		return audit.Append(ctx, tx, f.clock.Now(), audit.Event{
			TenantID: v.tenant.ID, Action: action, Outcome: audit.Success,
			ActorKind: audit.ActorUser, ActorID: v.account.ID.String(), SubjectID: v.account.ID.String(),
			ClientID: v.request.App.ID, IP: browser.ClientIP(r), Detail: detail,
		})
	}
	next, err := f.answers.Once(r.Context(), v.request.Challenge,
		func(ctx context.Context) (string, func(context.Context, postgres.IDB) error, error) {
			next, err := give(ctx)
			return next, record, err
		})
	return next, explain(err)
}
