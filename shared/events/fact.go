package events

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"time"
)

// Fact is a CloudEvent that says what happened.
type Fact struct {
	// ID and Source together are the same at every attempt: receivers remove
	// doubles by them.
	ID, Source, Type, Subject string
	Time                      time.Time
	// Extensions are further attributes. Their names are lower-case letters and
	// digits (section 3.1).
	Extensions map[string]string
	Data       json.RawMessage
}

// PostFact sends f to sink in binary mode and returns nil when it was accepted.
func PostFact(ctx context.Context, sink *url.URL, f Fact) error {
	headers := map[string]string{
		"Ce-Specversion": "1.0", "Ce-Id": f.ID, "Ce-Source": f.Source, "Ce-Type": f.Type, "Ce-Subject": f.Subject,
		"Ce-Time": f.Time.UTC().Format(time.RFC3339Nano), "Content-Type": "application/json",
	}
	for name, value := range f.Extensions {
		headers["Ce-"+name] = value
	}
	for name, value := range headers {
		headers[name] = inHeader(value)
	}
	return post(ctx, sink, headers, bytes.NewReader(f.Data))
}

// inHeader encodes a value as the HTTP binding asks for (1.0.2, section 3.1.3.2).
func inHeader(value string) string {
	var b strings.Builder
	for _, c := range []byte(value) {
		if c <= ' ' || c > '~' || c == '"' || c == '%' {
			_, _ = fmt.Fprintf(&b, "%%%02X", c)
			continue
		}
		_ = b.WriteByte(c)
	}
	return b.String()
}
