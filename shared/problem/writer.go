package problem

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
)

// Handler answers a request or says why it cannot.
type Handler func(http.ResponseWriter, *http.Request) error

// Audience is who reads the answer.
type Audience int

// The audiences.
const (
	// Page is a person in a browser. A request that accepts application/json and not text/html comes
	// from a script on one of our pages and is answered as JSON.
	Page Audience = iota
	// JSON is a program that speaks problem+json (RFC 9457).
	JSON
	// OAuth is an OAuth client (RFC 6749 section 5.2).
	OAuth
)

// Writer renders errors and logs them.
type Writer struct {
	Log *slog.Logger
	// Page renders the error page. Without it, people get JSON too.
	Page func(w http.ResponseWriter, r *http.Request, e *Error)
}

// For makes an http.Handler of h whose errors are written for the audience.
func (p Writer) For(a Audience, h Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t := Track(w)
		err := h(t, r)
		if err == nil {
			return
		}
		if t.Begun() {
			// The status is on the wire: a second answer would be appended to the first.
			p.log(r, Of(err))
			return
		}
		p.Write(w, r, a, err)
	})
}

// Write logs err and answers with its public face.
func (p Writer) Write(w http.ResponseWriter, r *http.Request, a Audience, err error) {
	e := Of(err)
	if e == nil {
		e = Internal.Because(errors.New("problem: asked to write a nil error"))
	}
	p.log(r, e)
	h := w.Header()
	// What the handler meant to say about its own body is not true of this one.
	for _, name := range []string{"Content-Length", "Content-Encoding", "ETag", "Last-Modified"} {
		h.Del(name)
	}
	h.Set("Cache-Control", "no-store")
	if e.after > 0 {
		h.Set("Retry-After", strconv.Itoa(e.RetrySeconds()))
	}
	switch {
	case a == OAuth:
		writeOAuth(w, e)
	case a == Page && p.Page != nil && !WantsJSON(r):
		p.Page(w, r, e)
	default:
		writeJSON(w, r, e)
	}
}

// Note logs err as Write does. The answer tells it in another way.
func (p Writer) Note(r *http.Request, err error) { p.log(r, Of(err)) }

func (p Writer) log(r *http.Request, e *Error) {
	if p.Log == nil {
		return
	}
	level := slog.LevelInfo
	// A caller that hung up is no failure of ours, whatever its going away made fail.
	if e.status >= 500 && !errors.Is(r.Context().Err(), context.Canceled) {
		level = slog.LevelError
	}
	attrs := []slog.Attr{
		slog.String("code", e.code), slog.Int("status", e.status),
		slog.String("method", r.Method), slog.String("route", r.Pattern),
		slog.String("request_id", Reference(r.Context())),
	}
	if e.cause != nil {
		attrs = append(attrs, slog.String("cause", Redact(e.cause.Error())))
	}
	p.Log.LogAttrs(r.Context(), level, "problem", attrs...)
}

type body struct {
	Type       string `json:"type"`
	Title      string `json:"title"`
	Status     int    `json:"status"`
	Code       string `json:"code"`
	Field      string `json:"field,omitempty"`
	Reference  string `json:"reference,omitempty"`
	Next       string `json:"next,omitempty"`
	RetryAfter int    `json:"retry_after,omitempty"`
}

func writeJSON(w http.ResponseWriter, r *http.Request, e *Error) {
	send(w, e.status, "application/problem+json", body{
		Type: "urn:authway:problem:" + e.code, Title: e.sentence, Status: e.status, Code: e.code,
		Field: e.field, Reference: Reference(r.Context()), Next: e.next, RetryAfter: e.RetrySeconds(),
	})
}

func send(w http.ResponseWriter, status int, contentType string, v any) {
	b, err := json.Marshal(v)
	if err != nil {
		http.Error(w, `{"error":"server_error"}`, http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	// The caller is gone if this fails, and nobody is left to tell.
	_, _ = w.Write(append(b, '\n'))
}

// WantsJSON reports whether r comes from a page's script: it accepts JSON and
// not HTML.
func WantsJSON(r *http.Request) bool {
	accept := strings.ToLower(strings.Join(r.Header.Values("Accept"), ","))
	return strings.Contains(accept, "application/json") && !strings.Contains(accept, "text/html")
}
