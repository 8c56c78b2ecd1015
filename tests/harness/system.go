package harness

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"github.com/authway/authway/functions/standalone"
	"github.com/authway/authway/functions/standalone/edge"
	"github.com/authway/authway/shared/account"
	"github.com/authway/authway/shared/cache"
	"github.com/authway/authway/shared/clock"
	"github.com/authway/authway/shared/config"
	"github.com/authway/authway/shared/credential"
	"github.com/authway/authway/shared/postgres"
	"github.com/authway/authway/shared/session"
	"github.com/authway/authway/shared/tenant"
)

// System is the whole of Authway, as `make run` starts it, on a random port.
type System struct {
	Endpoints standalone.Endpoints
	// Upstreams are the private addresses behind the edge.
	Upstreams map[edge.Upstream]*url.URL
	// Settings are those with which the maintenance program works on it from a shell.
	Settings map[string]string

	db     *bun.DB
	cache  *cache.Cache
	hasher *credential.Hasher
	// providers are the system's OIDC_PROVIDERS.
	providers string
	// hashed spares a hash for each person of one password.
	hashed sync.Map
	// provider is started by the first test that uses it.
	provider struct {
		sync.Once
		is  *Provider
		err error
	}
}

var runSystem = sync.OnceValues(func() (*System, error) { return startSystem(nil) })

// RunWith starts a system of the test's own, with further settings. It costs some
// seconds.
func RunWith(t testing.TB, settings map[string]string) *System {
	t.Helper()
	s, err := startSystem(settings)
	if err != nil {
		t.Fatalf("harness: %v", err)
	}
	return s
}

func startSystem(settings map[string]string) (*System, error) {
	dir, err := folder("authway-system-")
	if err != nil {
		return nil, err
	}
	provider, err := newProvider()
	if err != nil {
		return nil, err
	}
	environment := config.Environment()
	running, err := standalone.Start(context.Background(), standalone.Options{
		// What the suite may be told: another Hydra than the built one.
		Lookup: func(name string) (string, bool) {
			if value, ok := settings[name]; ok {
				return value, true
			}
			switch name {
			case "PORT", "OPS_PORT":
				return "0", true
			case "AUTHWAY_DATA_DIR":
				return dir, true
			case "AUTHWAY_MASTER_KEYS":
				return MasterKey(), true
			case "HYDRA_CLIENT_SECRET":
				return HydraKey, true
			case "HYDRA_BIN":
				return environment(name)
			case "OIDC_PROVIDERS":
				return providerSettings(provider.URL), true
			}
			return "", false
		},
		Throwaway: true,
		Output:    os.Stderr,
	})
	if err != nil {
		return nil, err
	}
	AtEnd(running.Stop)
	s := &System{Endpoints: running.Endpoints(), Upstreams: running.Upstreams(), Settings: running.Environment(), hasher: credential.NewHasher(0), providers: providerSettings(provider.URL)}
	if s.db, err = postgres.Open(postgres.Config{URL: s.Endpoints.DatabaseURL}); err != nil {
		return nil, err
	}
	AtEnd(func(context.Context) error { return s.db.Close() })
	if s.cache, err = cache.Open(s.Endpoints.RedisURL, ""); err != nil {
		return nil, err
	}
	AtEnd(func(context.Context) error { return s.cache.Close() })
	return s, nil
}

// Run gives the system that the binary's tests share.
func Run(t testing.TB) *System {
	t.Helper()
	s, err := runSystem()
	if err != nil {
		t.Fatalf("harness: %v", err)
	}
	return s
}

// Issuer is the issuer that discovery names.
func (s *System) Issuer(t testing.TB) string {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.Endpoints.URL+"/.well-known/openid-configuration", nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var discovery struct {
		Issuer string `json:"issuer"`
	}
	if err := json.NewDecoder(response.Body).Decode(&discovery); err != nil {
		t.Fatalf("harness: discovery: %v", err)
	}
	return discovery.Issuer
}

// AddUser makes an account of the default tenant.
func (s *System) AddUser(t testing.TB, email, name, password string) {
	t.Helper()
	s.AddUserTo(t, tenant.Default, email, name, password)
}

func (s *System) addUser(t testing.TB, home tenant.Tenant, email, name, password string) {
	t.Helper()
	hash, known := s.hashed.Load(password)
	if !known {
		made, err := s.hasher.Hash(t.Context(), password)
		if err != nil {
			t.Fatal(err)
		}
		hash, _ = s.hashed.LoadOrStore(password, made)
	}
	now := time.Now()
	u := account.User{ID: uuid.New(), TenantID: home.ID, Email: email, Name: name, CreatedAt: now, UpdatedAt: now}
	if err := (account.Store{DB: s.db}).Create(t.Context(), u); err != nil {
		t.Fatal(err)
	}
	if err := (credential.Store{DB: s.db}).SetPassword(t.Context(), u.TenantID, u.ID, hash.(string), now); err != nil {
		t.Fatal(err)
	}
}

