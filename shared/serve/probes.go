package serve

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Shorter than kubelet's and queue-proxy's patience, so that what is missing is said and not guessed.
const probeTimeout = 900 * time.Millisecond

type probes struct {
	log       *slog.Logger
	stopping  *atomic.Bool
	function  atomic.Pointer[Function]
	live, fit change
}

// change remembers what was last said, so that the log tells of a change and not of every probe: probes come
// each second, and the cause stays the same.
type change struct {
	mu   sync.Mutex
	last string
}

func (c *change) to(missing string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	changed := missing != c.last
	c.last = missing
	return changed
}

// before answers the probes' paths and passes everything else on.
func (p *probes) before(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/health", "/healthz", "/readyz":
			p.ServeHTTP(w, r)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// ServeHTTP answers a probe by its path. kubelet's probes are recognised by their user agent whatever their
// path; one that names no path of ours asks whether anybody is there.
func (p *probes) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), probeTimeout)
	defer cancel()
	var missing string
	switch r.URL.Path {
	case "/healthz":
		missing = p.alive(ctx)
	case "/readyz":
		missing = p.ready(ctx)
	}
	answer(w, missing)
}

func (p *probes) alive(ctx context.Context) string {
	f := p.function.Load()
	if f == nil {
		return ""
	}
	ok, err := (*f).Alive(ctx)
	return p.verdict("alive", &p.live, ok, err)
}

func (p *probes) ready(ctx context.Context) string {
	f := p.function.Load()
	switch {
	case p.stopping.Load():
		return "stopping"
	case f == nil:
		return "starting"
	}
	ok, err := (*f).Ready(ctx)
	return p.verdict("ready", &p.fit, ok, err)
}

func (p *probes) verdict(what string, before *change, ok bool, err error) string {
	missing := ""
	if !ok || err != nil {
		missing = strings.Join(names(err), ", ")
	}
	if before.to(missing) {
		if missing == "" {
			p.log.Info(what + " again")
		} else {
			p.log.Warn("not "+what, "missing", missing, "cause", err)
		}
	}
	return missing
}

func answer(w http.ResponseWriter, missing string) {
	status, body := http.StatusOK, struct {
		Status  string `json:"status"`
		Missing string `json:"missing,omitempty"`
	}{"ok", missing}
	if missing != "" {
		status, body.Status = http.StatusServiceUnavailable, "unavailable"
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	// A prober that hung up needs no answer.
	_ = json.NewEncoder(w).Encode(body)
}
