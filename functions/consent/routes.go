package consent

import (
	"net/http"

	"github.com/authway/authway/shared/guard"
	"github.com/authway/authway/shared/problem"
)

func (f *Function) routes() http.Handler {
	page := f.pages.Handle
	mux := http.NewServeMux()
	mux.Handle("GET /consent", page(f.show))
	mux.Handle("POST /consent", page(f.decide))
	script := func(h problem.Handler) http.Handler { return f.pages.Problems().For(problem.JSON, h) }
	mux.Handle("GET /api/account/apps", script(f.listApps))
	mux.Handle("DELETE /api/account/apps/{id}", script(f.revokeApp))
	mux.Handle("/", page(func(http.ResponseWriter, *http.Request) error { return problem.NotFound }))
	return guard.Guard{Problems: f.pages.Problems(), Audience: problem.Page}.Site(f.public, mux)
}
