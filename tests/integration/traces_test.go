package integration_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/authway/authway/tests/harness"
)

// collected is what a collector of spans was sent.
type collected struct {
	mu    sync.Mutex
	texts []string
	// traces has the spans of each trace, as "function name".
	traces map[string][]string
}

func (c *collected) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	text, _ := io.ReadAll(r.Body)
	var sent struct {
		ResourceSpans []struct {
			Resource struct {
				Attributes []struct {
					Key   string
					Value struct{ StringValue string }
				}
			}
			ScopeSpans []struct {
				Spans []struct{ TraceID, Name string }
			}
		}
	}
	_ = json.Unmarshal(text, &sent)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.texts = append(c.texts, string(text))
	for _, resource := range sent.ResourceSpans {
		function := ""
		for _, a := range resource.Resource.Attributes {
			if a.Key == "service.name" {
				function = a.Value.StringValue
			}
		}
		for _, scope := range resource.ScopeSpans {
			for _, s := range scope.Spans {
				c.traces[s.TraceID] = append(c.traces[s.TraceID], function+" "+s.Name)
			}
		}
	}
}

func (c *collected) of(trace string) []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.traces[trace])
}

// What a person does is one trace if whoever is in front of them says so: of the
// functions, and of what they ask of Hydra. Nothing in it lets anybody in.
func TestASignInIsATrace(t *testing.T) {
	t.Parallel()
	spans := &collected{traces: map[string][]string{}}
	server := httptest.NewServer(spans)
	t.Cleanup(server.Close)
	system := harness.RunWith(t, map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": server.URL, "OTEL_TRACES_SAMPLER_ARG": "0.000001"})
	// Of the few that are kept: they are those with the smallest ids.
	const trace = "4bf92f3577b34da60000000000000001"
	j := journey{t: t, system: system, app: system.NewApp(t, nil), visitor: harness.NewVisitor(t), email: someone()}
	j.visitor.Trace = "00-" + trace + "-00f067aa0ba902b7-01"
	j.app.Trace = j.visitor.Trace
	system.AddUser(t, j.email, "Ada Lovelace", password)
	arrival := j.through()

	want := []string{
		"login POST /login", "login GET hydra", "login PUT hydra", "consent GET /consent", "consent POST /consent", "consent PUT hydra",
		"token POST /oauth2/token", "token POST hydra",
	}
	missing := func() (names []string) {
		have := spans.of(trace)
		for _, name := range want {
			if !slices.Contains(have, name) {
				names = append(names, name)
			}
		}
		return names
	}
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for end := time.After(10 * time.Second); len(missing()) > 0; {
		select {
		case <-tick.C:
		case <-end:
			t.Fatalf("there is no %v among %v", missing(), spans.of(trace))
		}
	}
	spans.mu.Lock()
	defer spans.mu.Unlock()
	if len(spans.traces) != 1 {
		t.Errorf("nobody has asked for %v", spans.traces)
	}
	for _, secret := range []string{
		password, j.email, "challenge", "code=", "state=", "verifier", arrival.Tokens.AccessToken, arrival.Tokens.RefreshToken, arrival.IDToken.Subject, j.app.ClientID,
	} {
		for _, text := range spans.texts {
			if strings.Contains(text, secret) {
				t.Errorf("a span holds %q: %s", secret, text)
			}
		}
	}
}
