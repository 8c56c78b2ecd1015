package login

import (
	"context"

	"github.com/authway/authway/shared/flow"
	"github.com/authway/authway/shared/hydra"
	"github.com/authway/authway/shared/oauth2"
	"github.com/authway/authway/shared/session"
)

// dispatch says where a visit goes without a page, or "" when the person has
// to be asked.
func (f *Function) dispatch(ctx context.Context, v visit) (string, error) {
	if v.flow.CompletedAt != nil {
		return "", errFinished.Toward(v.flow.RequestURL)
	}
	enough, err := f.enough(ctx, v)
	if err != nil {
		return "", explain(err)
	}
	if enough && !f.wantsMore(v) {
		return f.proceed(ctx, v, *v.session)
	}
	switch {
	case v.asked.Asks("none") && enough:
		return f.decline(ctx, v, oauth2.ErrorInteractionRequired, "The person has to show a second factor.")
	case v.asked.Asks("none"):
		return f.decline(ctx, v, oauth2.ErrorLoginRequired, "The person has to sign in.")
	case enough:
		return f.askForMore(ctx, v)
	}
	return "", nil
}

// enough reports whether the browser's session answers the request as it is.
// Hydra's own session is not enough: Authway's may have been ended since. And
// where Hydra does not skip, for whatever reason (prompt, max_age, a request
// object that only Hydra reads, a session that was ended there), only somebody
// who has signed in since this request first came has answered it.
func (f *Function) enough(ctx context.Context, v visit) (bool, error) {
	if v.session == nil {
		return false, nil
	}
	if v.request.Skip && v.request.Subject != v.session.UserID.String() {
		return false, nil
	}
	asked, err := f.flows.FirstAsked(ctx, v.flow, v.browser)
	if err != nil {
		return false, err
	}
	if !v.request.Skip && v.session.AuthenticatedAt.Before(asked) {
		return false, nil
	}
	return !v.asked.WantsFresh(v.session.AuthenticatedAt, asked, f.clock.Now()), nil
}

// proceed answers Hydra for the person of s and returns where the browser goes.
func (f *Function) proceed(ctx context.Context, v visit, s session.Session) (string, error) {
	superseded, err := f.flows.Superseded(ctx, v.flow, v.browser, v.posted && v.flow.New)
	if err != nil {
		return "", explain(err)
	}
	if superseded {
		return v.flow.RequestURL, nil
	}
	next, err := f.answers.Once(ctx, v.flow.Challenge, flow.Unrecorded(func(ctx context.Context) (string, error) {
		return f.hydra.AcceptLogin(ctx, v.flow.Challenge, hydra.LoginAnswer{
			Subject: s.UserID.String(), SessionID: s.ID.String(), AMR: s.AMR, ACR: contextOf(s), FlowID: v.flow.ID,
			Extend: v.request.Skip, RememberFor: rememberFor(s),
		})
	}))
	return next, explain(err)
}

// decline sends the person back to the application with an OAuth error.
func (f *Function) decline(ctx context.Context, v visit, code, description string) (string, error) {
	next, err := f.answers.Once(ctx, v.flow.Challenge, flow.Unrecorded(func(ctx context.Context) (string, error) {
		return f.hydra.RejectLogin(ctx, v.flow.Challenge, code, description)
	}))
	return next, explain(err)
}
