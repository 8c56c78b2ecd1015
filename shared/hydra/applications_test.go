package hydra_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	application "github.com/authway/authway/shared/client"
)

// Whoever hears an error undoes what belongs to a change, and so there is none once
// Hydra has made it.
func TestAWrittenRegistrationIsNotReadAgain(t *testing.T) {
	t.Parallel()
	var reads atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		registration := map[string]any{"client_id": "shop", "client_name": "Shop"}
		if r.Method == http.MethodGet && reads.Add(1) > 1 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		if r.Method != http.MethodGet {
			body, _ := io.ReadAll(r.Body)
			_ = json.Unmarshal(body, &registration)
			registration["client_secret"], registration["registration_access_token"] = "secret", "token"
		}
		w.Header().Set("Content-Type", "application/json")
		if r.Method == http.MethodPost {
			w.WriteHeader(http.StatusCreated)
		}
		_ = json.NewEncoder(w).Encode(registration)
	}))
	t.Cleanup(server.Close)
	c := client(t, server.URL)
	app := application.Application{ID: "shop", Settings: application.Settings{Name: "Shop of Ada"}}
	for name, write := range map[string]func() (application.Application, error){
		"made":    func() (application.Application, error) { return c.CreateApplication(t.Context(), app, "secret") },
		"changed": func() (application.Application, error) { reads.Store(0); return c.SetApplication(t.Context(), app) },
		"another secret": func() (application.Application, error) {
			reads.Store(0)
			return c.SetSecret(t.Context(), "shop", "secret")
		},
	} {
		reads.Store(1)
		got, err := write()
		if err != nil || got.ID != "shop" || !strings.HasPrefix(got.Name, "Shop") || got.Version == "" {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}
