// Package backend opens the servers behind a function by the settings that
// name them, so that every function reads the same names and says the same
// sentences when one is missing or malformed. Nothing here connects: a cold
// function answers first.
package backend

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"net/url"
	"strings"

	"github.com/authway/authway/shared/cache"
	"github.com/authway/authway/shared/config"
	"github.com/authway/authway/shared/hydra"
	"github.com/authway/authway/shared/postgres"
	"github.com/authway/authway/shared/seal"
	"github.com/authway/authway/shared/telemetry"
)

// Public reads AUTHWAY_URL: the address that people and applications use, and
// the issuer of tokens.
func Public(settings *config.Reader) *url.URL { return settings.RequiredURL("AUTHWAY_URL") }

// Database opens the pool of DATABASE_URL, with DATABASE_PASSWORD if that is
// set. It is nil after a complaint.
func Database(settings *config.Reader, function string) *postgres.DB {
	address := settings.RequiredSecret("DATABASE_URL")
	password := settings.Secret("DATABASE_PASSWORD")
	return open(settings, "DATABASE_URL", address, password, function)
}

// OtherDatabase opens the pool of the named setting, which need not be there: it is
// then nil.
func OtherDatabase(settings *config.Reader, setting, function string) *postgres.DB {
	return open(settings, setting, settings.Secret(setting), config.Secret{}, function)
}

func open(settings *config.Reader, setting string, address, password config.Secret, function string) *postgres.DB {
	if !address.IsSet() {
		return nil
	}
	db, err := postgres.Open(postgres.Config{
		URL: address.Reveal(), Password: password.Reveal(), Application: "authway-" + function,
	})
	if err != nil {
		settings.Complain(setting, "is not a PostgreSQL connection string, such as postgres://user@host/authway")
		return nil
	}
	return db
}

// Cache opens the pool of REDIS_URL, with REDIS_PASSWORD if that is set. It is
// nil after a complaint.
func Cache(settings *config.Reader) *cache.Cache {
	address := settings.RequiredSecret("REDIS_URL")
	password := settings.Secret("REDIS_PASSWORD")
	if !address.IsSet() {
		return nil
	}
	c, err := cache.Open(address.Reveal(), password.Reveal())
	if err != nil {
		settings.Complain("REDIS_URL", "is not a Redis address, such as redis://host:6379/0")
		return nil
	}
	return c
}

// Hydra reads HYDRA_ADMIN_URL. A request that is traced is traced on to there.
func Hydra(settings *config.Reader) *hydra.Client {
	return hydra.New(settings.RequiredURL("HYDRA_ADMIN_URL"), func(next http.RoundTripper) http.RoundTripper {
		return telemetry.Traced("hydra", next)
	})
}

// Box reads AUTHWAY_MASTER_KEYS, a comma-separated list of keys: the first
// seals, all open. It is nil after a complaint.
func Box(settings *config.Reader) *seal.Box {
	keys := settings.RequiredSecret("AUTHWAY_MASTER_KEYS")
	if !keys.IsSet() {
		return nil
	}
	box, err := seal.New(strings.Split(keys.Reveal(), ","))
	if err != nil {
		settings.Complain("AUTHWAY_MASTER_KEYS", "must be a comma-separated list of keys, each 32 bytes in standard base64")
		return nil
	}
	return box
}

// Key is the secret that Hydra shows when it calls one of our hooks.
type Key struct {
	sum [sha256.Size]byte
}

// HydraKey reads HYDRA_CLIENT_SECRET.
func HydraKey(settings *config.Reader) Key {
	return Key{sum: sha256.Sum256([]byte(settings.RequiredSecret("HYDRA_CLIENT_SECRET").Reveal()))}
}

// Shown reports whether r carries the key as a bearer token. Both sides are
// hashed before the comparison, so that its time tells neither the key's text
// nor its length.
func (k Key) Shown(r *http.Request) bool {
	shown, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	sum := sha256.Sum256([]byte(shown))
	return subtle.ConstantTimeCompare(sum[:], k.sum[:]) == 1 && ok && shown != ""
}
