package standalone

import (
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/authway/authway/shared/config"
)

// settings are what a person may decide. Everything has a default.
type settings struct {
	port, ops int
	// public is nil when it follows from the port.
	public  *url.URL
	dataDir string

	database, hydraDatabase, redis config.Secret
	hydraAdmin, hydraPublic        *url.URL
	hydraBin                       string

	hookKey, masterKeys config.Secret
	// hydraSystem opens a database of Hydra's that was made elsewhere.
	hydraSystem config.Secret
}

func readSettings(lookup config.Lookup) (settings, error) {
	r := config.Read(lookup)
	s := settings{
		// 0 is any free port, which tests use.
		port: r.Int("PORT", 8080, 0, 65535), ops: r.Int("OPS_PORT", 9090, 0, 65535),
		public:  r.URL("AUTHWAY_URL", ""),
		dataDir: r.String("AUTHWAY_DATA_DIR", ".authway"),

		database: serverURL(r, "DATABASE_URL", r.Secret("DATABASE_PASSWORD"), "postgres", "postgresql"),
		// Hydra's database on a server of somebody else's, where it cannot be made.
		hydraDatabase: serverURL(r, "HYDRA_DATABASE_URL", config.Secret{}, "postgres", "postgresql"),
		redis:         serverURL(r, "REDIS_URL", r.Secret("REDIS_PASSWORD"), "redis", "rediss"),
		hydraAdmin:    r.URL("HYDRA_ADMIN_URL", ""), hydraPublic: r.URL("HYDRA_PUBLIC_URL", ""),
		hydraBin: r.String("HYDRA_BIN", ""),

		hookKey: r.Secret("HYDRA_CLIENT_SECRET"), masterKeys: r.Secret("AUTHWAY_MASTER_KEYS"),
		hydraSystem: r.Secret("HYDRA_SECRETS_SYSTEM"),
	}
	if (s.hydraAdmin == nil) != (s.hydraPublic == nil) {
		r.Complain("HYDRA_ADMIN_URL", "and HYDRA_PUBLIC_URL belong together: set both to use a running Hydra, or neither")
	}
	if s.public != nil {
		checkPublic(r, s.public)
		// Hydra repeats the issuer as it stands; paths are appended to it.
		s.public.Path = strings.TrimSuffix(s.public.Path, "/")
	}
	if s.port != 0 && s.port == s.ops {
		r.Complain("OPS_PORT", "is the same as PORT")
	}
	return s, r.Err()
}

func checkPublic(r *config.Reader, u *url.URL) {
	switch {
	case u.Scheme != "http" && u.Scheme != "https":
		r.Complain("AUTHWAY_URL", "has to begin with http:// or https://")
	case strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil:
		r.Complain("AUTHWAY_URL", "has to be a host alone, such as https://auth.example.com")
	}
}

// serverURL takes the URL form only, with the password in it: the functions'
// addresses are made from it by changing the user.
func serverURL(r *config.Reader, name string, password config.Secret, schemes ...string) config.Secret {
	text := r.Secret(name)
	if !text.IsSet() {
		return text
	}
	u, err := url.Parse(text.Reveal())
	if err != nil || !slices.Contains(schemes, u.Scheme) || u.Host == "" {
		r.Complain(name, "has to be an address that begins with "+schemes[0]+"://")
		return config.Secret{}
	}
	if password.IsSet() {
		u.User = url.UserPassword(u.User.Username(), password.Reveal())
	}
	return config.NewSecret(u.String())
}

// as is the address of the same database for another user.
func as(address, user, password string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	u.User = url.UserPassword(user, password)
	return u.String()
}

// inDatabase is the address of another database on the same server.
func inDatabase(address, name string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	u.Path = "/" + name
	return u.String()
}

// localURL is the public address when nobody chose one. A name and not a
// number: passkeys are bound to a domain, and browsers refuse them on an address.
func localURL(port int) *url.URL {
	return &url.URL{Scheme: "http", Host: "localhost:" + strconv.Itoa(port)}
}

// onLoopback reports whether only this machine can use the address.
func onLoopback(u *url.URL) bool {
	host := u.Hostname()
	ip := net.ParseIP(host)
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || ip != nil && ip.IsLoopback()
}

// logLevel is for the edge; the functions read LOG_LEVEL themselves.
func logLevel(lookup config.Lookup) (slog.Level, error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(config.Read(lookup).String("LOG_LEVEL", "info"))); err != nil {
		return level, fmt.Errorf("LOG_LEVEL has to be debug, info, warn or error")
	}
	return level, nil
}
