package integration_test

import (
	"bytes"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/authway/authway/functions/maintenance"
	"github.com/authway/authway/functions/token"
	"github.com/authway/authway/shared/config"
	"github.com/authway/authway/tests/harness"
)

func TestResourceServersFromAShell(t *testing.T) {
	t.Parallel()
	db := harness.NewDatabase(t)
	address := harness.StartFunction(t, token.Spec, db, map[string]string{"HYDRA_ADMIN_URL": harness.Run(t).Endpoints.HydraAdminURL})
	settings := config.Map(map[string]string{
		"AUTHWAY_URL": "https://auth.example.com", "DATABASE_URL": db.URL("maintenance"),
		"AUTHWAY_MASTER_KEYS": harness.MasterKey(), "SMTP_URL": "smtp://127.0.0.1:1", "HYDRA_ADMIN_URL": "http://127.0.0.1:1",
	})
	do := func(words string, code int) (out, complaints string) {
		t.Helper()
		var o, c bytes.Buffer
		if got := maintenance.Run(t.Context(), append([]string{"resource-server"}, strings.Fields(words)...), settings, &o, &c); got != code {
			t.Fatalf("%q: %d, want %d: %s%s", words, got, code, o.String(), c.String())
		}
		return o.String(), c.String()
	}
	answers := func(secret string, status int) {
		t.Helper()
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address+"/token/introspect",
			strings.NewReader(url.Values{"token": {"x"}}.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		request.SetBasicAuth("orders", strings.TrimSpace(secret))
		// Who asks is believed for a moment.
		awaitStatus(t, request, status)
	}
	for _, words := range []string{"", "add", "add orders", "add --audience x", "add orders --audience x y", "remove", "list x", "secret", "destroy orders",
		"add orders --rights x --audience y"} {
		if _, says := do(words, 64); !strings.Contains(says, "resource-server add NAME") {
			t.Errorf("%q: %s", words, says)
		}
	}
	do("add o --audience https://orders.example", 1)
	do("add orders --audience https://orders.example --tenant nobody", 1)
	first, quiet := do("add orders --audience https://orders.example --title Orders", 0)
	if len(strings.TrimSpace(first)) != 43 || strings.Count(first, "\n") != 1 || strings.Contains(quiet, strings.TrimSpace(first)) {
		t.Errorf("the secret is not alone on its line: %q and %q", first, quiet)
	}
	do("add orders --audience https://other.example", 1)
	do("add other --audience https://orders.example", 1)
	answers(first, 200)
	second, _ := do("secret orders", 0)
	answers(second, 200)
	answers(first, 200)
	if listed, _ := do("list", 0); !strings.Contains(listed, "orders  default  https://orders.example  \"Orders\"  (the secret before") ||
		strings.Contains(listed, strings.TrimSpace(second)) {
		t.Errorf("listed: %s", listed)
	}
	third, _ := do("secret orders --now", 0)
	answers(third, 200)
	answers(second, 401)
	answers(first, 401)
	do("secret nobody", 1)
	do("remove orders", 0)
	do("remove orders", 1)
	answers(third, 401)
	var actions []string
	err := db.Owner(t).NewRaw("SELECT action FROM audit_events WHERE action LIKE 'resource_server.%' ORDER BY at, id").Scan(t.Context(), &actions)
	if err != nil || strings.Join(actions, " ") != "resource_server.added resource_server.renewed resource_server.renewed resource_server.removed" {
		t.Errorf("the log says %v, %v", actions, err)
	}
}

// awaitStatus sends the request, which has a body, until it is answered so.
func awaitStatus(t *testing.T, request *http.Request, status int) {
	t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(20 * time.Second); ; <-tick.C {
		body, err := request.GetBody()
		if err != nil {
			t.Fatal(err)
		}
		again := request.Clone(t.Context())
		again.Body = body
		response, err := http.DefaultClient.Do(again)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode == status {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("answered %d, want %d", response.StatusCode, status)
		}
	}
}
