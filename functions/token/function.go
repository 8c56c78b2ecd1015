package token

import (
	"context"
	"errors"
	"net/http"

	"github.com/authway/authway/shared/account"
	"github.com/authway/authway/shared/browser"
	"github.com/authway/authway/shared/clock"
	"github.com/authway/authway/shared/grant"
	"github.com/authway/authway/shared/hydra"
	"github.com/authway/authway/shared/keyring"
	"github.com/authway/authway/shared/meter"
	"github.com/authway/authway/shared/problem"
	"github.com/authway/authway/shared/resource"
	"github.com/authway/authway/shared/revoked"
	"github.com/authway/authway/shared/serve"
	"github.com/authway/authway/shared/session"
	"github.com/authway/authway/shared/telemetry"
	"github.com/authway/authway/shared/tenant"
	"github.com/authway/authway/shared/tokens"
)

// Function answers Hydra's token hooks, gateways and resource servers.
type Function struct {
	settings

	handler  http.Handler
	clock    clock.Clock
	problems problem.Writer
	tenants  tenant.Store
	accounts account.Store
	sessions session.Store
	cookies  browser.Cookies
	ring     *keyring.Ring
	issuer   *tokens.Issuer
	board    revoked.Board
	// resources are asked through servers, which believes what it was told for a
	// moment, as meanings, verdicts and homes do.
	resources resource.Store
	servers   recent[resource.Server]
	homes     recent[string]
	meanings  recent[meaning]
	verdicts  recent[verdict]
	// looked counts the meanings that were known.
	looked telemetry.Lookups
	// apps are asked for at a refresh.
	apps  recent[hydra.App]
	rules grant.Warner
	// granted counts tokens.
	granted *meter.Meter
	used    used
	// room bounds what is passed on by endpoint.
	room *room
	// hydraPublic passes requests on to Hydra's public side.
	hydraPublic http.Handler
	parts       serve.Parts
}

// Handle answers one request.
func (f *Function) Handle(w http.ResponseWriter, r *http.Request) { f.handler.ServeHTTP(w, r) }

// Alive is true as long as the process answers.
func (f *Function) Alive(context.Context) (bool, error) { return true, nil }

// Ready reports whether PostgreSQL answers.
func (f *Function) Ready(ctx context.Context) (bool, error) { return f.parts.Ready(ctx) }

// Stop closes the connections.
func (f *Function) Stop(context.Context) error {
	f.used.wait()
	return errors.Join(f.db.Close(), f.cache.Close())
}
