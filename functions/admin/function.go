package admin

import (
	"context"
	"errors"
	"net/http"

	"github.com/authway/authway/shared/browser"
	"github.com/authway/authway/shared/clock"
	"github.com/authway/authway/shared/problem"
	"github.com/authway/authway/shared/revocation"
	"github.com/authway/authway/shared/serve"
	"github.com/authway/authway/shared/session"
)

// Function is the function's life.
type Function struct {
	settings

	handler  http.Handler
	clock    clock.Clock
	problems problem.Writer
	cookies  browser.Cookies
	sessions session.Store
	revoker  revocation.Revoker
	parts    serve.Parts
	// leaving ends when the server begins to stop, which leave tells.
	leaving context.Context
	leave   context.CancelFunc
}

// Handle answers one request.
func (f *Function) Handle(w http.ResponseWriter, r *http.Request) { f.handler.ServeHTTP(w, r) }

// Alive is true as long as the process answers.
func (f *Function) Alive(context.Context) (bool, error) { return true, nil }

// Ready reports which of PostgreSQL and Hydra does not answer.
func (f *Function) Ready(ctx context.Context) (bool, error) { return f.parts.Ready(ctx) }

// Leave ends what goes on for as long as somebody listens.
func (f *Function) Leave() { f.leave() }

// Stop closes the connections.
func (f *Function) Stop(context.Context) error { return errors.Join(f.db.Close(), f.cache.Close()) }
