package maintenance

import (
	"net/http"

	"github.com/authway/authway/shared/guard"
	"github.com/authway/authway/shared/problem"
)

func (f *Function) routes() http.Handler {
	handle := func(h problem.Handler) http.Handler { return f.problems.For(problem.JSON, h) }
	mux := http.NewServeMux()
	mux.Handle("POST /events", handle(f.receive))
	mux.Handle("POST /events/dead", handle(f.receiveDead))
	mux.Handle("/", handle(func(http.ResponseWriter, *http.Request) error { return problem.NotFound }))
	// Sizes and content types are the event reader's to refuse: with 400, because a
	// source tries again what is answered 413.
	return guard.Chain(mux, guard.Bare, guard.Guard{Problems: f.problems, Audience: problem.JSON}.Recover)
}
