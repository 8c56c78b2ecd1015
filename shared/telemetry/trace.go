package telemetry

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// Bounds of what is sent to a collector. What is beyond them is dropped: no request
// waits for one.
const (
	maxSpans  = 2048
	batch     = 256
	batchWait = time.Second
	sendWait  = 5 * time.Second
	lastWait  = 2 * time.Second
)

// Tracing says where spans go, and which share of the traces is kept.
type Tracing struct {
	// Endpoint is the collector's address, as OTEL_EXPORTER_OTLP_ENDPOINT has it. Without
	// one there are no spans.
	Endpoint *url.URL
	Share    float64
}

// Tracer makes spans of what a function answers and of whom it asks. A nil Tracer makes
// none, and costs nothing. What there is of OpenTelemetry is made with the first
// request, not with the process: whoever starts from zero pays a tenth of a millisecond
// then.
//
// A span holds the method, the route, the status and the request's id, and no address,
// no query and no error: challenges, codes and tokens travel there. tracestate (W3C
// Trace Context, section 3.3) is not kept and not passed on, because it is whatever the
// client likes to write.
type Tracer struct {
	function string
	tracing  Tracing
	log      *slog.Logger

	once sync.Once
	made atomic.Pointer[sdk.TracerProvider]
}

// NewTracer is nil where there is no collector.
func NewTracer(function string, t Tracing, log *slog.Logger) *Tracer {
	if t.Endpoint == nil {
		return nil
	}
	return &Tracer{function: function, tracing: t, log: log}
}

func (t *Tracer) provider() *sdk.TracerProvider {
	t.once.Do(func() {
		share := sdk.TraceIDRatioBased(t.tracing.Share)
		t.made.Store(sdk.NewTracerProvider(
			sdk.WithResource(resource.NewSchemaless(attribute.String("service.name", t.function), attribute.String("service.namespace", "authway"))),
			// That a caller's is recorded does not count: anybody can say so. The share is by the
			// trace's id, and so the same in every function; who makes one up to be kept fills a
			// queue that is bounded.
			sdk.WithSampler(sdk.ParentBased(share, sdk.WithRemoteParentSampled(share))),
			sdk.WithBatcher(newSender(t.tracing.Endpoint, t.log),
				sdk.WithMaxQueueSize(maxSpans), sdk.WithMaxExportBatchSize(batch), sdk.WithBatchTimeout(batchWait), sdk.WithExportTimeout(sendWait)),
		))
	})
	return t.made.Load()
}

// Stop sends what has not been sent, for a moment.
func (t *Tracer) Stop(ctx context.Context) {
	if t == nil {
		return
	}
	made := t.made.Load()
	if made == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, lastWait)
	defer cancel()
	// What is lost then is lost.
	_ = made.Shutdown(ctx)
}

// scope names who makes the spans.
const scope = "github.com/authway/authway/shared/telemetry"

// begin begins the span of a request. Its route is known at its end.
func (t *Tracer) begin(r *http.Request) (context.Context, trace.Span) {
	ctx := propagation.TraceContext{}.Extract(r.Context(), propagation.HeaderCarrier(r.Header))
	if from := trace.SpanContextFromContext(ctx); from.IsValid() {
		ctx = trace.ContextWithRemoteSpanContext(r.Context(), from.WithTraceState(trace.TraceState{}))
	}
	return t.provider().Tracer(scope).Start(ctx, unmatched, trace.WithSpanKind(trace.SpanKindServer))
}

func end(span trace.Span, method, route string, status int, id string) {
	if span.IsRecording() {
		span.SetName(route)
		_, path, found := strings.Cut(route, " ")
		if !found {
			path = route
		}
		span.SetAttributes(
			attribute.String("http.request.method", method), attribute.String("http.route", path),
			attribute.Int("http.response.status_code", status), attribute.String("authway.request_id", id),
		)
		if status >= http.StatusInternalServerError {
			span.SetStatus(codes.Error, "")
		}
	}
	span.End()
}

// Traced is next, and what is asked through it in a request that is traced says so to
// whom it asks (W3C Trace Context) and is a span of its own, named after the peer: a
// name of ours, such as "hydra".
func Traced(peer string, next http.RoundTripper) http.RoundTripper { return traced{peer, next} }

type traced struct {
	peer string
	next http.RoundTripper
}

// RoundTrip asks.
func (t traced) RoundTrip(r *http.Request) (*http.Response, error) {
	from := trace.SpanFromContext(r.Context())
	if !from.SpanContext().IsValid() {
		return t.next.RoundTrip(r)
	}
	method := known(r.Method)
	ctx, span := from.TracerProvider().Tracer(scope).Start(r.Context(), method+" "+t.peer, trace.WithSpanKind(trace.SpanKindClient))
	defer span.End()
	// A RoundTripper leaves the request as it is.
	r = r.Clone(ctx)
	r.Header.Del("tracestate")
	propagation.TraceContext{}.Inject(ctx, propagation.HeaderCarrier(r.Header))
	response, err := t.next.RoundTrip(r)
	if !span.IsRecording() {
		return response, err
	}
	span.SetAttributes(attribute.String("http.request.method", method), attribute.String("peer.service", t.peer))
	switch {
	case err != nil:
		span.SetStatus(codes.Error, "")
	case response.StatusCode >= http.StatusBadRequest:
		span.SetStatus(codes.Error, "")
		fallthrough
	default:
		span.SetAttributes(attribute.Int("http.response.status_code", response.StatusCode))
	}
	return response, err
}

// withTrace adds the trace's id to the lines of a request that is traced.
type withTrace struct{ slog.Handler }

func (h withTrace) Handle(ctx context.Context, line slog.Record) error {
	if is := trace.SpanContextFromContext(ctx); is.IsValid() {
		line = line.Clone()
		line.AddAttrs(slog.String("trace_id", is.TraceID().String()))
	}
	return h.Handler.Handle(ctx, line)
}

func (h withTrace) WithAttrs(attrs []slog.Attr) slog.Handler {
	return withTrace{h.Handler.WithAttrs(attrs)}
}

func (h withTrace) WithGroup(name string) slog.Handler { return withTrace{h.Handler.WithGroup(name)} }
