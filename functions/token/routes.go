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
