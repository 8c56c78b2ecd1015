package admin

import (
	"net/http"

	"github.com/authway/authway/shared/guard"
	"github.com/authway/authway/shared/problem"
)

func (f *Function) routes() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", f.problems.For(problem.JSON, func(http.ResponseWriter, *http.Request) error { return problem.NotFound }))
	return guard.Guard{Problems: f.problems, Audience: problem.JSON}.Service(mux)
}
