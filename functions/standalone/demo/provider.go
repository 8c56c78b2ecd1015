package demo

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// providerTimeout bounds every call to the provider.
const providerTimeout = 10 * time.Second

// provider is discovered when it is first needed: the demo starts before the
// provider does, and outlives its restarts.
type provider struct {
	issuer string
	http   *http.Client

	mu    sync.Mutex
	found *oidc.Provider
	// end is where signing out happens (end_session_endpoint).
	end string
}

func (p *provider) discover(ctx context.Context) (*oidc.Provider, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.found != nil {
		return p.found, nil
	}
	// The provider keeps this context for fetching keys: it must not end with the request.
	found, err := oidc.NewProvider(oidc.ClientContext(context.WithoutCancel(ctx), p.http), p.issuer)
	if err != nil {
		return nil, fmt.Errorf("discovery: %w", err)
	}
	var more struct {
		End string `json:"end_session_endpoint"`
	}
	if err := found.Claims(&more); err != nil {
		return nil, fmt.Errorf("discovery: %w", err)
	}
	p.found, p.end = found, more.End
	return found, nil
}

// verifier checks ID tokens. The algorithms are named because Hydra's discovery
// document claims RS256 alone, whatever its keys are. Both are asymmetric:
// there is no secret of ours that a forger could sign with.
func verifier(p *oidc.Provider) *oidc.IDTokenVerifier {
	return p.Verifier(&oidc.Config{ClientID: ClientID, SupportedSigningAlgs: []string{oidc.ES256, oidc.RS256}})
}

func (d *demo) client(p *oidc.Provider) *oauth2.Config {
	endpoint := p.Endpoint()
	// A public client sends its name in the form, and no Authorization header.
	endpoint.AuthStyle = oauth2.AuthStyleInParams
	return &oauth2.Config{ClientID: ClientID, Endpoint: endpoint, RedirectURL: d.address(CallbackPath), Scopes: Scopes}
}

func (d *demo) calling(r *http.Request) (context.Context, context.CancelFunc) {
	return context.WithTimeout(oidc.ClientContext(r.Context(), d.HTTP), providerTimeout)
}
