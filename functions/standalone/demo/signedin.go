package demo

import (
	"errors"
	"net/http"
	"net/url"

	"golang.org/x/oauth2"
)

// needed is what every button on the signed-in page starts with.
func (d *demo) needed(w http.ResponseWriter, r *http.Request) *visitor {
	who := d.visitors.of(r)
	if who != nil {
		who.mu.Lock()
		if who.signedIn != nil {
			return who
		}
		who.mu.Unlock()
	}
	http.Redirect(w, r, HomePath, http.StatusSeeOther)
	return nil
}

// userInfo asks the provider about the person, with the access token.
func (d *demo) userInfo(w http.ResponseWriter, r *http.Request) error {
	who := d.needed(w, r)
	if who == nil {
		return nil
	}
	defer who.mu.Unlock()
	ctx, cancel := d.calling(r)
	defer cancel()
	p, err := d.provider.discover(ctx)
	if err != nil {
		return errUnavailable.Because(err)
	}
	in := who.signedIn
	info, err := p.UserInfo(ctx, oauth2.StaticTokenSource(in.token))
	if err != nil {
		in.note, in.details = "The user info endpoint refused. The access token has probably expired: refresh it.", nil
		d.Log.InfoContext(r.Context(), "userinfo", "cause", err)
	} else {
		in.note, in.details = "", map[string]any{}
		if err := info.Claims(&in.details); err != nil {
			return errTokens.Because(err)
		}
	}
	http.Redirect(w, r, HomePath, http.StatusSeeOther)
	return nil
}

// refresh trades the refresh token for new tokens.
func (d *demo) refresh(w http.ResponseWriter, r *http.Request) error {
	who := d.needed(w, r)
	if who == nil {
		return nil
	}
	defer who.mu.Unlock()
	ctx, cancel := d.calling(r)
	defer cancel()
	p, err := d.provider.discover(ctx)
	if err != nil {
		return errUnavailable.Because(err)
	}
	old := who.signedIn
	if old.token.RefreshToken == "" {
		old.note, old.details = "There is no refresh token: offline access was not granted.", nil
		http.Redirect(w, r, HomePath, http.StatusSeeOther)
		return nil
	}
	token, err := d.client(p).TokenSource(ctx, &oauth2.Token{RefreshToken: old.token.RefreshToken}).Token()
	if err != nil {
		if err = tokenError(err); errors.Is(err, errProvider) {
			// The grant is over: the person or an administrator ended it.
			who.signedIn = nil
		}
		return err
	}
	fresh, id, err := d.verify(r, token)
	if err != nil {
		return errTokens.Because(err)
	}
	if id.Subject != old.claims["sub"] {
		// OpenID Connect Core 12.2: the subject must not change.
		who.signedIn = nil
		return errTokens
	}
	fresh.note = "New tokens, from the refresh token. The old refresh token is spent."
	who.signedIn = fresh
	http.Redirect(w, r, HomePath, http.StatusSeeOther)
	return nil
}

// signOut forgets the person here, then at the provider.
func (d *demo) signOut(w http.ResponseWriter, r *http.Request) error {
	who := d.needed(w, r)
	if who == nil {
		return nil
	}
	defer who.mu.Unlock()
	ctx, cancel := d.calling(r)
	defer cancel()
	if _, err := d.provider.discover(ctx); err != nil {
		return errUnavailable.Because(err)
	}
	end, err := url.Parse(d.provider.end)
	if err != nil || d.provider.end == "" {
		return errUnavailable
	}
	query := end.Query()
	query.Set("id_token_hint", who.signedIn.raw)
	query.Set("post_logout_redirect_uri", d.address(HomePath))
	query.Set("state", "signed-out")
	end.RawQuery = query.Encode()
	who.signedIn = nil
	http.Redirect(w, r, end.String(), http.StatusSeeOther)
	return nil
}
