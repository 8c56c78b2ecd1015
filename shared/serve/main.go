package serve

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"strconv"
	"strings"
	"time"

	"knative.dev/pkg/signals"

	"github.com/authway/authway/shared/config"
	"github.com/authway/authway/shared/telemetry"
)

// Exit codes. 78 is EX_CONFIG of sysexits: restarting will not help.
const (
	exitOK            = 0
	exitFailure       = 1
	exitConfiguration = 78
)

// How long no request must have come after the signal before the listener closes. Inside Knative nothing
// comes any more; elsewhere this covers the moment until the endpoint has disappeared from the balancers.
const quiet = time.Second

// Main runs a function until SIGTERM or SIGINT and exits.
func Main(spec Spec) {
	ctx := signals.NewContext()
	os.Exit(run(ctx, spec, config.Environment(), os.Stdout, os.Stderr))
}

// Ops runs a program that is asked for metrics and nothing else: it listens on OPS_PORT,
// answers its probes there, and has no other port. It returns the exit code.
func Ops(ctx context.Context, spec Spec, lookup config.Lookup, logs, complaints io.Writer) int {
	o := place(lookup)
	o.Listen, o.Ops = o.Ops, ""
	return runAt(ctx, spec, o, logs, complaints)
}

func run(ctx context.Context, spec Spec, lookup config.Lookup, logs, complaints io.Writer) int {
	return runAt(ctx, spec, place(lookup), logs, complaints)
}

func runAt(ctx context.Context, spec Spec, o Options, logs, complaints io.Writer) int {
	o.LogWriter = logs
	s, err := Start(ctx, spec, o)
	if err != nil {
		return explain(complaints, err)
	}
	if err := s.Wait(ctx); err != nil {
		return explain(complaints, err)
	}
	return exitOK
}

type configurationError struct {
	function string
	reasons  error
}

func (e *configurationError) Error() string {
	return e.function + " cannot start: " + strings.ReplaceAll(e.reasons.Error(), "\n", "; ")
}

func (e *configurationError) Unwrap() error { return e.reasons }

func explain(w io.Writer, err error) int {
	var c *configurationError
	if !errors.As(err, &c) {
		_, _ = fmt.Fprintln(w, err)
		return exitFailure
	}
	_, _ = fmt.Fprintf(w, "%s cannot start:\n", c.function)
	for line := range strings.SplitSeq(c.reasons.Error(), "\n") {
		_, _ = fmt.Fprintf(w, "  %s\n", line)
	}
	return exitConfiguration
}

type settings struct {
	level   slog.Level
	grace   time.Duration
	tracing telemetry.Tracing
}

func readSettings(lookup config.Lookup) (settings, error) {
	r := config.Read(lookup)
	var s settings
	if s.level.UnmarshalText([]byte(r.String("LOG_LEVEL", "info"))) != nil {
		r.Complain("LOG_LEVEL", "has to be debug, info, warn or error")
	}
	s.grace = r.Duration("DRAIN_TIMEOUT", 25*time.Second, 3*time.Second, time.Hour)
	s.tracing.Endpoint = r.URL("OTEL_EXPORTER_OTLP_ENDPOINT", "")
	share, err := strconv.ParseFloat(r.String("OTEL_TRACES_SAMPLER_ARG", "0.1"), 64)
	if err != nil || !(share >= 0 && share <= 1) {
		r.Complain("OTEL_TRACES_SAMPLER_ARG", "has to be a share of the requests, from 0 to 1")
	}
	s.tracing.Share = share
	return s, r.Err()
}

// The ports of a Knative pod that queue-proxy has, whether or not a manifest declares them.
var queueProxy = []int{8008, 8012, 8013, 8022, 8112, 9090, 9091}

// place decides where to listen. Always on all addresses: kubelet probes from outside the pod.
func place(lookup config.Lookup) Options {
	r := config.Read(lookup)
	inKnative := r.String("K_SERVICE", "") != ""
	opsDefault := 9090
	if inKnative {
		opsDefault = 9095
	}
	port := r.Int("PORT", 8080, 1, 65535)
	ops := r.Int("OPS_PORT", opsDefault, 1, 65535)
	if ops == port {
		r.Complain("OPS_PORT", "is the same as PORT")
	}
	for _, taken := range queueProxy {
		if inKnative && ops == taken {
			r.Complain("OPS_PORT", "is a port that Knative's queue-proxy has in the same pod")
		}
	}
	all := func(port int) string { return net.JoinHostPort("", strconv.Itoa(port)) }
	return Options{Lookup: lookup, Listen: all(port), Ops: all(ops), quiet: quiet, mistakes: r.Err()}
}
