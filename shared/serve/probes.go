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

const (
	// Shorter than kubelet's and queue-proxy's patience, so that what is missing is said and not guessed.
	probeTimeout = 900 * time.Millisecond
	// checkTimeout is long enough for a first connection to a server that is busy.
	checkTimeout = 5 * time.Second
)

type probes struct {
	log       *slog.Logger
	stopping  *atomic.Bool
	function  atomic.Pointer[Function]
	live, fit change
	// been tells that the function has been ready once.
	been atomic.Bool

	mu sync.Mutex
	// looking is closed when the check that is under way has ended, and found is what it found.
	looking chan struct{}
	found   string
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
	switch r.URL.Path {
	case "/healthz":
		answer(w, p.alive(ctx), true)
	case "/readyz":
		missing, takes := p.ready(ctx)
		answer(w, missing, !takes)
	default:
		answer(w, "", false)
	}
}

func (p *probes) alive(ctx context.Context) string {
	f := p.function.Load()
	if f == nil {
		return ""
	}
	ok, err := (*f).Alive(ctx)
	return p.verdict("alive", &p.live, ok, err)
}

// ready tells what is missing, and whether requests may come all the same. A
// function takes none until all its parts have answered once. After that it
// keeps them: a database that is away is away for every pod, and without one to
// send to, the ingress would hold people up until they time out. They get a
// clear answer at once, what needs no database goes on, and nothing has to
// start again when it is back.
func (p *probes) ready(ctx context.Context) (missing string, takes bool) {
	f := p.function.Load()
	switch {
	case p.stopping.Load():
		return "stopping", false
	case f == nil:
		return "starting", false
	}
	missing = p.look(ctx, *f)
	return missing, p.been.Load()
}

// look asks the function once for all probes that come meanwhile, and goes on
// when they have left. While a pod starts, queue-proxy probes every few
// milliseconds and hangs up soon: a check for each, cut off with it, opens and
// drops so many connections that a busy database never finishes one.
func (p *probes) look(ctx context.Context, f Function) (missing string) {
	p.mu.Lock()
	if p.looking == nil {
		p.looking = make(chan struct{})
		go p.check(context.WithoutCancel(ctx), f)
	}
	ended, missing := p.looking, p.found
	p.mu.Unlock()
	select {
	case <-ended:
		p.mu.Lock()
		defer p.mu.Unlock()
		return p.found
	case <-ctx.Done():
		if missing == "" {
			missing = "function"
		}
		return missing
	}
}

func (p *probes) check(ctx context.Context, f Function) {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	ok, err := f.Ready(ctx)
	missing := p.verdict("ready", &p.fit, ok, err)
	if missing == "" {
		p.been.Store(true)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.found = missing
	close(p.looking)
	p.looking = nil
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

func answer(w http.ResponseWriter, missing string, refused bool) {
	status, body := http.StatusOK, struct {
		Status  string `json:"status"`
		Missing string `json:"missing,omitempty"`
	}{"ok", missing}
	switch {
	case missing != "" && refused:
		status, body.Status = http.StatusServiceUnavailable, "unavailable"
	case missing != "":
		body.Status = "degraded"
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	// A prober that hung up needs no answer.
	_ = json.NewEncoder(w).Encode(body)
}
