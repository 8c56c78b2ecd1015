package token

import (
	"net/http"
	"strings"

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
	mux.Handle("POST /oauth2/token", program(f.endpoint))
	mux.Handle("/oauth2/token", f.hydraPublic)
	mux.Handle("POST /oauth2/revoke", program(f.revoke))
	// Hydra answers for methods that are not allowed, and tells browsers, here as for a
	// revocation, which origins may read that. Introspection and exchange say nothing to
	// browsers: servers ask them, with a secret that no page can keep.
	mux.Handle("/oauth2/revoke", f.hydraPublic)
	mux.Handle("GET /.well-known/authway/jwks.json", f.problems.For(problem.JSON, f.jwks))
	mux.Handle("/", program(func(http.ResponseWriter, *http.Request) error { return problem.NotFound }))
	return guard.Guard{Problems: f.problems, Audience: problem.OAuth}.Service(beforeEnvoy(program(f.verifyEnvoy), mux))
}

// beforeEnvoy takes what Envoy asks out before the mux, which would send a path with
// dots or two slashes in it on to another one, and Envoy the visitor after it.
func beforeEnvoy(envoy, rest http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasPrefix(r.RequestURI, envoyPrefix) {
			rest.ServeHTTP(w, r)
			return
		}
		r.Pattern = envoyPrefix
		envoy.ServeHTTP(w, r)
	})
}

func (f *Function) onlyHydra(h problem.Handler) problem.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		if !f.hydraKey.Shown(r) {
			return problem.Unauthenticated
		}
		return h(w, r)
	}
}
