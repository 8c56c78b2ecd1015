package login

import (
	"errors"
	"net/http"

	"github.com/google/uuid"

	"github.com/authway/authway/shared/browser"
	"github.com/authway/authway/shared/flow"
	"github.com/authway/authway/shared/proof"
	"github.com/authway/authway/shared/session"
)

// verified goes on with the account that a registration in this browser has
// become. The proof is taken once: whoever comes back to the page later is led
// on by the session that began then, or signs in.
//
// What was shown is the password, typed in this flow, or the sign-in at a
// provider that had not verified the address. The mail's code is no second factor
// and is not counted as one.
func (f *Function) verified(w http.ResponseWriter, r *http.Request, v visit, p proof.Proof) error {
	ctx := r.Context()
	if p.UserID == uuid.Nil {
		browser.Keep(r, verifying.view(v, p, f.clock.Now()))
		return errCannotRegister.Toward("/login?flow=" + v.flow.ID)
	}
	err := f.proofs.Take(ctx, f.db, p.ID)
	if errors.Is(err, proof.ErrUsed) {
		return f.resume(w, r, v)
	}
	if err != nil {
		return explain(err)
	}
	u, err := f.accounts.ByID(ctx, p.UserID)
	if err != nil {
		return explain(err)
	}
	if !u.MaySignIn() {
		return errDisabled
	}
	hash, err := f.credentials.PasswordHash(ctx, u.ID)
	if err != nil {
		return explain(err)
	}
	method := session.MethodPassword
	if hash == "" {
		method = session.MethodFederated
	}
	return f.proved(w, r, v, u, flow.Progress{Methods: []string{method}})
}

// resume leads somebody on whose step has been taken before: to the
// application, or to the sign-in page.
func (f *Function) resume(w http.ResponseWriter, r *http.Request, v visit) error {
	next, err := f.dispatch(r.Context(), v)
	if err != nil {
		return err
	}
	if next == "" {
		next = "/login?flow=" + v.flow.ID
	}
	return f.goTo(w, r, next)
}
