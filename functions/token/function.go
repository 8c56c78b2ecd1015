package token

import (
	"context"
	"net/http"

	"github.com/authway/authway/shared/account"
	"github.com/authway/authway/shared/clock"
	"github.com/authway/authway/shared/problem"
	"github.com/authway/authway/shared/serve"
	"github.com/authway/authway/shared/tenant"
)

// Function answers Hydra's token hooks.
type Function struct {
	settings

	handler  http.Handler
	clock    clock.Clock
	problems problem.Writer
	tenants  tenant.Store
	accounts account.Store
	parts    serve.Parts
}

// Handle answers one request.
func (f *Function) Handle(w http.ResponseWriter, r *http.Request) { f.handler.ServeHTTP(w, r) }

// Alive is true as long as the process answers.
func (f *Function) Alive(context.Context) (bool, error) { return true, nil }

// Ready reports whether PostgreSQL answers.
func (f *Function) Ready(ctx context.Context) (bool, error) { return f.parts.Ready(ctx) }

// Stop closes the connections.
func (f *Function) Stop(context.Context) error { return f.db.Close() }
