package login

import (
	"net/http"

	"github.com/authway/authway/shared/guard"
	"github.com/authway/authway/shared/problem"
)

func (f *Function) routes() http.Handler {
	page := f.pages.Handle
	people := http.NewServeMux()
	people.Handle("GET /login", page(f.showSignIn))
	people.Handle("POST /login", page(f.signIn))
	people.Handle("GET /api/login/flow", page(f.describeFlow))
	people.Handle("POST /register", page(f.register))
	people.Handle("GET /logout", page(f.showLogout))
	people.Handle("POST /logout", page(f.logout))
	people.Handle("GET /signed-out", page(f.showSignedOut))
	people.Handle("GET /error", page(f.showError))
	people.Handle("/", page(func(http.ResponseWriter, *http.Request) error { return problem.NotFound }))

	// Called by Hydra, never routed by the edge.
	private := http.NewServeMux()
	private.Handle("DELETE /admin/sessions/{id}", f.pages.Problems().For(problem.JSON, f.endSession))

	all := http.NewServeMux()
	all.Handle("/", guard.Guard{Problems: f.pages.Problems(), Audience: problem.Page}.Site(f.public, people))
	all.Handle("/admin/sessions/", guard.Guard{Problems: f.pages.Problems(), Audience: problem.JSON}.Service(private))
	return all
}
