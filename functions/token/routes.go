package token

import (
	"net/http"

	"github.com/authway/authway/shared/guard"
	"github.com/authway/authway/shared/problem"
)

func (f *Function) routes() http.Handler {
	program := func(h problem.Handler) http.Handler { return f.problems.For(problem.OAuth, h) }
	mux := http.NewServeMux()
	mux.Handle("POST /hooks/token", program(f.onlyHydra(f.tokenHook)))
	mux.Handle("POST /hooks/refresh", program(f.onlyHydra(f.refreshHook)))
	mux.Handle("GET /token/verify", program(f.verify))
	mux.Handle("POST /token/introspect", program(f.introspectToken))
	mux.Handle("POST /token/exchange", program(f.exchange))
	mux.Handle("POST /oauth2/revoke", program(f.revoke))
	// Hydra answers for CORS and for methods that are not allowed.
	mux.Handle("/oauth2/revoke", f.hydraPublic)
	mux.Handle("GET /.well-known/authway/jwks.json", f.problems.For(problem.JSON, f.jwks))
	mux.Handle("/", program(func(http.ResponseWriter, *http.Request) error { return problem.NotFound }))
	return guard.Guard{Problems: f.problems, Audience: problem.OAuth}.Service(mux)
}

func (f *Function) onlyHydra(h problem.Handler) problem.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		if !f.hydraKey.Shown(r) {
			return problem.Unauthenticated
		}
		return h(w, r)
	}
}
