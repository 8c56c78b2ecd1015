package selfservice

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/authway/authway/shared/client"
	"github.com/authway/authway/shared/hydra"
	"github.com/authway/authway/shared/oauth2"
	"github.com/authway/authway/shared/problem"
	"github.com/authway/authway/shared/session"
	"github.com/authway/authway/shared/tenant"
)

const (
	pathEnter   = "/account/sign-in"
	pathEntered = "/account/signed-in"
	clientName  = "Account"
)

// Pages of the account, the first being where one arrives without saying which.
var sections = []string{"profile", "security", "sessions", "apps", "history", "data"}

// dashboard is the section that is no page of the account: administration, whose
// sign-in is the account's.
const dashboard = "admin"

// address is where a section's page is. What is no section leads to the first.
func address(section string) string {
	if section == dashboard {
		return "/admin/"
	}
	if section == sections[0] || !slices.Contains(sections, section) {
		return "/account/"
	}
	return "/account/" + section
}

// enter sends the browser through the sign-in and back to a page of the account
// (page), or to one that a gateway protects (return). Which one is told by the
// state and nothing else by it: whoever makes up a state leads the browser where
// its own links could.
func (a *API) enter(w http.ResponseWriter, r *http.Request) error {
	query := r.URL.Query()
	home, err := a.home(r)
	if err != nil {
		return err
	}
	app := hydra.FirstParty{
		ID: client.AccountOf(home.Slug), Name: clientName, Tenant: home.Slug, RedirectURI: a.Public.JoinPath(pathEntered).String(),
	}
	if err := a.Hydra.EnsureFirstParty(r.Context(), app); err != nil {
		return a.Explain(err)
	}
	asked := url.Values{
		"client_id": {app.ID}, "redirect_uri": {app.RedirectURI}, "response_type": {"code"}, "scope": {"openid"},
		"state": {random() + "." + destination(query)},
		// Nobody has the verifier of this challenge: the code is worth nothing to
		// whoever finds it.
		"code_challenge": {random()}, "code_challenge_method": {"S256"},
	}
	if query.Get("fresh") != "" {
		asked.Set("prompt", "login")
	}
	if query.Get("factor") != "" {
		asked.Set("acr_values", oauth2.ACRTwo)
	}
	http.Redirect(w, r, a.Public.JoinPath("/oauth2/auth").String()+"?"+asked.Encode(), http.StatusSeeOther)
	return nil
}

// home is the tenant that is asked for, or the one of whoever is signed in.
func (a *API) home(r *http.Request) (tenant.Tenant, error) {
	if slug := r.URL.Query().Get("tenant"); slug != "" {
		t, err := a.tenants().BySlug(r.Context(), slug)
		if errors.Is(err, tenant.ErrUnknown) {
			return t, problem.NotFound.Because(err)
		}
		return t, a.Explain(err)
	}
	s, err := a.Sessions.ByToken(r.Context(), a.Cookies.Session(r))
	if errors.Is(err, session.ErrNone) {
		t, err := a.tenants().BySlug(r.Context(), "")
		return t, a.Explain(err)
	}
	if err != nil {
		return tenant.Tenant{}, a.Explain(err)
	}
	t, err := a.tenants().ByID(r.Context(), s.TenantID)
	return t, a.Explain(err)
}

func random() string {
	b := make([]byte, 32)
	_, _ = rand.Read(b)
	return base64.RawURLEncoding.EncodeToString(b)
}

// entered is where Hydra sends the browser after the sign-in. An error must not
// lead to the account's page: without a session that would ask Hydra again.
func (a *API) entered(w http.ResponseWriter, r *http.Request) error {
	query := r.URL.Query()
	_, to, _ := strings.Cut(query.Get("state"), ".")
	if query.Get("error") != "" {
		return problem.Denied.Toward(pathEnter)
	}
	http.Redirect(w, r, leads(to), http.StatusSeeOther)
	return nil
}
