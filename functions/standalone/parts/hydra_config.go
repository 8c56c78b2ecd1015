package parts

import (
	"encoding/json"
	"net/url"
)

// HydraSettings are what a Hydra of ours is told.
type HydraSettings struct {
	// Issuer is the public address, without a slash at its end: Hydra repeats it
	// as it stands, and clients compare it byte by byte (OpenID Connect Discovery 4.3).
	Issuer *url.URL
	// Login and Token are the private addresses of the functions it calls.
	Login, Token string
	// HookKey is what it shows them.
	HookKey string
	// Database is its PostgreSQL database.
	Database string
	// System seals challenges and rows. Cookie signs its cookies. Pagination
	// seals page tokens, from v26 on.
	System, Cookie, Pagination string

	publicPort, adminPort int
	admin                 string
}

type object = map[string]any

// config is written for the version that reads it: v2.3.0 does not start when
// it meets a key it does not know.
func (s HydraSettings) config(v HydraVersion) ([]byte, error) {
	secrets := object{"system": []string{s.System}, "cookie": []string{s.Cookie}}
	if v.Major >= 26 {
		secrets["pagination"] = []string{s.Pagination}
	}
	return json.MarshalIndent(object{
		"log":     object{"level": "warn", "format": "json", "leak_sensitive_values": false},
		"sqa":     object{"opt_out": true},
		"serve":   s.serve(),
		"urls":    s.urls(),
		"secrets": secrets,
		// With wildcards, which are the default, a client registered for "*" or "*.tenants.write" gets every scope of
		// the administration API.
		"strategies": object{"scope": "exact"},
		"oauth2": object{
			"token_hook":             s.hook("/hooks/token"),
			"refresh_token_hook":     s.hook("/hooks/refresh"),
			"expose_internal_errors": false,
			// Without PKCE a public client's code is worth as much to whoever catches it (RFC 9700 section 2.1.1).
			"pkce": object{"enforced_for_public_clients": true},
		},
	}, "", "  ")
}

func (s HydraSettings) serve() object {
	listen := func(port int) object {
		return object{
			"host": "127.0.0.1", "port": port,
			"request_log": object{"disable_for_health": true},
			// With an https issuer too: TLS ends in front of us.
			"tls": object{"enabled": false},
		}
	}
	public := listen(s.publicPort)
	public["cors"] = object{
		"enabled": true,
		// Hydra takes an empty list for everybody. With our own origin in it, scripts of
		// other origins read what the client that they speak for names in its
		// allowed_cors_origins. The edge answers preflights.
		"allowed_origins": []string{s.Issuer.Scheme + "://" + s.Issuer.Host},
		// These endpoints know nobody by a cookie.
		"allow_credentials": false,
	}
	return object{
		"public": public,
		"admin":  listen(s.adminPort),
		"cookies": object{
			// None, the default, is dropped by browsers over plain http.
			"same_site_mode": "Lax",
			"secure":         s.Issuer.Scheme == "https",
		},
	}
}

func (s HydraSettings) urls() object {
	public := func(path string) string { return s.Issuer.JoinPath(path).String() }
	return object{
		"self":                 object{"issuer": s.Issuer.String(), "public": s.Issuer.String(), "admin": s.admin},
		"login":                public("/login"),
		"registration":         public("/register"),
		"consent":              public("/consent"),
		"logout":               public("/logout"),
		"error":                public("/error"),
		"post_logout_redirect": public("/signed-out"),
		// Hydra adds /admin/sessions/{id} and calls it when a session ends.
		"identity_provider": object{
			"url":     s.Login,
			"headers": object{"Authorization": "Bearer " + s.HookKey},
		},
	}
}

func (s HydraSettings) hook(path string) object {
	return object{
		"url": s.Token + path,
		"auth": object{
			"type":   "api_key",
			"config": object{"in": "header", "name": "Authorization", "value": "Bearer " + s.HookKey},
		},
	}
}
