package login

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"github.com/google/uuid"

	"github.com/authway/authway/shared/account"
	"github.com/authway/authway/shared/audit"
	"github.com/authway/authway/shared/browser"
	"github.com/authway/authway/shared/flow"
	"github.com/authway/authway/shared/passkey"
	"github.com/authway/authway/shared/postgres"
	"github.com/authway/authway/shared/session"
)

// What the script of a page asks for is below /api at the page's own path.
const (
	pathAskPasskey       = "/api/login/passkey"
	pathAskSecondPasskey = "/api" + pathFactor + "/passkey"
)

// actionPasskey is the action of a form whose field credential holds what the
// authenticator has answered, as JSON.
const actionPasskey = "passkey"

// askPasskey begins a sign-in by passkey. It is asked for by script alone, and
// only of a browser that has passkeys.
func (f *Function) askPasskey(w http.ResponseWriter, r *http.Request) error {
	if err := f.mayAskPasskey(r); err != nil {
		return err
	}
	v, err := f.visit(w, r)
	if err != nil {
		return err
	}
	if v.flow.CompletedAt != nil {
		return errFinished.Toward(v.flow.RequestURL)
	}
	options, err := f.passkeys.BeginSignIn(r.Context(), passkey.InFlow(v.flow.ID))
	if err != nil {
		return explain(err)
	}
	return tellOptions(w, options)
}

// askSecondPasskey asks whoever has begun to prove themselves in the flow for one
// of their passkeys.
func (f *Function) askSecondPasskey(w http.ResponseWriter, r *http.Request) error {
	if err := f.mayAskPasskey(r); err != nil {
		return err
	}
	v, u, ok, err := f.at(w, r, pathFactor)
	if !ok {
		return err
	}
	options, err := f.passkeys.BeginSecond(r.Context(), passkey.InFlow(v.flow.ID), u.ID)
	if errors.Is(err, passkey.ErrNone) {
		// The last one was removed since the page was drawn.
		return f.goTo(w, r, pathFactor+"?flow="+v.flow.ID)
	}
	if err != nil {
		return explain(err)
	}
	return tellOptions(w, options)
}

// mayAskPasskey bounds what is asked for from one address, apart from the forms:
// a page asks by being opened, and a whole office may share the address.
func (f *Function) mayAskPasskey(r *http.Request) error {
	return f.counts.tooMany(limitPasskey, f.limits.Take(r.Context(), ratePerAddress, "passkey", neighbourhood(r)))
}

func tellOptions(w http.ResponseWriter, options json.RawMessage) error {
	return browser.JSON(w, map[string]json.RawMessage{"publicKey": options})
}

// signInWithPasskey takes the answer of the sign-in page. The passkey says whose
// it is, and that they were verified: two factors at once.
func (f *Function) signInWithPasskey(w http.ResponseWriter, r *http.Request, v visit, remember bool) error {
	u, shown, err := f.tryPasskey(r, v, func(ctx context.Context, keys passkey.Store, answer []byte) (passkey.Shown, error) {
		return keys.FinishSignIn(ctx, passkey.InFlow(v.flow.ID), v.tenant.ID, answer)
	})
	if err != nil {
		return err
	}
	return f.proved(w, r, v, u, flow.Progress{Methods: methodsOf(shown), Remembered: remember})
}

// useSecondPasskey takes the answer of the factor page for u.
func (f *Function) useSecondPasskey(r *http.Request, v visit, u account.User) (flow.Progress, error) {
	p := v.flow.Proved
	_, shown, err := f.tryPasskey(r, v, func(ctx context.Context, keys passkey.Store, answer []byte) (passkey.Shown, error) {
		return keys.FinishSecond(ctx, passkey.InFlow(v.flow.ID), u.ID, answer)
	})
	if err != nil {
		return p, err
	}
	p.Methods = union(p.Methods, methodsOf(shown))
	if len(p.Methods) > 1 {
		p.Methods = union(p.Methods, []string{session.MethodMFA})
	}
	return p, nil
}

func methodsOf(shown passkey.Shown) []string {
	methods := []string{session.MethodSoftwareKey}
	if shown.DeviceBound {
		methods = []string{session.MethodHardwareKey}
	}
	if shown.Verified {
		methods = append(methods, session.MethodMFA)
	}
	return methods
}

// tryPasskey takes an answer, and returns whose it is. A refusal is committed
// too: it has used the ceremony up, and it is recorded.
func (f *Function) tryPasskey(r *http.Request, v visit, finish func(context.Context, passkey.Store, []byte) (passkey.Shown, error)) (account.User, passkey.Shown, error) {
	var u account.User
	var shown passkey.Shown
	var refused error
	err := postgres.InTx(r.Context(), f.db, func(ctx context.Context, tx postgres.IDB) (err error) {
		shown, refused = finish(ctx, f.passkeys.In(tx), []byte(r.PostForm.Get("credential")))
		if refused != nil && !passkey.Refused(refused) {
			return refused
		}
		if refused == nil {
			if u, err = (account.Store{DB: tx}).ByID(ctx, shown.UserID); err != nil {
				return err
			}
			if !u.MaySignIn() {
				refused = errDisabled
			}
		}
		return f.recordPasskey(ctx, tx, r, v, shown, refused)
	})
	if err != nil {
		return u, shown, explain(err)
	}
	f.counts.show(byPasskey, refused == nil)
	return u, shown, explain(refused)
}

// reasons are what the record of a refusal says; people are told less.
var reasons = []struct {
	is     error
	reason string
}{
	{passkey.ErrExpired, "expired"}, {passkey.ErrUnknown, "unknown"}, {passkey.ErrTenant, "tenant"},
	{passkey.ErrUnverified, "unverified"}, {passkey.ErrCloned, "cloned"}, {errDisabled, errDisabled.Code()},
}

func (f *Function) recordPasskey(ctx context.Context, tx postgres.IDB, r *http.Request, v visit, shown passkey.Shown, refused error) error {
	event := audit.Event{
		TenantID: v.tenant.ID, Action: audit.ActionPasskeyUsed, Outcome: audit.Success,
		ActorKind: audit.ActorAnonymous, ClientID: v.request.App.ID, IP: browser.ClientIP(r), Detail: map[string]string{},
	}
	if shown.UserID != uuid.Nil {
		event.SubjectID, event.Detail["passkey"] = shown.UserID.String(), shown.ID.String()
	}
	if refused == nil {
		event.ActorKind, event.ActorID = audit.ActorUser, event.SubjectID
		event.Detail["methods"] = strings.Join(methodsOf(shown), " ")
		return audit.Append(ctx, tx, f.clock.Now(), event)
	}
	event.Action, event.Outcome, event.Detail["reason"] = audit.ActionPasskeyRefused, audit.Failure, "invalid"
	for _, known := range reasons {
		if errors.Is(refused, known.is) {
			event.Detail["reason"] = known.reason
		}
	}
	return audit.Append(ctx, tx, f.clock.Now(), event)
}
