package telemetry

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/authway/authway/shared/problem"
)

// sender posts spans to a collector: OTLP/HTTP 1.x in its JSON encoding
// (opentelemetry-proto, docs/specification.md), which every collector takes. The
// library's own exporter speaks protobuf and links gRPC, which costs a cold start more
// than the whole function.
type sender struct {
	to     string
	client *http.Client
	log    *slog.Logger
	// failed is used by one at a time: the batcher sends one batch after another.
	failed bool
}

func newSender(endpoint *url.URL, log *slog.Logger) *sender {
	return &sender{
		to: endpoint.JoinPath("v1", "traces").String(), log: log,
		client: &http.Client{Timeout: sendWait, Transport: &http.Transport{MaxIdleConns: 1, MaxConnsPerHost: 1, IdleConnTimeout: 30 * time.Second}},
	}
}

// ExportSpans sends a batch once. One that does not arrive is lost: spans are a help, and
// not a record.
func (s *sender) ExportSpans(ctx context.Context, spans []sdk.ReadOnlySpan) error {
	err := s.post(ctx, spans)
	switch {
	case err != nil && !s.failed:
		s.log.WarnContext(ctx, "spans cannot be sent", "error", problem.Redact(err.Error()))
	case err == nil && s.failed:
		s.log.InfoContext(ctx, "spans can be sent again")
	}
	s.failed = err != nil
	// The library would write it to the error output, in no form of ours.
	return nil
}

// Shutdown lets the connection go.
func (s *sender) Shutdown(context.Context) error {
	s.client.CloseIdleConnections()
	return nil
}

func (s *sender) post(ctx context.Context, spans []sdk.ReadOnlySpan) error {
	body, err := json.Marshal(exported(spans))
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.to, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := s.client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	// Read to its end, so that the connection is used again.
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, 64<<10))
	if response.StatusCode/100 != 2 {
		return fmt.Errorf("telemetry: the collector answers %d", response.StatusCode)
	}
	return nil
}

// What ExportTraceServiceRequest is in JSON: names in lowerCamelCase, ids in hex, 64-bit
// numbers as text, enumerations as numbers.
type (
	traceRequest struct {
		ResourceSpans []resourceSpans `json:"resourceSpans"`
	}
	resourceSpans struct {
		Resource   attributed   `json:"resource"`
		ScopeSpans []scopeSpans `json:"scopeSpans"`
	}
	attributed struct {
		Attributes []keyValue `json:"attributes"`
	}
	scopeSpans struct {
		Scope struct {
			Name string `json:"name"`
		} `json:"scope"`
		Spans []spanJSON `json:"spans"`
	}
	spanJSON struct {
		TraceID    string     `json:"traceId"`
		SpanID     string     `json:"spanId"`
		ParentID   string     `json:"parentSpanId,omitempty"`
		Flags      uint32     `json:"flags"`
		Name       string     `json:"name"`
		Kind       int        `json:"kind"`
		Start      string     `json:"startTimeUnixNano"`
		End        string     `json:"endTimeUnixNano"`
		Attributes []keyValue `json:"attributes"`
		Status     statusJSON `json:"status"`
	}
	statusJSON struct {
		Code int `json:"code,omitempty"`
	}
	keyValue struct {
		Key   string    `json:"key"`
		Value valueJSON `json:"value"`
	}
	valueJSON struct {
		Text   *string `json:"stringValue,omitempty"`
		Number *string `json:"intValue,omitempty"`
	}
)

// exported are the spans of one process, which have one resource and one scope.
func exported(spans []sdk.ReadOnlySpan) traceRequest {
	if len(spans) == 0 {
		return traceRequest{ResourceSpans: []resourceSpans{}}
	}
	var scoped scopeSpans
	scoped.Scope.Name = scope
	for _, s := range spans {
		scoped.Spans = append(scoped.Spans, oneSpan(s))
	}
	return traceRequest{ResourceSpans: []resourceSpans{{
		Resource:   attributed{pairs(spans[0].Resource().Attributes())},
		ScopeSpans: []scopeSpans{scoped},
	}}}
}

// Of the enumerations Span.SpanKind and Status.StatusCode.
const (
	kindServer = 2
	kindClient = 3
	codeError  = 2
)

func oneSpan(s sdk.ReadOnlySpan) spanJSON {
	is := s.SpanContext()
	out := spanJSON{
		TraceID: is.TraceID().String(), SpanID: is.SpanID().String(), Flags: uint32(is.TraceFlags()), Name: s.Name(), Kind: kindServer,
		Start: nanoseconds(s.StartTime()), End: nanoseconds(s.EndTime()), Attributes: pairs(s.Attributes()),
	}
	if s.SpanKind() == trace.SpanKindClient {
		out.Kind = kindClient
	}
	if s.Parent().SpanID().IsValid() {
		out.ParentID = s.Parent().SpanID().String()
	}
	if s.Status().Code == codes.Error {
		out.Status.Code = codeError
	}
	return out
}

func nanoseconds(t time.Time) string { return strconv.FormatInt(t.UnixNano(), 10) }

func pairs(attributes []attribute.KeyValue) []keyValue {
	all := make([]keyValue, len(attributes))
	for i, a := range attributes {
		all[i].Key = string(a.Key)
		text := a.Value.String()
		if a.Value.Type() == attribute.INT64 {
			all[i].Value.Number = &text
		} else {
			all[i].Value.Text = &text
		}
	}
	return all
}
