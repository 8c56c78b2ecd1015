package harness

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	htmltemplate "html/template"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/authway/authway/functions/standalone/parts"
	"github.com/authway/authway/shared/account"
)

// The providers that the system is told of. All but ProviderDown are the same
// server; ProviderTrusted is believed what it says of addresses, and
// ProviderClosed is offered to the tenant of that slug alone.
const (
	ProviderOpen    = "acme"
	ProviderTrusted = "acme-trusted"
	ProviderClosed  = "acme-closed"
	ProviderDown    = "acme-down"
	ClosedTenant    = "closed"
)

const providerSecret = "what Authway shows to the provider"

// Provider is an OpenID Connect provider that people have accounts at: an Ory
// Hydra of its own, behind pages that believe whatever they are told.
type Provider struct {
	// URL is its issuer.
	URL string

	listener net.Listener
	server   http.Server
	onward   http.Handler
	admin    string
}

var newProvider = sync.OnceValues(func() (*Provider, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &Provider{URL: "http://" + listener.Addr().String(), listener: listener}
	AtEnd(func(context.Context) error {
		// The server closes it, if there was one.
		if err := listener.Close(); !errors.Is(err, net.ErrClosed) {
			return err
		}
		return nil
	})
	return p, nil
})

// providerSettings are OIDC_PROVIDERS of the system.
func providerSettings(issuer string) string {
	entry := func(id, issuer, more string) string {
		return fmt.Sprintf(`{"id": %q, "name": %q, "issuer": %q, "client_id": "authway", "client_secret": %q%s}`,
			id, "Name of "+id, issuer, providerSecret, more)
	}
	return "[" + strings.Join([]string{
		entry(ProviderOpen, issuer, ""),
		entry(ProviderTrusted, issuer, `, "trust_email": true`),
		entry(ProviderClosed, issuer, `, "tenants": [`+fmt.Sprintf("%q", ClosedTenant)+`]`),
		entry(ProviderDown, "http://127.0.0.1:1", ""),
	}, ",") + "]"
}

// Provider starts the provider, once for all tests.
func (s *System) Provider(t testing.TB) *Provider {
	t.Helper()
	s.provider.Do(func() { s.provider.is, s.provider.err = s.startProvider() })
	if s.provider.err != nil {
		t.Fatalf("harness: the provider: %v", s.provider.err)
	}
	return s.provider.is
}

func (s *System) startProvider() (*Provider, error) {
	ctx := context.Background()
	p, err := newProvider()
	if err != nil {
		return nil, err
	}
	database, err := startServer()
	if err != nil {
		return nil, err
	}
	if _, err := database.admin.ExecContext(ctx, "CREATE DATABASE provider OWNER "+owner); err != nil {
		return nil, err
	}
	if err := p.startHydra(ctx, database.URL(owner, password, "provider")); err != nil {
		return nil, err
	}
	var redirects []string
	for _, id := range []string{ProviderOpen, ProviderTrusted, ProviderClosed} {
		redirects = append(redirects, s.Endpoints.URL+"/login/provider/"+id+"/callback")
	}
	return p, parts.PutClient(ctx, p.admin, "authway", map[string]any{
		"client_id": "authway", "client_secret": providerSecret, "redirect_uris": redirects,
		"grant_types": []string{"authorization_code"}, "response_types": []string{"code"}, "scope": "openid email profile",
		"token_endpoint_auth_method": "client_secret_basic",
	})
}

func (p *Provider) startHydra(ctx context.Context, database string) error {
	data, program, err := hydraProgram(ctx, "authway-provider-")
	if err != nil {
		return err
	}
	hydra, err := parts.ReserveHydra(data, program)
	if err != nil {
		return err
	}
	AtEnd(hydra.Stop)
	issuer, public := mustParse(p.URL), mustParse(hydra.Public)
	p.admin = hydra.Admin
	p.onward = &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(public)
		r.Out.Host = r.In.Host
	}}
	p.server.Handler = p.routes()
	go func() { _ = p.server.Serve(p.listener) }()
	AtEnd(p.server.Shutdown)
	if err := program.Migrate(ctx, data, database); err != nil {
		return err
	}
	secret := strings.Repeat("secret of the provider ", 2)
	return hydra.Start(ctx, parts.HydraSettings{
		Issuer: issuer, Login: p.URL, Token: p.URL, HookKey: HydraKey, Database: database,
		System: secret, Cookie: secret, Pagination: secret,
	})
}

func mustParse(address string) *url.URL {
	parsed, err := url.Parse(address)
	if err != nil {
		panic(err)
	}
	return parsed
}

func (p *Provider) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /login", p.page(p.showLogin))
	mux.HandleFunc("POST /login", p.page(p.login))
	mux.HandleFunc("GET /consent", p.page(p.consent))
	mux.HandleFunc("POST /hooks/token", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	mux.Handle("/", p.onward)
	return mux
}

func (p *Provider) page(h func(http.ResponseWriter, *http.Request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := h(w, r); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	}
}

var providerPage = htmltemplate.Must(htmltemplate.New("").Parse(`<!doctype html><title>Provider</title><main><h1>Who are you?</h1>
<form method="post"><input name="subject"><input name="email"><input name="name"><input type="checkbox" name="verified">
<button>Sign in</button><button name="action" value="deny">Cancel</button></form></main>`))

