package hydra_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/authway/authway/shared/hydra"
)

// sample is an answer recorded from Hydra v26.2.0.
type sample struct {
	Method string          `json:"method"`
	Path   string          `json:"path"`
	Status int             `json:"status"`
	Body   json.RawMessage `json:"body"`
}

// replay is a client of a server that gives the recorded answer, once it has
// been asked for in the recorded way, and keeps what was sent.
func replay(t *testing.T, name string) (*hydra.Client, *[]byte) {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", "v26", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var s sample
	if err := json.Unmarshal(raw, &s); err != nil {
		t.Fatal(err)
	}
	sent := new([]byte)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		*sent, _ = io.ReadAll(r.Body)
		if r.Method != s.Method || r.URL.Path != s.Path {
			t.Errorf("asked %s %s, recorded %s %s", r.Method, r.URL.Path, s.Method, s.Path)
		}
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.WriteHeader(s.Status)
		if s.Status != http.StatusNoContent {
			_, _ = w.Write(s.Body)
		}
	}))
	t.Cleanup(server.Close)
	return client(t, server.URL), sent
}

func client(t *testing.T, address string) *hydra.Client {
	t.Helper()
	parsed, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return hydra.New(parsed)
}

func TestLoginRequest(t *testing.T) {
	t.Parallel()
	c, _ := replay(t, "login-get")
	got, err := c.Login(t.Context(), "challenge")
	if err != nil {
		t.Fatal(err)
	}
	if got.App.Name != "sample-patched" || got.App.Scope != "openid offline_access profile email" || got.Skip || got.Subject != "" ||
		!strings.Contains(got.RequestURL, "login_hint=alice") || got.Challenge != "challenge" {
		t.Errorf("got %+v", got)
	}
	c, _ = replay(t, "login-get-skip")
	if got, err := c.Login(t.Context(), "challenge"); err != nil || !got.Skip || got.Subject == "" {
		t.Errorf("a known session: %+v, %v", got, err)
	}
}

func TestConsentRequest(t *testing.T) {
	t.Parallel()
	c, _ := replay(t, "consent-get")
	got, err := c.Consent(t.Context(), "challenge")
	if err != nil {
		t.Fatal(err)
	}
	if got.Subject != "alice" || !slices.Equal(got.RequestedScope, []string{"openid", "offline_access"}) || got.Skip || got.App.SkipConsent {
		t.Errorf("got %+v", got)
	}
	c, _ = replay(t, "consent-get-skip")
	if got, err := c.Consent(t.Context(), "challenge"); err != nil || !got.Skip {
		t.Errorf("a remembered consent: %+v, %v", got, err)
	}
	c, _ = replay(t, "consent-get-first-party")
	if got, err := c.Consent(t.Context(), "challenge"); err != nil || got.Skip || !got.App.SkipConsent {
		t.Errorf("a first-party application: %+v, %v", got, err)
	}
}

func TestLogoutRequest(t *testing.T) {
	t.Parallel()
	c, _ := replay(t, "logout-get")
	if got, err := c.Logout(t.Context(), "challenge"); err != nil || got.Subject != "erin" || got.App == nil || got.App.Name != "sample-patched" {
		t.Errorf("got %+v, %v", got, err)
	}
	c, _ = replay(t, "logout-get-no-client")
	if got, err := c.Logout(t.Context(), "challenge"); err != nil || got.App != nil || got.Subject == "" {
		t.Errorf("not asked for by an application: %+v, %v", got, err)
	}
}

