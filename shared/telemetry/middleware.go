package telemetry

import (
	"crypto/rand"
	"encoding/hex"
	"log/slog"
	"net/http"
	"time"

	"github.com/authway/authway/shared/clock"
	"github.com/authway/authway/shared/problem"
)

const (
	requestIDHeader = "X-Request-Id"
	maxRequestID    = 64
	unmatched       = "none"
)

// Middleware gives the request its id, counts it and logs one line about it. package serve puts it around
// every function, so functions do not.
//
// The route is read from the request after the ServeMux inside has matched it. A handler between here and
// the mux that replaces the request (WithContext) hides the route; put such handlers inside the mux.
//
// With a Tracer the request is a span as well, in the trace that its traceparent names.
func Middleware(log *slog.Logger, m *Metrics, t *Tracer) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			id := requestID(r.Header.Get(requestIDHeader))
			w.Header().Set(requestIDHeader, id)
			ctx, traced := r.Context(), (*span)(nil)
			if t != nil {
				ctx, traced = t.begin(r)
			}
			r = r.WithContext(problem.WithReference(ctx, id))
			rec := &recorder{ResponseWriter: w}
			begun := clock.System().Now()
			defer func() {
				// Runs while a panic passes too: that request is the one that must not be missing.
				route := report(log, m, r, rec, clock.System().Now().Sub(begun), id)
				if traced != nil {
					traced.answered(known(r.Method), route, rec.code(), id)
				}
			}()
			next.ServeHTTP(rec, r)
			rec.finished = true
		})
	}
}

func report(log *slog.Logger, m *Metrics, r *http.Request, rec *recorder, took time.Duration, id string) (route string) {
	route = r.Pattern
	if route == "" {
		route = unmatched
	}
	m.observe(r.Method, route, rec.code(), took)
	log.LogAttrs(r.Context(), slog.LevelInfo, "request",
		slog.String("method", known(r.Method)), slog.String("route", route), slog.Int("status", rec.code()),
		slog.Float64("duration_ms", float64(took.Microseconds())/1000), slog.Int64("bytes", rec.bytes),
		slog.String("request_id", id))
	return route
}

// requestID takes the caller's id only when it is one that can stand in a log line, a header and a support
// mail as it is. Anything else is replaced and not repaired: a repaired id belongs to nobody.
func requestID(offered string) string {
	if wellFormed(offered) {
		return offered
	}
	var b [16]byte
	rand.Read(b[:])
	return hex.EncodeToString(b[:])
}

func wellFormed(id string) bool {
	if len(id) == 0 || len(id) > maxRequestID {
		return false
	}
	for i := range len(id) {
		c := id[i]
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '.', c == '_', c == '-':
		default:
			return false
		}
	}
	return true
}

type recorder struct {
	http.ResponseWriter
	status   int
	bytes    int64
	finished bool
}

func (r *recorder) WriteHeader(status int) {
	// 1xx answers come before the answer (RFC 9110 section 15.2).
	if r.status == 0 && (status >= 200 || status == http.StatusSwitchingProtocols) {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(b []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	n, err := r.ResponseWriter.Write(b)
	r.bytes += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController reach the connection.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// A handler that returns without writing has answered 200; one that panicked before writing has not
// answered, and net/http cuts the connection.
func (r *recorder) code() int {
	switch {
	case r.status != 0:
		return r.status
	case r.finished:
		return http.StatusOK
	default:
		return http.StatusInternalServerError
	}
}
