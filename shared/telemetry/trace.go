package telemetry

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/authway/authway/shared/clock"
)

// Tracing says where spans go, and which share of the traces is kept.
type Tracing struct {
	// Endpoint is the collector's address, as OTEL_EXPORTER_OTLP_ENDPOINT has it. Without
	// one there are no spans.
	Endpoint *url.URL
	Share    float64
}

// Tracer makes spans of what a function answers and of whom it asks, as OpenTelemetry
// describes them. A nil Tracer makes none, and costs nothing.
//
// OpenTelemetry's own library is not linked: used or not, it took a seventh of the
// processor time of token's start.
//
// A span holds the method, the route, the status and the request's id, and no address,
// no query and no error: challenges, codes and tokens travel there. tracestate (W3C
// Trace Context, section 3.3) is not kept and not passed on, because it is whatever the
// client likes to write.
type Tracer struct {
	share   float64
	batches *batcher
}

// NewTracer is nil where there is no collector.
func NewTracer(function string, t Tracing, log *slog.Logger) *Tracer {
	if t.Endpoint == nil {
		return nil
	}
	return &Tracer{share: t.Share, batches: newBatcher(newSender(function, t.Endpoint, log))}
}

// Stop sends what has not been sent, for a moment.
func (t *Tracer) Stop(ctx context.Context) {
	if t != nil {
		t.batches.stop(ctx)
	}
}

// Of OpenTelemetry's enumeration SpanKind.
const (
	kindServer = 2
	kindClient = 3
)

// span is a piece of work in a trace. One that is not recorded is passed on all the
// same, so that whoever is asked in its course does not record it either.
type span struct {
	tracer       *Tracer
	trace        [16]byte
	id, parent   [8]byte
	recorded     bool
	kind         int
	name         string
	failed       bool
	begun, ended time.Time
	attributes   []keyValue
}

type spanKey struct{}

func spanOf(ctx context.Context) *span {
	s, _ := ctx.Value(spanKey{}).(*span)
	return s
}

// begin begins the span of a request. Its route is known at its end.
func (t *Tracer) begin(r *http.Request) (context.Context, *span) {
	s := &span{tracer: t, kind: kindServer, name: unmatched, begun: clock.System().Now()}
	sampled, found := s.read(r.Header.Get("Traceparent"))
	if !found {
		rand.Read(s.trace[:])
	}
	// That a caller's is recorded does not count: anybody can say so. Who makes up a trace's
	// id to be kept fills a queue that is bounded.
	s.recorded = (sampled || !found) && kept(s.trace, t.share)
	rand.Read(s.id[:])
	return context.WithValue(r.Context(), spanKey{}, s), s
}

// kept reports whether a trace is of the share. It is by the trace's id, and so the same
// in every function.
func kept(trace [16]byte, share float64) bool {
	return share >= 1 || float64(binary.BigEndian.Uint64(trace[8:])>>1) < share*(1<<63)
}

// child begins a span of whom is asked.
func (s *span) child(name string) *span {
	c := &span{tracer: s.tracer, trace: s.trace, parent: s.id, recorded: s.recorded, kind: kindClient, name: name, begun: clock.System().Now()}
	rand.Read(c.id[:])
	return c
}

// end hands the span over to be sent.
func (s *span) end() {
	if s.recorded {
		// By the monotonic clock: the other may have been set back meanwhile.
		s.ended = s.begun.Add(clock.System().Now().Sub(s.begun))
		s.tracer.batches.add(s)
	}
}

func (s *span) answered(method, route string, status int, id string) {
	s.name = route
	_, path, found := strings.Cut(route, " ")
	if !found {
		path = route
	}
	s.attributes = []keyValue{text("http.request.method", method), text("http.route", path), number("http.response.status_code", status), text("authway.request_id", id)}
	s.failed = status >= http.StatusInternalServerError
	s.end()
}

// read reads traceparent (W3C Trace Context, section 3.2). What cannot be read is not
// there. Of later versions the beginning is what it is today.
func (s *span) read(parent string) (sampled, found bool) {
	words := strings.SplitN(parent, "-", 5)
	if len(words) < 4 || words[0] == "ff" || words[0] == "00" && len(words) > 4 {
		return false, false
	}
	var version, flags [1]byte
	var trace [16]byte
	var from [8]byte
	if !unhex(version[:], words[0]) || !unhex(trace[:], words[1]) || !unhex(from[:], words[2]) || !unhex(flags[:], words[3]) ||
		trace == [16]byte{} || from == [8]byte{} {
		return false, false
	}
	s.trace, s.parent = trace, from
	return flags[0]&1 == 1, true
}

// unhex fills to with small hexadecimal digits, of which there are exactly enough.
func unhex(to []byte, digits string) bool {
	if len(digits) != 2*len(to) || strings.ToLower(digits) != digits {
		return false
	}
	_, err := hex.Decode(to, []byte(digits))
	return err == nil
}

// write is traceparent for whoever is asked.
func (s *span) write() string {
	flags := "00"
	if s.recorded {
		flags = "01"
	}
	return "00-" + hex.EncodeToString(s.trace[:]) + "-" + hex.EncodeToString(s.id[:]) + "-" + flags
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
	from := spanOf(r.Context())
	if from == nil {
		return t.next.RoundTrip(r)
	}
	method := known(r.Method)
	s := from.child(method + " " + t.peer)
	defer s.end()
	// A RoundTripper leaves the request as it is.
	r = r.Clone(context.WithValue(r.Context(), spanKey{}, s))
	r.Header.Del("tracestate")
	r.Header.Set("Traceparent", s.write())
	response, err := t.next.RoundTrip(r)
	s.attributes = []keyValue{text("http.request.method", method), text("peer.service", t.peer)}
	if err == nil {
		s.attributes = append(s.attributes, number("http.response.status_code", response.StatusCode))
	}
	s.failed = err != nil || response.StatusCode >= http.StatusBadRequest
	return response, err
}

// withTrace adds the trace's id to the lines of a request that is traced.
type withTrace struct{ slog.Handler }

func (h withTrace) Handle(ctx context.Context, line slog.Record) error {
	if s := spanOf(ctx); s != nil {
		line = line.Clone()
		line.AddAttrs(slog.String("trace_id", hex.EncodeToString(s.trace[:])))
	}
	return h.Handler.Handle(ctx, line)
}

func (h withTrace) WithAttrs(attrs []slog.Attr) slog.Handler {
	return withTrace{h.Handler.WithAttrs(attrs)}
}

func (h withTrace) WithGroup(name string) slog.Handler { return withTrace{h.Handler.WithGroup(name)} }
