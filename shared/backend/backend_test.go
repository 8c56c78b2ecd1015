package backend_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/authway/authway/shared/backend"
	"github.com/authway/authway/shared/config"
)

func TestEveryMistakeIsToldAndNoSecret(t *testing.T) {
	t.Parallel()
	reader := config.Read(config.Map(map[string]string{
		"DATABASE_URL":        "postgres://user:hunter2@:not-a-port/x",
		"REDIS_URL":           "http://:hunter2@redis",
		"AUTHWAY_MASTER_KEYS": "hunter2",
	}))
	backend.Public(reader)
	backend.Hydra(reader)
	backend.HydraKey(reader)
	if backend.Database(reader, "login") != nil || backend.Cache(reader) != nil || backend.Box(reader) != nil {
		t.Error("a malformed setting gave a server")
	}
	err := reader.Err()
	if err == nil {
		t.Fatal("no complaint")
	}
	for _, name := range []string{"AUTHWAY_URL", "DATABASE_URL", "REDIS_URL", "HYDRA_ADMIN_URL", "HYDRA_CLIENT_SECRET", "AUTHWAY_MASTER_KEYS"} {
		if !strings.Contains(err.Error(), name) {
			t.Errorf("nothing is said of %s: %v", name, err)
		}
	}
	if strings.Contains(err.Error(), "hunter2") {
		t.Errorf("the complaint repeats a secret: %v", err)
	}
}

func TestHydraKey(t *testing.T) {
	t.Parallel()
	key := backend.HydraKey(config.Read(config.Map(map[string]string{"HYDRA_CLIENT_SECRET": "the key"})))
	for header, want := range map[string]bool{
		"Bearer the key":  true,
		"Bearer the key ": false,
		"Bearer ":         false,
		"the key":         false,
		"Basic the key":   false,
		"":                false,
	} {
		r := httptest.NewRequest(http.MethodPost, "/hooks/token", nil)
		r.Header.Set("Authorization", header)
		if got := key.Shown(r); got != want {
			t.Errorf("%q: %v", header, got)
		}
	}
}

func TestKeyThatIsNotSetIsNeverShown(t *testing.T) {
	t.Parallel()
	key := backend.HydraKey(config.Read(config.Map(nil)))
	r := httptest.NewRequest(http.MethodPost, "/hooks/token", nil)
	r.Header.Set("Authorization", "Bearer ")
	if key.Shown(r) {
		t.Error("an empty key is accepted")
	}
}
