package demo

import (
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/authway/authway/shared/problem"
)

// What can go wrong on the way back, in the demo's own words.
var (
	errUnavailable = problem.New(http.StatusBadGateway, "provider_unavailable", "Authway did not answer.")
	errForeign     = problem.New(http.StatusBadRequest, "unknown_state", "This sign-in was begun in another browser, took too long, or has been used already.")
	errProvider    = problem.New(http.StatusBadRequest, "refused", "Authway did not sign you in.")
	errTokens      = problem.New(http.StatusBadGateway, "bad_tokens", "Authway's answer could not be verified, so nobody was signed in.")
)

// signIn sends the browser to the provider. With register it asks for the page
// that makes an account (OpenID Connect prompt, in Hydra's spelling).
func (d *demo) signIn(w http.ResponseWriter, r *http.Request) error {
	ctx, cancel := d.calling(r)
	defer cancel()
	p, err := d.provider.discover(ctx)
	if err != nil {
		return errUnavailable.Because(err)
	}
	who := d.visitors.of(r)
	if who == nil {
		who = &visitor{}
		d.visitors.greet(w, r, who)
	}
	a := attempt{nonce: random(), verifier: oauth2.GenerateVerifier()}
	options := []oauth2.AuthCodeOption{oidc.Nonce(a.nonce), oauth2.S256ChallengeOption(a.verifier)}
	if r.FormValue("register") != "" {
		options = append(options, oauth2.SetAuthURLParam("prompt", "registration"))
	}
	state := who.begin(a, d.Clock.Now())
	http.Redirect(w, r, d.client(p).AuthCodeURL(state, options...), http.StatusSeeOther)
	return nil
}

// callback is where the provider sends the browser back to.
func (d *demo) callback(w http.ResponseWriter, r *http.Request) error {
	query := r.URL.Query()
	who := d.visitors.of(r)
	if who == nil {
		return errForeign
	}
	a, ok := who.finish(query.Get("state"), d.Clock.Now())
	if !ok {
		if who.isSignedIn() {
			// Reloaded, or gone back to: the first time did it.
			http.Redirect(w, r, HomePath, http.StatusSeeOther)
			return nil
		}
		return errForeign
	}
	if code := query.Get("error"); code != "" {
		return errProvider.Because(refusal{code, query.Get("error_description")})
	}
	in, err := d.redeem(r, query.Get("code"), a)
	if err != nil {
		return err
	}
	who.enter(in)
	d.visitors.greet(w, r, who)
	http.Redirect(w, r, HomePath, http.StatusSeeOther)
	return nil
}

// redeem exchanges the code and checks what comes back.
func (d *demo) redeem(r *http.Request, code string, a attempt) (*signedIn, error) {
	ctx, cancel := d.calling(r)
	defer cancel()
	p, err := d.provider.discover(ctx)
	if err != nil {
		return nil, errUnavailable.Because(err)
	}
	token, err := d.client(p).Exchange(ctx, code, oauth2.VerifierOption(a.verifier))
	if err != nil {
		return nil, tokenError(err)
	}
	in, id, err := d.verify(r, token)
	if err != nil {
		return nil, errTokens.Because(err)
	}
	if subtle.ConstantTimeCompare([]byte(id.Nonce), []byte(a.nonce)) != 1 {
		return nil, errTokens.Because(errors.New("the nonce is not the one that was sent"))
	}
	return in, nil
}

// verify checks the ID token that came with a token response.
func (d *demo) verify(r *http.Request, token *oauth2.Token) (*signedIn, *oidc.IDToken, error) {
	ctx, cancel := d.calling(r)
	defer cancel()
	p, err := d.provider.discover(ctx)
	if err != nil {
		return nil, nil, err
	}
	raw, _ := token.Extra("id_token").(string)
	if raw == "" {
		return nil, nil, errors.New("there is no ID token")
	}
	id, err := verifier(p).Verify(ctx, raw)
	if err != nil {
		return nil, nil, err
	}
	in := &signedIn{token: token, raw: raw}
	return in, id, id.Claims(&in.claims)
}

// refusal is what the provider says in its own words.
type refusal struct{ code, description string }

func (r refusal) Error() string { return fmt.Sprintf("%s: %s", r.code, r.description) }

// tokenError tells a provider that says no from one that does not answer.
func tokenError(err error) error {
	var no *oauth2.RetrieveError
	if errors.As(err, &no) && no.ErrorCode != "" {
		return errProvider.Because(refusal{no.ErrorCode, no.ErrorDescription})
	}
	return errUnavailable.Because(err)
}
