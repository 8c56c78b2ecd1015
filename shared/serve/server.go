package serve

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"knative.dev/pkg/network/handlers"

	"github.com/authway/authway/shared/clock"
	"github.com/authway/authway/shared/config"
	"github.com/authway/authway/shared/telemetry"
)

const (
	headTimeout = 5 * time.Second
	idleTimeout = 2 * time.Minute
	longest     = 30 * time.Second
	// A sign-in redirect carries 2.1 kB in its address, and browsers send it back as the referrer beside the
	// cookies of every neighbour on the domain.
	maxHeader = 32 << 10
)

// Server is a function that is being served.
type Server struct {
	name    string
	log     *slog.Logger
	metrics *telemetry.Metrics
	tracer  *telemetry.Tracer
	life    context.Context
	endLife context.CancelFunc
	grace   time.Duration
	quiet   time.Duration

	listener, opsListener net.Listener
	http, ops             *http.Server
	drainer               *handlers.Drainer
	failed                chan error

	opened   chan struct{}
	function Function
	probes   *probes

	stopping atomic.Bool
	once     sync.Once
	stopErr  error
}

// Start listens and opens the function. ctx gives the function's life its values, not its end: that is
// Shutdown's or Wait's.
func Start(ctx context.Context, spec Spec, o Options) (*Server, error) {
	if o.Lookup == nil {
		o.Lookup = config.Map(nil)
	}
	if o.LogWriter == nil {
		o.LogWriter = io.Discard
	}
	if o.Clock == nil {
		o.Clock = clock.System()
	}
	own, err := readSettings(o.Lookup)
	s := newServer(ctx, spec, o, own)
	setup := Setup{Lookup: o.Lookup, Log: s.log, Metrics: s.metrics, Clock: o.Clock}
	if mistakes := errors.Join(o.mistakes, err); mistakes != nil {
		defer s.endLife()
		return nil, &configurationError{spec.Name, errors.Join(mistakes, s.rehearse(spec, setup))}
	}
	if err := s.listen(ctx, o); err != nil {
		return nil, err
	}
	s.metrics.Listening()
	s.log.Info("listening", "address", s.Addr(), "ops", s.OpsAddr())
	go s.run(s.http, s.listener)
	if s.ops != nil {
		go s.run(s.ops, s.opsListener)
	}
	function, err := spec.Open(s.life, setup)
	if err != nil {
		s.endLife()
		s.close()
		return nil, &configurationError{spec.Name, err}
	}
	s.function = function
	s.probes.function.Store(&function)
	close(s.opened)
	s.log.Info("open")
	return s, nil
}

// rehearse opens a function only to hear what it has to complain about.
func (s *Server) rehearse(spec Spec, setup Setup) error {
	function, err := spec.Open(s.life, setup)
	if err != nil {
		return err
	}
	// What it says while leaving is not about its settings.
	_ = function.Stop(s.life)
	return nil
}

func newServer(ctx context.Context, spec Spec, o Options, own settings) *Server {
	log := telemetry.NewLogger(o.LogWriter, spec.Name, own.level)
	life, endLife := context.WithCancel(context.WithoutCancel(ctx))
	s := &Server{
		name: spec.Name, log: log, metrics: telemetry.NewMetrics(spec.Name),
		life: life, endLife: endLife, grace: own.grace, quiet: max(o.quiet, time.Millisecond),
		failed: make(chan error, 2), opened: make(chan struct{}),
	}
	s.probes = &probes{log: log, stopping: &s.stopping}
	limit := spec.Longest
	if limit == 0 {
		limit = longest
	}
	s.tracer = telemetry.NewTracer(spec.Name, own.tracing, log)
	traced := bounded(limit, telemetry.Middleware(log, s.metrics, s.tracer)(http.HandlerFunc(s.handle)))
	s.drainer = &handlers.Drainer{
		HealthCheck: s.probes.ServeHTTP,
		Inner:       s.probes.before(traced),
		QuietPeriod: s.quiet,
	}
	s.http = &http.Server{
		Handler:           http.HandlerFunc(s.front),
		ReadHeaderTimeout: headTimeout,
		ReadTimeout:       limit,
		WriteTimeout:      limit + headTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeader,
		BaseContext:       func(net.Listener) context.Context { return life },
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
	if o.Ops != "" {
		// No write timeout: a profile takes as long as it was asked to.
		s.ops = &http.Server{
			Handler:           telemetry.OpsHandler(s.metrics.Registry),
			ReadHeaderTimeout: headTimeout,
			IdleTimeout:       idleTimeout,
			ErrorLog:          s.http.ErrorLog,
		}
	}
	return s
}

// bounded ends what a request is still waiting for when its time is up. The
// server's own time-outs only stop the connection: a statement that waits for a
// stalled database would go on, and hold a connection that others wait for.
func bounded(limit time.Duration, h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), limit)
		defer cancel()
		h.ServeHTTP(w, r.WithContext(ctx))
	})
}

func (s *Server) listen(ctx context.Context, o Options) error {
	var config net.ListenConfig
	var err error
	if s.listener, err = config.Listen(ctx, "tcp", o.Listen); err != nil {
		s.endLife()
		return fmt.Errorf("%s cannot listen: %w", s.name, err)
	}
	if s.ops == nil {
		return nil
	}
	if s.opsListener, err = config.Listen(ctx, "tcp", o.Ops); err != nil {
		s.endLife()
		_ = s.listener.Close()
		return fmt.Errorf("%s cannot listen for metrics: %w", s.name, err)
	}
	return nil
}

func (s *Server) run(h *http.Server, l net.Listener) {
	if err := h.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		s.failed <- fmt.Errorf("%s stopped listening: %w", s.name, err)
	}
}

// front closes connections with their next answer while stopping: a connection that is closed while idle
// races with the request its client is about to send on it.
func (s *Server) front(w http.ResponseWriter, r *http.Request) {
	if s.stopping.Load() {
		w.Header().Set("Connection", "close")
	}
	s.drainer.ServeHTTP(w, r)
}

// handle holds a request that came before the function was open rather than refuse it: the activator has
// already held it for the time the pod took to start.
func (s *Server) handle(w http.ResponseWriter, r *http.Request) {
	select {
	case <-s.opened:
		s.function.Handle(w, r)
	case <-r.Context().Done():
		w.WriteHeader(http.StatusServiceUnavailable)
	}
}

// Addr is the address the function listens on.
func (s *Server) Addr() string { return s.listener.Addr().String() }

// OpsAddr is the address of metrics and profiles, or "".
func (s *Server) OpsAddr() string {
	if s.opsListener == nil {
		return ""
	}
	return s.opsListener.Addr().String()
}

// Metrics are the function's numbers.
func (s *Server) Metrics() *telemetry.Metrics { return s.metrics }