// who is what the provider says of somebody.
type who struct {
	Email    string `json:"email,omitempty"`
	Verified bool   `json:"email_verified"`
	Name     string `json:"name,omitempty"`
}

func (p *Provider) showLogin(w http.ResponseWriter, r *http.Request) error {
	challenge := r.URL.Query().Get("login_challenge")
	var request struct {
		Skip    bool   `json:"skip"`
		Subject string `json:"subject"`
		Context who    `json:"context"`
	}
	if err := p.call(r.Context(), http.MethodGet, "login?login_challenge="+url.QueryEscape(challenge), nil, &request); err != nil {
		return err
	}
	if request.Skip {
		return p.answer(w, r, "login/accept?login_challenge="+url.QueryEscape(challenge), map[string]any{"subject": request.Subject})
	}
	return providerPage.Execute(w, nil)
}

func (p *Provider) login(w http.ResponseWriter, r *http.Request) error {
	query := "?login_challenge=" + url.QueryEscape(r.URL.Query().Get("login_challenge"))
	if r.FormValue("action") == "deny" {
		return p.answer(w, r, "login/reject"+query, map[string]any{"error": "access_denied"})
	}
	return p.answer(w, r, "login/accept"+query, map[string]any{
		"subject": r.FormValue("subject"), "remember": true,
		"context": who{r.FormValue("email"), r.FormValue("verified") != "", r.FormValue("name")},
	})
}

// consent is given by everybody, and the claims go into the ID token. Whoever
// was remembered is somebody with a subject and nothing else.
func (p *Provider) consent(w http.ResponseWriter, r *http.Request) error {
	query := "?consent_challenge=" + url.QueryEscape(r.URL.Query().Get("consent_challenge"))
	var request struct {
		Scope   []string `json:"requested_scope"`
		Context who      `json:"context"`
	}
	if err := p.call(r.Context(), http.MethodGet, "consent"+query, nil, &request); err != nil {
		return err
	}
	return p.answer(w, r, "consent/accept"+query, map[string]any{
		"grant_scope": request.Scope, "session": map[string]any{"id_token": request.Context},
	})
}

func (p *Provider) answer(w http.ResponseWriter, r *http.Request, path string, body any) error {
	var answer struct {
		RedirectTo string `json:"redirect_to"`
	}
	if err := p.call(r.Context(), http.MethodPut, path, body, &answer); err != nil {
		return err
	}
	http.Redirect(w, r, answer.RedirectTo, http.StatusSeeOther)
	return nil
}

func (p *Provider) call(ctx context.Context, method, path string, body, answer any) error {
	encoded, err := json.Marshal(body)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, method, p.admin+"/admin/oauth2/auth/requests/"+path, bytes.NewReader(encoded))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = errors.New(response.Status + " " + string(text))
	}
	if err != nil {
		return err
	}
	return json.Unmarshal(text, answer)
}

// Link is where the page's link whose address begins with prefix leads, or "".
func (p *Page) Link(prefix string) string {
	for n := range p.root.Descendants() {
		if n.Data == "a" && strings.HasPrefix(attribute(n, "href"), prefix) {
			return attribute(n, "href")
		}
	}
	return ""
}

// Follow goes where the page's link whose address begins with prefix leads.
func (p *Page) Follow(prefix string) *Page {
	p.visitor.t.Helper()
	target, err := p.URL.Parse(p.Link(prefix))
	if err != nil || p.Link(prefix) == "" {
		p.visitor.t.Fatalf("harness: the page %s has no link %s: %s", p.URL.Path, prefix, p.Text())
	}
	return p.visitor.Open(target.String())
}

// TryOpen is Open for use outside of the test's own goroutine.
func (v *Visitor) TryOpen(address string) (*Page, error) {
	request, err := http.NewRequestWithContext(v.t.Context(), http.MethodGet, address, http.NoBody)
	if err != nil {
		return nil, err
	}
	return v.follow(request)
}

// VerifyEmail makes an account's address a proved one.
func (s *System) VerifyEmail(t testing.TB, email string) {
	t.Helper()
	s.exec(t, "UPDATE users SET email_verified_at = now() WHERE email_key = ?", account.EmailKey(email))
}

// Identities are the providers that an account is linked to.
func (s *System) Identities(t testing.TB, email string) (providers []string) {
	t.Helper()
	err := s.db.NewSelect().Table("identities").Column("provider").
		Where("user_id IN (SELECT id FROM users WHERE email_key = ?)", account.EmailKey(email)).OrderExpr("created_at").
		Scan(t.Context(), &providers)
	if err != nil {
		t.Fatal(err)
	}
	return providers
}

// OpenFrom is Open after a press on a page of another site, same-site or
// cross-site in the words of Sec-Fetch-Site.
func (v *Visitor) OpenFrom(site, address string) *Page {
	v.t.Helper()
	request, err := http.NewRequestWithContext(v.t.Context(), http.MethodGet, address, http.NoBody)
	if err != nil {
		v.t.Fatal(err)
	}
	request.Header.Set("Sec-Fetch-Site", site)
	page, err := v.follow(request)
	if err != nil {
		v.t.Fatal(err)
	}
	return page
}