// ImportHash makes encoded the hash of a person's password.
func (s *System) ImportHash(t testing.TB, email, encoded string) {
	t.Helper()
	s.exec(t, "UPDATE credentials SET secret = ? WHERE kind = 'password' AND user_id = (SELECT id FROM users WHERE email_key = ?)",
		encoded, account.EmailKey(email))
}

// PasswordHash is what is kept of a person's password.
func (s *System) PasswordHash(t testing.TB, email string) (hash string) {
	t.Helper()
	err := s.db.NewSelect().Table("credentials").Column("secret").
		Where("kind = 'password' AND user_id = (SELECT id FROM users WHERE email_key = ?)", account.EmailKey(email)).
		Scan(t.Context(), &hash)
	if err != nil {
		t.Fatal(err)
	}
	return hash
}

// AddTenant makes a tenant.
func (s *System) AddTenant(t testing.TB, slug string) {
	t.Helper()
	s.exec(t, "INSERT INTO tenants (id, slug, name) VALUES (?, ?, ?)", uuid.New(), slug, slug)
}

// RenameUser changes an account's name.
func (s *System) RenameUser(t testing.TB, email, name string) {
	t.Helper()
	s.exec(t, "UPDATE users SET name = ?, updated_at = now() WHERE email_key = ?", name, account.EmailKey(email))
}

// DisableUser stops an account.
func (s *System) DisableUser(t testing.TB, email string) {
	t.Helper()
	s.exec(t, "UPDATE users SET disabled_at = now() WHERE email_key = ?", account.EmailKey(email))
}

// AgeSessions makes a person's sessions look as if they had authenticated
// longer ago.
func (s *System) AgeSessions(t testing.TB, email string, by time.Duration) {
	t.Helper()
	s.exec(t, "UPDATE sessions SET authenticated_at = authenticated_at - make_interval(secs => ?) WHERE user_id = (SELECT id FROM users WHERE email_key = ?)",
		by.Seconds(), account.EmailKey(email))
	s.forgetCopies(t)
}

// AgeFlows makes an application's flows look as if they had begun longer ago.
func (s *System) AgeFlows(t testing.TB, app *App, by time.Duration) {
	t.Helper()
	s.exec(t, "UPDATE flows SET created_at = created_at - make_interval(secs => ?) WHERE client_id = ?", by.Seconds(), app.ClientID)
}

// EndSessions ends a person's sessions at Authway and leaves Hydra's alone.
func (s *System) EndSessions(t testing.TB, email string) {
	t.Helper()
	store := session.Store{DB: s.db, Cache: s.cache, Clock: clock.System()}
	for _, id := range s.sessions(t, email) {
		if err := store.End(t.Context(), id, func(context.Context, bun.IDB, session.Session) error { return nil }); err != nil {
			t.Fatal(err)
		}
	}
}

// LivingSessions counts a person's sessions that have not been ended.
func (s *System) LivingSessions(t testing.TB, email string) int {
	t.Helper()
	return len(s.sessions(t, email))
}

func (s *System) sessions(t testing.TB, email string) (ids []uuid.UUID) {
	t.Helper()
	err := s.db.NewSelect().Table("sessions").Column("id").
		Where("ended_at IS NULL AND user_id = (SELECT id FROM users WHERE email_key = ?)", account.EmailKey(email)).
		Scan(t.Context(), &ids)
	if err != nil {
		t.Fatal(err)
	}
	return ids
}

// CountUsers counts the accounts of an address.
func (s *System) CountUsers(t testing.TB, email string) int {
	t.Helper()
	n, err := s.db.NewSelect().Table("users").Where("email_key = ?", account.EmailKey(email)).Count(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return int(n)
}

func (s *System) exec(t testing.TB, statement string, args ...any) {
	t.Helper()
	if _, err := s.db.NewRaw(statement, args...).Exec(t.Context()); err != nil {
		t.Fatalf("harness: %s: %v", strings.Fields(statement)[0], err)
	}
}

// forgetCopies drops the sessions that Redis holds.
func (s *System) forgetCopies(t testing.TB) {
	t.Helper()
	var hashes []string
	if err := s.db.NewSelect().Table("sessions").ColumnExpr("'session:' || encode(token_hash, 'hex')").Scan(t.Context(), &hashes); err != nil {
		t.Fatal(err)
	}
	if err := s.cache.Delete(t.Context(), hashes...); err != nil {
		t.Fatal(err)
	}
}
