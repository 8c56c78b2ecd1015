package login

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/google/uuid"

	"github.com/authway/authway/frontend/pages"
	"github.com/authway/authway/shared/browser"
	"github.com/authway/authway/shared/flow"
	"github.com/authway/authway/shared/postgres"
	"github.com/authway/authway/shared/proof"
)

const (
	pathConfirm   = "/login/confirm"
	pathConfirmed = "/login/confirmed"
	pathAccount   = "/account/"
)

// maxToken bounds what is hashed and looked up.
const maxToken = 100

// opened is a link of a mail that somebody has opened.
type opened struct {
	token string
	proof proof.Proof
	// own says that this browser began the flow.
	own bool
}

// open finds out about a link without using it up: scanners of mail open every
// link, and only a person presses the button.
//
// A recovery's link works in the browser that asked for it and in no other.
// Anybody can ask for the recovery of somebody else's account; if the owner's
// press of a button in a genuine mail were enough, the one who asked would then
// set the password. A code has to be carried over by hand.
func (f *Function) open(w http.ResponseWriter, r *http.Request) (opened, error) {
	o := opened{token: r.URL.Query().Get("token")}
	if o.token == "" || len(o.token) > maxToken {
		return o, errUnknownChallenge
	}
	var err error
	if o.proof, err = f.proofs.ByLink(r.Context(), f.db, o.token); err != nil {
		return o, explain(err)
	}
	if o.proof.Purpose == proof.ChangeEmail {
		return f.openChange(r, o)
	}
	_, err = f.flows.ByID(r.Context(), o.proof.FlowID, f.cookies.Browser(w, r))
	if err != nil && !errors.Is(err, flow.ErrOtherBrowser) && !errors.Is(err, flow.ErrUnknown) {
		return o, explain(err)
	}
	o.own = err == nil
	if !o.own && o.proof.Purpose == proof.Recover {
		return o, errLinkElsewhere
	}
	return o, nil
}

// openChange opens the link of a new address. It counts where the account is
// signed in: a stranger who presses the button must not prove their address for
// an account that is not theirs.
func (f *Function) openChange(r *http.Request, o opened) (opened, error) {
	own, err := f.holds(r, o.proof.UserID.String())
	if err != nil {
		return o, err
	}
	if !own {
		return o, errLinkElsewhere
	}
	o.own = true
	return o, nil
}

func (o opened) view() pages.View {
	view := pages.View{Page: "confirm", Purpose: string(o.proof.Purpose), Account: o.proof.Address}
	var waiting pending
	if json.Unmarshal(o.proof.Data, &waiting) == nil {
		view.Client = pages.Client{ID: waiting.Client, Name: waiting.ClientName}
	}
	return view
}

// after is where the link leads once it has been used.
func (o opened) after() string {
	switch {
	case o.proof.Purpose == proof.ChangeEmail:
		return pathAccount
	case o.own:
		return questionOf(o.proof.Purpose).after + "?flow=" + o.proof.FlowID
	}
	return pathConfirmed
}

func (f *Function) showConfirm(w http.ResponseWriter, r *http.Request) error {
	o, err := f.open(w, r)
	if err != nil {
		return err
	}
	if o.proof.UsedAt != nil {
		return f.openedAgain(w, r, o)
	}
	if o.proof.Expired(f.clock.Now()) {
		return o.expired()
	}
	return browser.Show(w, r, o.view())
}

// openedAgain answers a second press, or a second look at the mail. A code
// that was typed makes the link of the same mail a used one.
func (f *Function) openedAgain(w http.ResponseWriter, r *http.Request, o opened) error {
	if !o.own && o.proof.UsedBy != proof.ByLink {
		return errLinkUsed
	}
	return f.goTo(w, r, o.after())
}

// expired offers the browser of the flow to have another code sent.
func (o opened) expired() error {
	switch {
	case o.proof.Purpose == proof.ChangeEmail:
		return errExpired.Toward(pathAccount)
	case !o.own:
		return errExpired
	}
	return errExpired.Toward(questionOf(o.proof.Purpose).path + "?flow=" + o.proof.FlowID)
}

func (f *Function) confirm(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return parseFailed(err)
	}
	o, err := f.open(w, r)
	if err != nil {
		return err
	}
	browser.Keep(r, o.view())
	if action := r.PostForm.Get("action"); action != "" {
		return f.showIn(w, r, o.view(), pages.Chosen(action))
	}
	if err := f.mayPost(r); err != nil {
		return err
	}
	var used proof.Proof
	use := func(ctx context.Context, tx postgres.IDB) (p proof.Proof, err error) {
		used, err = f.proofs.UseLink(ctx, tx, o.token)
		return used, err
	}
	if o.proof.Purpose == proof.ChangeEmail {
		err = f.self.ConfirmEmail(r, o.proof.UserID, use)
	} else {
		used, err = f.settle(r, use)
	}
	switch {
	case errors.Is(err, proof.ErrUsed):
		o.proof = used
		return f.openedAgain(w, r, o)
	case errors.Is(err, proof.ErrExpired):
		return o.expired()
	case err != nil:
		return explain(err)
	case !o.own && used.UserID == uuid.Nil:
		browser.Keep(r, pages.View{})
		return errCannotRegister
	}
	return browser.Continue(w, r, o.after())
}

// showConfirmed is the end at a device that has only confirmed.
func (f *Function) showConfirmed(w http.ResponseWriter, r *http.Request) error {
	return browser.Show(w, r, pages.View{Page: "message", Alert: "confirmed_elsewhere"})
}
