package provider

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"sync/atomic"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/authway/authway/shared/clock"
	"github.com/authway/authway/shared/tenant"
)

var (
	// ErrUnknown says that there is no such provider for the tenant.
	ErrUnknown = errors.New("provider: unknown")
	// ErrUnavailable says that the provider did not answer in time, or said that it
	// cannot now.
	ErrUnavailable = errors.New("provider: unavailable")
	// ErrDenied says that the person refused at the provider (access_denied).
	ErrDenied = errors.New("provider: denied by the person")
	// ErrRefused says that the provider did not take the request: a mistake in the
	// settings, or a code that is old or was made for somebody else.
	ErrRefused = errors.New("provider: refused")
	// ErrAnswer says that the provider's answer does not hold: it is not for this
	// attempt, not signed as it has to be, or lacks what it has to say.
	ErrAnswer = errors.New("provider: the answer does not hold")
)

const (
	// callWithin bounds each call: somebody waits in front of a page.
	callWithin = 5 * time.Second
	// maxAnswer is more than any of the answers; the largest are key sets.
	maxAnswer = 1 << 20
)

// Set are the providers of an installation.
type Set struct {
	all []*Provider
}

// NewSet makes the providers that list describes, without asking any of them.
// public is Authway's own address.
func NewSet(public *url.URL, c clock.Clock, list []Settings) *Set {
	client := &http.Client{
		Timeout:       callWithin,
		Transport:     bounded{&http.Transport{Proxy: http.ProxyFromEnvironment, TLSHandshakeTimeout: callWithin, IdleConnTimeout: time.Minute}},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	set := &Set{}
	for _, s := range list {
		set.all = append(set.all, &Provider{
			Settings: s, clock: c, client: client, callback: public.JoinPath("login", "provider", s.ID, "callback").String(),
		})
	}
	return set
}

// For are the providers that a tenant's people may use, in the order of the
// settings.
func (s *Set) For(t tenant.Tenant) []*Provider {
	var theirs []*Provider
	for _, p := range s.all {
		if (p.Tenants == nil || slices.Contains(p.Tenants, t.Slug)) && t.Offers(p.ID) {
			theirs = append(theirs, p)
		}
	}
	return theirs
}

// ByID finds a provider that a tenant's people may use, or returns ErrUnknown.
func (s *Set) ByID(id string, t tenant.Tenant) (*Provider, error) {
	for _, p := range s.For(t) {
		if p.ID == id {
			return p, nil
		}
	}
	return nil, ErrUnknown
}

// Name is what people know a provider by. One that is offered no longer goes by
// its id.
func (s *Set) Name(id string) string {
	for _, p := range s.all {
		if p.ID == id {
			return p.Settings.Name
		}
	}
	return id
}

// Provider is one of them. It is safe for concurrent use.
type Provider struct {
	Settings

	clock    clock.Clock
	client   *http.Client
	callback string
	known    atomic.Pointer[discovered]
}

// discovered is what the provider says of itself.
type discovered struct {
	provider *oidc.Provider
	config   oauth2.Config
	keys     oidc.KeySet
	metadata metadata
}

type metadata struct {
	Keys        string   `json:"jwks_uri"`
	AuthMethods []string `json:"token_endpoint_auth_methods_supported"`
	// NamesIssuer is RFC 9207 section 3.
	NamesIssuer bool `json:"authorization_response_iss_parameter_supported"`
}

// discover asks the provider what it is like, once it has answered never again.
// Calls at the same time each ask: none has to wait for another's time-out.
func (p *Provider) discover(ctx context.Context) (*discovered, error) {
	if known := p.known.Load(); known != nil {
		return known, nil
	}
	found, err := oidc.NewProvider(p.calling(ctx), p.Issuer)
	if mismatch := (*oidc.IssuerMismatchError)(nil); errors.As(err, &mismatch) {
		return nil, fmt.Errorf("%w: %s names another issuer than the settings do", ErrAnswer, p.ID)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: discovery of %s: %w", ErrUnavailable, p.ID, cause(err))
	}
	d := &discovered{provider: found}
	if err := found.Claims(&d.metadata); err != nil {
		return nil, fmt.Errorf("%w: the configuration of %s: %w", ErrAnswer, p.ID, err)
	}
	d.config = oauth2.Config{
		ClientID: p.ClientID, ClientSecret: p.secret, Endpoint: found.Endpoint(), RedirectURL: p.callback, Scopes: p.Scopes,
	}
	if d.config.Endpoint.AuthURL == "" || d.config.Endpoint.TokenURL == "" || d.metadata.Keys == "" {
		return nil, fmt.Errorf("%w: %s does not say where it signs people in", ErrAnswer, p.ID)
	}
	// The default is client_secret_basic (RFC 8414 section 2). Trying both would
	// spend the code on the first.
	d.config.Endpoint.AuthStyle = oauth2.AuthStyleInHeader
	if methods := d.metadata.AuthMethods; methods != nil && !slices.Contains(methods, "client_secret_basic") {
		d.config.Endpoint.AuthStyle = oauth2.AuthStyleInParams
	}
	// The keys are fetched with the first token and kept; another request's end is
	// not to take them away.
	d.keys = oidc.NewRemoteKeySet(p.calling(context.Background()), d.metadata.Keys)
	p.known.Store(d)
	return d, nil
}

// calling is ctx for calls to the provider. The client is the one that key sets
// keep for later calls as well.
func (p *Provider) calling(ctx context.Context) context.Context {
	return oidc.ClientContext(ctx, p.client)
}

// cause leaves out the address of a failed call: at the end of a sign-in it
// would be of the length of a page.
func cause(err error) error {
	if failed, ok := errors.AsType[*url.Error](err); ok {
		return failed.Err
	}
	return err
}

// bounded cuts answers off: go-oidc reads all there is.
type bounded struct{ http.RoundTripper }

func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := b.RoundTripper.RoundTrip(r)
	if err == nil {
		response.Body = struct {
			io.Reader
			io.Closer
		}{io.LimitReader(response.Body, maxAnswer), response.Body}
	}
	return response, err
}
