package login

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"github.com/authway/authway/shared/account"
	"github.com/authway/authway/shared/audit"
	"github.com/authway/authway/shared/browser"
	"github.com/authway/authway/shared/credential"
	"github.com/authway/authway/shared/flow"
	"github.com/authway/authway/shared/postgres"
	"github.com/authway/authway/shared/session"
)

// step is something that may be asked of a person before a session begins.
type step struct {
	// path is its page; the flow's id follows as ?flow=.
	path string
	// needed reports whether it is still to be taken.
	needed func(context.Context, *Function, visit, account.User, flow.Progress) (bool, error)
}

// steps are asked for in this order.
var steps = []step{
	{pathFactor, needsFactor},
	{pathEnrol, needsEnrolment},
	{pathCodes, needsCodes},
	{pathRestore, needsRestore},
}

// remaining is the page of the next step that u has to take, or "".
func (f *Function) remaining(ctx context.Context, v visit, u account.User, p flow.Progress) (string, error) {
	for _, s := range steps {
		needed, err := s.needed(ctx, f, v, u, p)
		if err != nil {
			return "", explain(err)
		}
		if needed {
			return s.path + "?flow=" + v.flow.ID, nil
		}
	}
	return "", nil
}

// proved notes that u has shown p.Methods in this flow, goes to the next step,
// and begins a session when there is none left. What somebody else has shown
// in the flow before counts for nothing, and what was shown in another session
// counts for that session alone.
func (f *Function) proved(w http.ResponseWriter, r *http.Request, v visit, u account.User, p flow.Progress) error {
	ctx := r.Context()
	p.UserID = u.ID
	if before := v.flow.Proved; before.UserID == u.ID && before.SessionID == p.SessionID {
		p.Methods = union(before.Methods, p.Methods)
	}
	next, err := f.remaining(ctx, v, u, p)
	if err != nil {
		return err
	}
	if next == "" {
		return f.admit(w, r, v, u, p)
	}
	if err := f.flows.Prove(ctx, v.flow.ID, p); err != nil {
		return explain(err)
	}
	return browser.Continue(w, r, next)
}

func union(had, more []string) []string {
	out := slices.Clone(had)
	for _, method := range more {
		if !slices.Contains(out, method) {
			out = append(out, method)
		}
	}
	return out
}

// admit begins a session for u, gives it to the browser and answers the form
// with where to go on. The cookie is set before Hydra is asked: if Hydra is
// down, the person is signed in and the flow goes on at the next try. What was
// shown beside a session is added to it instead.
func (f *Function) admit(w http.ResponseWriter, r *http.Request, v visit, u account.User, p flow.Progress) error {
	if p.SessionID != uuid.Nil {
		return f.stepUp(w, r, v, p)
	}
	ctx := r.Context()
	next, before, err := f.admittedBefore(ctx, v, u)
	if err != nil {
		return err
	}
	if before {
		return browser.Continue(w, r, next)
	}
	var begun session.Session
	var token session.Token
	var linked bool
	err = postgres.InTx(ctx, f.db, func(ctx context.Context, tx postgres.IDB) (err error) {
		if err = f.stillMay(ctx, tx, u, p); err != nil {
			return err
		}
		if begun, token, err = f.begin(ctx, tx, r, v, u, p); err != nil {
			return err
		}
		linked, err = f.linkWaiting(ctx, tx, r, v, u)
		return err
	})
	if err != nil {
		return explain(err)
	}
	if linked {
		f.knock()
	}
	f.cookies.SetSession(w, token, begun.Remembered)
	if err := f.endFormer(ctx, r, begun.ID); err != nil {
		return explain(err)
	}
	if next, err = f.proceed(ctx, v, begun); err != nil {
		return err
	}
	return browser.Continue(w, r, next)
}

// admittedBefore finds the way on for a form that is sent twice. The first has
// begun a session, which this browser has, and Hydra was answered with it; a
// second session would end it, and with it the code that is on its way.
func (f *Function) admittedBefore(ctx context.Context, v visit, u account.User) (next string, before bool, err error) {
	if v.session == nil || v.session.UserID != u.ID {
		return "", false, nil
	}
	next, before, err = f.answers.Given(ctx, v.flow.Challenge)
	return next, before, explain(err)
}

// stillMay looks once more, at what may have been taken away since it was shown, and
// keeps it from being taken away until the session has begun: that ends all sessions
// that there are, and this one would be none of them yet.
func (f *Function) stillMay(ctx context.Context, tx postgres.IDB, u account.User, p flow.Progress) error {
	now, err := account.Store{DB: tx}.Lock(ctx, u.ID)
	if err != nil {
		return err
	}
	if !now.MaySignIn() {
		return errDisabled
	}
	if !slices.Contains(p.Methods, session.MethodPassword) {
		return nil
	}
	kept, err := credential.Store{DB: tx}.Password(ctx, u.ID)
	if err == nil && kept.Revoked {
		return errPasswordRevoked
	}
	return err
}

// begin begins the session of what was shown in the flow, once: of a form that is sent
// twice the second is given the same one, because the browser may have heard the
// second answer alone.
func (f *Function) begin(ctx context.Context, tx postgres.IDB, r *http.Request, v visit, u account.User, p flow.Progress) (session.Session, session.Token, error) {
	begun, token, first, err := f.sessions.CreateOnce(ctx, tx, session.Session{
		TenantID: v.tenant.ID, UserID: u.ID, AMR: p.Methods, Remembered: p.Remembered,
		IP: browser.ClientIP(r), UserAgent: r.UserAgent(),
	}, v.words(u, p)...)
	if err != nil || !first {
		return begun, token, err
	}
	now := f.clock.Now()
	return begun, token, audit.Append(ctx, tx, now, audit.Event{
		TenantID: v.tenant.ID, Action: audit.ActionSignedIn, Outcome: audit.Success,
		ActorKind: audit.ActorUser, ActorID: u.ID.String(), SubjectID: u.ID.String(), ClientID: v.request.App.ID,
		IP: browser.ClientIP(r), Detail: map[string]string{
			"session": begun.ID.String(), "methods": strings.Join(p.Methods, " "),
			audit.DetailTook: strconv.FormatInt(now.Sub(v.begun).Milliseconds(), 10),
		},
	})
}

// words name what was shown, in this flow and by this browser.
func (v visit) words(u account.User, p flow.Progress) []string {
	return []string{v.browser, v.flow.ID, u.ID.String(), strings.Join(p.Methods, " "), strconv.FormatBool(p.Remembered)}
}

// endFormer ends the session that the browser held before: a new sign-in always
// gets a new token, so that a token planted before it is worth nothing.
func (f *Function) endFormer(ctx context.Context, r *http.Request, begun uuid.UUID) error {
	former, err := f.sessions.ByToken(ctx, f.cookies.Session(r))
	if errors.Is(err, session.ErrNone) || err == nil && former.ID == begun {
		return nil
	}
	if err != nil {
		return err
	}
	return f.endOne(ctx, former.ID, audit.Event{
		ActorKind: audit.ActorUser, ActorID: former.UserID.String(), IP: browser.ClientIP(r),
	})
}
