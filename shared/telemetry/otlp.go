package telemetry

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/authway/authway/shared/problem"
)

// scope names who makes the spans.
const scope = "github.com/authway/authway/shared/telemetry"

// sender posts spans to a collector: OTLP/HTTP 1.x in its JSON encoding
// (opentelemetry-proto, docs/specification.md), which every collector takes.
type sender struct {
	function string
	to       string
	client   *http.Client
	log      *slog.Logger
	// failed is used by one at a time: the batcher sends one batch after another.
	failed bool
}

func newSender(function string, endpoint *url.URL, log *slog.Logger) *sender {
	return &sender{
		function: function, to: endpoint.JoinPath("v1", "traces").String(), log: log,
		client: &http.Client{Timeout: sendWait, Transport: &http.Transport{MaxIdleConns: 1, MaxConnsPerHost: 1, IdleConnTimeout: 30 * time.Second}},
	}
}

// send sends a batch once. One that does not arrive is lost: spans are a help, and not a
// record.
func (s *sender) send(ctx context.Context, spans []*span) {
	err := s.post(ctx, spans)
	switch {
	case err != nil && !s.failed:
		s.log.WarnContext(ctx, "spans cannot be sent", "error", problem.Redact(err.Error()))
	case err == nil && s.failed:
		s.log.InfoContext(ctx, "spans can be sent again")
	}
	s.failed = err != nil
}

func (s *sender) post(ctx context.Context, spans []*span) error {
	body, err := json.Marshal(exported(s.function, spans))
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
func exported(function string, spans []*span) traceRequest {
	var scoped scopeSpans
	scoped.Scope.Name = scope
	for _, s := range spans {
		scoped.Spans = append(scoped.Spans, oneSpan(s))
	}
	return traceRequest{ResourceSpans: []resourceSpans{{
		Resource:   attributed{[]keyValue{text("service.name", function), text("service.namespace", "authway")}},
		ScopeSpans: []scopeSpans{scoped},
	}}}
}

// codeError is of the enumeration Status.StatusCode.
const codeError = 2

func oneSpan(s *span) spanJSON {
	out := spanJSON{
		TraceID: hex.EncodeToString(s.trace[:]), SpanID: hex.EncodeToString(s.id[:]), Flags: 1, Name: s.name, Kind: s.kind,
		Start: nanoseconds(s.begun), End: nanoseconds(s.ended), Attributes: s.attributes,
	}
	if s.parent != [8]byte{} {
		out.ParentID = hex.EncodeToString(s.parent[:])
	}
	if s.failed {
		out.Status.Code = codeError
	}
	return out
}

func nanoseconds(t time.Time) string { return strconv.FormatInt(t.UnixNano(), 10) }

func text(key, value string) keyValue {
	return keyValue{Key: key, Value: valueJSON{Text: &value}}
}

func number(key string, value int) keyValue {
	digits := strconv.Itoa(value)
	return keyValue{Key: key, Value: valueJSON{Number: &digits}}
}
