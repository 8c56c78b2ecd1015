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
	mux.Handle("/", page(func(http.ResponseWriter, *http.Request) error { return problem.NotFound }))
	return guard.Guard{Problems: f.pages.Problems(), Audience: problem.Page}.Site(f.public, mux)
}
