package browser

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"

	"github.com/authway/authway/frontend/pages"
	"github.com/authway/authway/shared/problem"
)

// Pages renders for people.
type Pages struct {
	problems problem.Writer
}

// NewPages makes Pages whose errors are logged to log.
func NewPages(log *slog.Logger) Pages {
	return Pages{problems: problem.Writer{Log: log, Page: showProblem}}
}

// Problems is the writer of errors as pages.
func (p Pages) Problems() problem.Writer { return p.problems }

type keptView struct{}

// Handle makes an http.Handler of h whose errors are shown as pages, or as JSON
// to a page's script.
func (p Pages) Handle(h problem.Handler) http.Handler {
	inner := p.problems.For(problem.Page, h)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		inner.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), keptView{}, new(pages.View))))
	})
}

// Keep remembers the form that the request came from, to be shown again if the
// handler returns an error.
func Keep(r *http.Request, form pages.View) {
	if kept, ok := r.Context().Value(keptView{}).(*pages.View); ok {
		*kept = form
	}
}

func showProblem(w http.ResponseWriter, r *http.Request, e *problem.Error) {
	view := pages.View{Page: "message"}
	if kept, ok := r.Context().Value(keptView{}).(*pages.View); ok && kept.Page != "" {
		view = *kept
	}
	view.Alert, view.Field, view.Next = e.Code(), e.Field(), e.Next()
	if view.Page == "message" && view.Next == "" && e.RetryAfter() > 0 {
		// The page's own address, of which the mux has matched the path.
		view.Next = r.URL.Path + "?" + r.URL.RawQuery
	}
	view.Wait = pages.Wait(e.RetrySeconds())
	view.Reference = problem.Reference(r.Context())
	if err := pages.Render(w, r, e.Status(), view); err != nil {
		http.Error(w, e.Sentence(), e.Status())
	}
}

// Show renders a page.
func Show(w http.ResponseWriter, r *http.Request, view pages.View) error {
	view.Reference = problem.Reference(r.Context())
	return pages.Render(w, r, http.StatusOK, view)
}

// Continue answers a form with the address to go on to.
func Continue(w http.ResponseWriter, r *http.Request, next string) error {
	if !problem.WantsJSON(r) {
		return Show(w, r, pages.View{Page: "continue", Next: next})
	}
	return JSON(w, map[string]string{"redirectTo": next})
}

// JSON answers a page's script.
func JSON(w http.ResponseWriter, value any) error {
	body, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("browser: %w", err)
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_, err = w.Write(append(body, '\n'))
	return err
}
