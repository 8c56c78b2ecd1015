package integration_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/authway/authway/functions/token"
	"github.com/authway/authway/shared/account"
	"github.com/authway/authway/shared/grant"
	"github.com/authway/authway/shared/revoked"
	"github.com/authway/authway/tests/harness"
)

// recorded is a hook request recorded from Hydra v26.2.0, with another subject.
func recorded(t *testing.T, name, subject string) []byte {
	t.Helper()
	body, err := os.ReadFile(filepath.Join("testdata", "v26", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	return bytes.ReplaceAll(body, []byte(`"hank"`), []byte(`"`+subject+`"`))
}

type hooks struct {
	t *testing.T
	// client is whose tokens they are: the recorded one's id if it is empty.
	client  string
	address string
	user    account.User
	db      harness.Database
}

func startHooks(t *testing.T) hooks { return startHooksAt(t, nil) }

func startHooksAt(t *testing.T, settings map[string]string) hooks {
	t.Helper()
	db := harness.NewDatabase(t)
	u := account.User{
		ID: uuid.New(), TenantID: uuid.MustParse("00000000-0000-4000-8000-000000000001"),
		Email: "hank@example.org", Name: "Hank", Roles: []string{"editor"}, CreatedAt: time.Unix(1, 0), UpdatedAt: time.Unix(1, 0),
	}
	if err := (account.Store{DB: db.Owner(t)}).Create(t.Context(), u); err != nil {
		t.Fatal(err)
	}
	return hooks{t: t, address: harness.StartFunction(t, token.Spec, db, settings), user: u, db: db}
}

func (h hooks) post(path, key string, body []byte) (int, map[string]any, http.Header) {
	h.t.Helper()
	request, err := http.NewRequestWithContext(h.t.Context(), http.MethodPost, h.address+path, bytes.NewReader(body))
	if err != nil {
		h.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json; charset=UTF-8")
	if key != "" {
		request.Header.Set("Authorization", "Bearer "+key)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		h.t.Fatal(err)
	}
	defer response.Body.Close()
	raw, err := io.ReadAll(response.Body)
	if err != nil {
		h.t.Fatal(err)
	}
	var answer map[string]any
	if len(raw) > 0 {
		if err := json.Unmarshal(raw, &answer); err != nil {
			h.t.Fatalf("%s: %d %q: %v", path, response.StatusCode, raw, err)
		}
	}
	return response.StatusCode, answer, response.Header
}

var clientInRecord = regexp.MustCompile(`"client_id": "[^"]*"`)

func (h hooks) claims(path, name string) (id, access map[string]any) {
	h.t.Helper()
	body := recorded(h.t, name, h.user.ID.String())
	if h.client != "" {
		body = clientInRecord.ReplaceAll(body, []byte(`"client_id": "`+h.client+`"`))
	}
	status, answer, _ := h.post(path, harness.HydraKey, body)
	session, _ := answer["session"].(map[string]any)
	if status != http.StatusOK || session == nil {
		h.t.Fatalf("%s: %d %v", name, status, answer)
	}
	id, _ = session["id_token"].(map[string]any)
	access, _ = session["access_token"].(map[string]any)
	return id, access
}

func TestHookAddsClaimsAtTheCode(t *testing.T) {
	t.Parallel()
	h := startHooks(t)
	id, access := h.claims("/hooks/token", "token-authorization-code")
	want := map[string]any{"tenant": "default", "roles": []any{"editor"}}
	// The granted scopes are not told here, so nothing that depends on them is
	// said: it would be merged over what consent granted.
	if !reflect.DeepEqual(id, want) || !reflect.DeepEqual(access, want) {
		t.Errorf("id_token %v, access_token %v", id, access)
	}
}

func TestHooksLoseNothingAtRefresh(t *testing.T) {
	t.Parallel()
	// At a refresh the application's metadata is asked for.
	system := harness.Run(t)
	h := startHooksAt(t, map[string]string{"HYDRA_ADMIN_URL": system.Endpoints.HydraAdminURL})
	h.client = system.NewApp(t, nil).ClientID
	for path, name := range map[string]string{"/hooks/refresh": "refresh", "/hooks/token": "token-refresh"} {
		id, access := h.claims(path, name)
		var body struct {
			Session struct {
				IDToken struct {
					Claims struct {
						Ext map[string]any `json:"ext"`
					} `json:"id_token_claims"`
				} `json:"id_token"`
				Extra map[string]any `json:"extra"`
			} `json:"session"`
		}
		if err := json.Unmarshal(recorded(t, name, ""), &body); err != nil {
			t.Fatal(err)
		}
		for claim, had := range body.Session.IDToken.Claims.Ext {
			if slices.Contains(grant.Names, claim) {
				continue // given anew for the granted scopes
			}
			if !reflect.DeepEqual(id[claim], had) {
				t.Errorf("%s: the ID token lost %s: %v", name, claim, id)
			}
		}
		for claim, had := range body.Session.Extra {
			if !reflect.DeepEqual(access[claim], had) {
				t.Errorf("%s: the access token lost %s: %v", name, claim, access)
			}
		}
		if id["tenant"] != "default" || access["tenant"] != "default" {
			t.Errorf("%s: id_token %v, access_token %v", name, id, access)
		}
	}
}

func TestHookOfAMachineNeedsHydra(t *testing.T) {
	t.Parallel()
	h := startHooks(t)
	// Whose application it is only Hydra knows, and this function has none: Hydra, which
	// asked, tries again.
	status, answer, _ := h.post("/hooks/token", harness.HydraKey, recorded(t, "token-client-credentials", ""))
	if status != http.StatusServiceUnavailable || answer["session"] != nil {
		t.Errorf("got %d %v", status, answer)
	}
}

func TestHookRefuses(t *testing.T) {
	t.Parallel()
	h := startHooks(t)
	code := func(subject string) []byte { return recorded(t, "token-authorization-code", subject) }
	mine := h.user.ID.String()
	cases := map[string]struct {
		path, key string
		body      []byte
		status    int
		code      string
	}{
		"no key":            {"/hooks/token", "", code(mine), 401, "invalid_client"},
		"a wrong key":       {"/hooks/token", "guess", code(mine), 401, "invalid_client"},
		"no key at refresh": {"/hooks/refresh", "", code(mine), 401, "invalid_client"},
		"an unknown person": {"/hooks/token", harness.HydraKey, code(uuid.NewString()), 403, "access_denied"},
		"no person at all":  {"/hooks/token", harness.HydraKey, code("root"), 403, "access_denied"},
		"not JSON":          {"/hooks/token", harness.HydraKey, []byte("{"), 400, "invalid_request"},
		"another shape":     {"/hooks/token", harness.HydraKey, []byte(`{"session": 7}`), 400, "invalid_request"},
		"too large":         {"/hooks/token", harness.HydraKey, bytes.Repeat([]byte(" "), (1<<20)+1), 413, "invalid_request"},
	}
	for name, c := range cases {
		status, answer, header := h.post(c.path, c.key, c.body)
		if status != c.status || answer["error"] != c.code {
			t.Errorf("%s: got %d %v", name, status, answer)
		}
		if !strings.Contains(header.Get("Cache-Control"), "no-store") {
			t.Errorf("%s: the answer may be kept: %v", name, header)
		}
	}
	if _, err := h.db.Owner(t).ExecContext(t.Context(), "UPDATE users SET disabled_at = now()"); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/hooks/token", "/hooks/refresh"} {
		if status, answer, _ := h.post(path, harness.HydraKey, code(mine)); status != 403 || answer["error"] != "access_denied" {
			t.Errorf("a disabled person at %s: %d %v", path, status, answer)
		}
	}
}

// Nothing is remembered of it, and clocks differ.
func TestHookSeesARevocationAtOnce(t *testing.T) {
	t.Parallel()
	h := startHooks(t)
	body := recorded(t, "token-authorization-code", h.user.ID.String())
	var said struct {
		Session struct {
			IDToken struct {
				Claims struct {
					RequestedAt time.Time `json:"rat"`
				} `json:"id_token_claims"`
			} `json:"id_token"`
		} `json:"session"`
		Request struct {
			ClientID string `json:"client_id"`
		} `json:"request"`
	}
	if err := json.Unmarshal(body, &said); err != nil {
		t.Fatal(err)
	}
	clients := revoked.Clients{DB: h.db.Owner(t)}
	for _, c := range []struct {
		before time.Duration
		status int
	}{
		{6 * time.Second, http.StatusOK},
		{4 * time.Second, http.StatusForbidden},
	} {
		if status, answer, _ := h.post("/hooks/token", harness.HydraKey, body); status != http.StatusOK {
			t.Fatalf("before: got %d %v", status, answer)
		}
		if err := clients.Revoke(t.Context(), h.user.TenantID, said.Request.ClientID, said.Session.IDToken.Claims.RequestedAt.Add(-c.before)); err != nil {
			t.Fatal(err)
		}
		if status, answer, _ := h.post("/hooks/token", harness.HydraKey, body); status != c.status {
			t.Errorf("revoked %s before the grant began: got %d %v", c.before, status, answer)
		}
	}
}
