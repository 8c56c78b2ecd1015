package login

import (
	"context"
	"errors"
	"net/http"
	"sync/atomic"

	"github.com/authway/authway/functions/login/selfservice"
	"github.com/authway/authway/shared/account"
	"github.com/authway/authway/shared/breached"
	"github.com/authway/authway/shared/browser"
	"github.com/authway/authway/shared/clock"
	"github.com/authway/authway/shared/credential"
	"github.com/authway/authway/shared/factor"
	"github.com/authway/authway/shared/flow"
	"github.com/authway/authway/shared/identity"
	"github.com/authway/authway/shared/limit"
	"github.com/authway/authway/shared/outbox"
	"github.com/authway/authway/shared/passkey"
	"github.com/authway/authway/shared/proof"
	"github.com/authway/authway/shared/provider"
	"github.com/authway/authway/shared/serve"
	"github.com/authway/authway/shared/session"
	"github.com/authway/authway/shared/tenant"
)

// Function answers the requests of people who sign in, and Hydra's callback.
type Function struct {
	settings

	handler     http.Handler
	clock       clock.Clock
	pages       browser.Pages
	cookies     browser.Cookies
	hasher      *credential.Hasher
	gate        *gate
	tenants     tenant.Store
	accounts    account.Store
	credentials credential.Store
	breached    breached.Store
	factors     factor.Store
	passkeys    passkey.Store
	sessions    session.Store
	flows       flow.Store
	answers     flow.Answers
	proofs      proof.Store
	identities  identity.Store
	providers   *provider.Set
	outbox      outbox.Store
	limits      *limit.Limiter
	counts      counts
	self        selfservice.API
	parts       serve.Parts
	// noted says that the providers have been.
	noted atomic.Bool
}

// Handle answers one request.
func (f *Function) Handle(w http.ResponseWriter, r *http.Request) { f.handler.ServeHTTP(w, r) }

// Alive is true as long as the process answers.
func (f *Function) Alive(context.Context) (bool, error) { return true, nil }

// Ready reports which of PostgreSQL and Hydra does not answer. Without Redis it is slower and stricter, and answers.
// The first time that all is well, it notes which providers are configured.
func (f *Function) Ready(ctx context.Context) (bool, error) {
	ready, err := f.parts.Ready(ctx)
	if ready && err == nil {
		f.noteProviders(ctx)
	}
	return ready, err
}

// Stop closes the connections.
func (f *Function) Stop(context.Context) error { return errors.Join(f.db.Close(), f.cache.Close()) }
