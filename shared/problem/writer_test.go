package problem_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/authway/authway/shared/problem"
)

var errSecret = &url.Error{Op: "Get", URL: "http://hydra:4445/admin?login_challenge=s3cret", Err: errors.New("connection refused")}

func request(headers map[string]string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/login?login_challenge=s3cret", nil)
	for name, value := range headers {
		r.Header.Set(name, value)
	}
	return r.WithContext(problem.WithReference(r.Context(), "ref-1"))
}

func page(w http.ResponseWriter, _ *http.Request, e *problem.Error) {
	w.WriteHeader(e.Status())
	_, _ = io.WriteString(w, "<p>"+e.Sentence())
}

func TestEachAudienceIsAnsweredInItsFormat(t *testing.T) {
	t.Parallel()
	full := problem.New(503, "overloaded", "Try again \"soon\".").At("email").After(1500 * time.Millisecond).Toward("/login")
	for name, c := range map[string]struct {
		audience problem.Audience
		accept   string
		err      *problem.Error
		kind     string
		body     string
	}{
		"JSON": {problem.JSON, "", full, "application/problem+json",
			`{"type":"urn:authway:problem:overloaded","title":"Try again \"soon\".","status":503,"code":"overloaded","field":"email","reference":"ref-1","next":"/login","retry_after":2}`},
		"OAuth keeps a registered code": {problem.OAuth, "", problem.New(400, "invalid_grant", `The "code" is spent ✗.`), "application/json",
			`{"error":"invalid_grant","error_description":"The 'code' is spent ."}`},
		"OAuth translates ours": {problem.OAuth, "", problem.Internal, "application/json",
			`{"error":"server_error","error_description":"Something went wrong on our side."}`},
		"page":                            {problem.Page, "text/html,*/*", problem.NotFound, "", "<p>There is nothing at this address."},
		"page without preference":         {problem.Page, "", problem.NotFound, "", "<p>There is nothing at this address."},
		"page and JSON, page wins":        {problem.Page, "text/html, application/json", problem.NotFound, "", "<p>There is nothing at this address."},
		"a script on a page becomes JSON": {problem.Page, "application/json", problem.NotFound, "application/problem+json", `{"type":"urn:authway:problem:not_found","title":"There is nothing at this address.","status":404,"code":"not_found","reference":"ref-1"}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := httptest.NewRecorder()
			w.Header().Set("Content-Length", "9999")
			problem.Writer{Page: page}.Write(w, request(map[string]string{"Accept": c.accept}), c.audience, c.err.Because(errSecret))
			if w.Code != c.err.Status() {
				t.Errorf("status %d, want %d", w.Code, c.err.Status())
			}
			if got := strings.TrimSpace(w.Body.String()); got != c.body {
				t.Errorf("body %s\nwant %s", got, c.body)
			}
			if got := w.Header().Get("Content-Type"); c.kind != "" && got != c.kind {
				t.Errorf("content type %q, want %q", got, c.kind)
			}
			if w.Header().Get("Cache-Control") != "no-store" || w.Header().Get("Content-Length") == "9999" {
				t.Errorf("headers %v", w.Header())
			}
		})
	}
}

func TestRetryAfterIsRoundedUp(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	problem.Writer{}.Write(w, request(nil), problem.Page, problem.Unavailable.After(1001*time.Millisecond))
	if got := w.Header().Get("Retry-After"); got != "2" {
		t.Errorf("Retry-After %q, want 2", got)
	}
}

func TestAClientThatFailedToAuthenticateIsToldTheScheme(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	problem.Writer{}.Write(w, request(nil), problem.OAuth, problem.Unauthenticated)
	if got := w.Header().Get("WWW-Authenticate"); got != `Basic realm="authway"` {
		t.Errorf("WWW-Authenticate %q", got)
	}
}

func TestTheLogHasTheCauseAndNoQuery(t *testing.T) {
	t.Parallel()
	gone, cancel := context.WithCancel(context.Background())
	cancel()
	for name, c := range map[string]struct {
		ctx   context.Context
		err   error
		level string
	}{
		"our failure is an error":             {context.Background(), problem.Unavailable.Because(errSecret), "ERROR"},
		"the caller's failure is information": {context.Background(), problem.BadRequest.Because(errSecret), "INFO"},
		"a caller that hung up is no failure": {gone, problem.Internal.Because(errSecret), "INFO"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var log bytes.Buffer
			p := problem.Writer{Log: slog.New(slog.NewJSONHandler(&log, nil))}
			r := request(nil)
			r = r.WithContext(problem.WithReference(c.ctx, "ref-1"))
			p.Write(httptest.NewRecorder(), r, problem.JSON, c.err)
			var line map[string]any
			if err := json.Unmarshal(log.Bytes(), &line); err != nil {
				t.Fatal(err)
			}
			if line["level"] != c.level || line["request_id"] != "ref-1" || !strings.Contains(line["cause"].(string), "connection refused") {
				t.Errorf("line %s", log.String())
			}
			if strings.Contains(log.String(), "s3cret") {
				t.Errorf("the log tells the challenge: %s", log.String())
			}
		})
	}
}

func TestForWritesOnlyWhatIsNotAnsweredYet(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		handler problem.Handler
		status  int
		body    string
	}{
		"no error": {func(w http.ResponseWriter, _ *http.Request) error {
			_, err := io.WriteString(w, "fine")
			return err
		}, 200, "fine"},
		"an error": {func(http.ResponseWriter, *http.Request) error { return problem.NotFound }, 404, "not_found"},
		"an error after the answer began": {func(w http.ResponseWriter, _ *http.Request) error {
			_, _ = io.WriteString(w, "half")
			return errors.New("broken")
		}, 200, "half"},
		"an error after a flush": {func(w http.ResponseWriter, _ *http.Request) error {
			_ = http.NewResponseController(w).Flush()
			return errors.New("broken")
		}, 200, ""},
		"an error after an early hint": {func(w http.ResponseWriter, _ *http.Request) error {
			w.WriteHeader(http.StatusEarlyHints)
			return problem.NotFound
		}, 404, "not_found"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(problem.Writer{}.For(problem.JSON, c.handler))
			defer server.Close()
			res, err := server.Client().Get(server.URL)
			if err != nil {
				t.Fatal(err)
			}
			defer res.Body.Close()
			body, err := io.ReadAll(res.Body)
			if err != nil {
				t.Fatal(err)
			}
			if res.StatusCode != c.status || !strings.Contains(string(body), c.body) || (c.body == "" && len(body) > 0) {
				t.Errorf("answered %d %q", res.StatusCode, body)
			}
		})
	}
}

func TestANilErrorIsNotAnsweredWithSuccess(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	problem.Writer{}.Write(w, request(nil), problem.JSON, nil)
	if w.Code != http.StatusInternalServerError {
		t.Errorf("status %d, want 500", w.Code)
	}
}