// Hydra v2.3.0 refuses a body with a field it does not know, so what is sent
// has to be within what both versions document.
func TestAnswersHoldOnlyDocumentedFields(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	reject := []string{"error", "error_description"}
	cases := map[string]struct {
		answer func(*hydra.Client) (string, error)
		fields []string
	}{
		"login-accept": {func(c *hydra.Client) (string, error) {
			return c.AcceptLogin(ctx, "challenge", hydra.LoginAnswer{Subject: "s", SessionID: "i", AMR: []string{"pwd"}, FlowID: "f", Extend: true})
		}, []string{"subject", "remember", "remember_for", "identity_provider_session_id", "context", "amr", "extend_session_lifespan"}},
		"consent-accept": {func(c *hydra.Client) (string, error) {
			return c.AcceptConsent(ctx, "challenge", hydra.ConsentAnswer{Scope: []string{"openid"}, IDToken: map[string]any{"a": 1}})
		}, []string{"grant_scope", "grant_access_token_audience", "remember", "remember_for", "session"}},
		"login-reject": {func(c *hydra.Client) (string, error) {
			return c.RejectLogin(ctx, "challenge", "login_required", "why")
		}, reject},
		"consent-reject": {func(c *hydra.Client) (string, error) {
			return c.RejectConsent(ctx, "challenge", "access_denied", "why")
		}, reject},
	}
	for name, c := range cases {
		hydraClient, sent := replay(t, name)
		redirect, err := c.answer(hydraClient)
		if err != nil || !strings.HasPrefix(redirect, "http") {
			t.Errorf("%s: %q, %v", name, redirect, err)
		}
		var body map[string]any
		if err := json.Unmarshal(*sent, &body); err != nil {
			t.Errorf("%s: sent %q: %v", name, *sent, err)
		}
		for field := range body {
			if !slices.Contains(c.fields, field) {
				t.Errorf("%s: sent the field %s", name, field)
			}
		}
	}
}

func TestLogoutAnswers(t *testing.T) {
	t.Parallel()
	c, _ := replay(t, "logout-accept")
	if redirect, err := c.AcceptLogout(t.Context(), "challenge"); err != nil || !strings.Contains(redirect, "logout_verifier=") {
		t.Errorf("accept: %q, %v", redirect, err)
	}
	c, _ = replay(t, "logout-reject")
	if err := c.RejectLogout(t.Context(), "challenge"); err != nil {
		t.Errorf("reject: %v", err)
	}
}

func TestErrorsSayWhatCanBeDone(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]error{
		"login-get-unknown":   hydra.ErrUnknown,
		"login-get-expired":   hydra.ErrExpired,
		"consent-get-unknown": hydra.ErrUnknown,
		"consent-get-expired": hydra.ErrExpired,
		"logout-get-unknown":  hydra.ErrUnknown,
		"logout-get-used":     hydra.ErrUsed,
	} {
		c, _ := replay(t, name)
		var err error
		switch kind, _, _ := strings.Cut(name, "-"); kind {
		case "login":
			_, err = c.Login(t.Context(), "the-challenge")
		case "consent":
			_, err = c.Consent(t.Context(), "the-challenge")
		case "logout":
			_, err = c.Logout(t.Context(), "the-challenge")
		}
		if !errors.Is(err, want) {
			t.Errorf("%s: got %v", name, err)
		}
		if err != nil && strings.Contains(err.Error(), "the-challenge") {
			t.Errorf("%s: the error repeats the challenge: %v", name, err)
		}
	}
}

func TestHydraThatIsDownIsUnavailable(t *testing.T) {
	t.Parallel()
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	broken := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }))
	t.Cleanup(broken.Close)
	cut := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"challenge":`)
	}))
	t.Cleanup(cut.Close)
	for name, address := range map[string]string{"nobody listens": closed.URL, "502": broken.URL, "half an answer": cut.URL} {
		_, err := client(t, address).Login(t.Context(), "the-challenge")
		if !errors.Is(err, hydra.ErrUnavailable) {
			t.Errorf("%s: got %v", name, err)
		}
		if err != nil && strings.Contains(err.Error(), "the-challenge") {
			t.Errorf("%s: the error repeats the challenge: %v", name, err)
		}
	}
}

func TestClaimsInTheMetadata(t *testing.T) {
	t.Parallel()
	for metadata, want := range map[string]map[string][]string{
		`{}`:                               nil,
		`null`:                             nil,
		`{"claims": null}`:                 nil,
		`{"claims": {}}`:                   {},
		`{"claims": {"crm": ["email"]}}`:   {"crm": {"email"}},
		`{"claims": {"email": []}}`:        {"email": {}},
		`{"claims": {"email": "email"}}`:   {"email": {"?"}},
		`{"claims": {"crm": ["name", 7]}}`: {"crm": {"name", "?"}},
		`{"claims": ["email"]}`:            {"email": {"?"}, "profile": {"?"}},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, `{"client_id": "x", "metadata": `+metadata+`}`)
		}))
		app, err := client(t, server.URL).App(t.Context(), "x")
		server.Close()
		if err != nil || !reflect.DeepEqual(app.Claims, want) {
			t.Errorf("%s: %v, %v", metadata, app.Claims, err)
		}
	}
}
