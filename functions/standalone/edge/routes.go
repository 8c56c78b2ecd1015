package edge

import (
	"net/http"
	"slices"
	"strings"
)

// Upstream is a server behind the edge.
type Upstream string

// The upstreams: the five functions, and Hydra's public port.
const (
	Login       Upstream = "login"
	Consent     Upstream = "consent"
	Token       Upstream = "token"
	Admin       Upstream = "admin"
	Maintenance Upstream = "maintenance"
	Hydra       Upstream = "hydra"
)

// Upstreams are all of them.
var Upstreams = []Upstream{Login, Consent, Token, Admin, Maintenance, Hydra}

// Route is one line of the table.
type Route struct {
	// Methods it answers; nil is any. GET stands for HEAD as well.
	Methods []string
	// Path is exact, or covers everything below when it ends in a slash.
	Path string
	// Page is a static page. To is an upstream. With both, the upstream answers a
	// browser that is known (see knownCookies) and the page all others.
	Page string
	To   Upstream
	// Binds says that the page gives the browser its secret (shared/browser), if it has
	// none: a form that is sent before the page's first request has been answered would
	// come from another browser.
	Binds bool
	// At is the path at the upstream where it differs.
	At string
	// Assets serves hashed static files.
	Assets bool
	// Asks remembers, for the page that follows, that the request brought a hint
	// or a language.
	Asks bool
	// Scripts says that scripts of other origins ask here, without credentials. The edge
	// answers their preflights; Hydra lets the origins read that the client names.
	Scripts bool
	// Held says that the upstream passes it on to Hydra and waits for the answer, so that
	// it counts among what is sent to Hydra at once.
	Held bool
	// Body is what a request may weigh where that is more than usual. It is passed on
	// while it comes: the upstream refuses it by its head, or reads it as a file.
	Body int
	// Public says that the scripts of every origin may read it: it is the same for all,
	// and read before any application is known.
	Public bool
}

var (
	read  = []string{http.MethodGet}
	write = []string{http.MethodPost}
	form  = []string{http.MethodGet, http.MethodPost}
)

// table is the order of a person's way through: sign in, consent, tokens, the rest.
var table = []Route{
	{Methods: read, Path: "/login", Page: "login", To: Login, Binds: true},
	{Methods: write, Path: "/login", To: Login},
	{Methods: form, Path: "/login/", To: Login},
	{Methods: read, Path: "/register", Page: "register", Binds: true},
	{Methods: write, Path: "/register", To: Login},
	{Methods: form, Path: "/logout", To: Login},
	{Methods: read, Path: "/error", To: Login},
	{Methods: read, Path: "/signed-out", To: Login},
	{Path: "/api/login/", To: Login},

	{Methods: form, Path: "/consent", To: Consent},

	{Methods: read, Path: "/account", Page: "account"},
	{Methods: read, Path: "/account/", Page: "account"},
	{Methods: read, Path: "/account/sign-in", To: Login},
	{Methods: read, Path: "/account/signed-in", To: Login},
	{Methods: read, Path: "/account/link/", To: Login},
	{Path: "/api/account", To: Login},
	{Path: "/api/account/", To: Login},
	{Path: "/api/account/apps", To: Consent},
	{Path: "/api/account/apps/", To: Consent},

	{Path: "/token/introspect", To: Token},
	{Path: "/token/exchange", To: Token},
	{Methods: read, Path: "/.well-known/authway/jwks.json", To: Token},

	{Methods: read, Path: "/admin", Page: "admin"},
	{Methods: read, Path: "/admin/", Page: "admin"},
	{Path: "/api/admin/", To: Admin, Body: maxFile},

	{Path: "/oauth2/auth", To: Hydra, Asks: true},
	{Path: "/oauth2/token", To: Token, Scripts: true, Held: true},
	{Path: "/oauth2/revoke", To: Token, Scripts: true},
	{Path: "/oauth2/", To: Hydra},
	{Path: "/userinfo", To: Hydra, Scripts: true},
	{Path: "/.well-known/openid-configuration", To: Hydra, Scripts: true, Public: true},
	{Path: "/.well-known/jwks.json", To: Hydra, Scripts: true, Public: true},

	{Methods: read, Path: "/health", To: Login},
	{Methods: read, Path: "/health/login", To: Login, At: "/healthz"},
	{Methods: read, Path: "/health/consent", To: Consent, At: "/healthz"},
	{Methods: read, Path: "/health/token", To: Token, At: "/healthz"},
	{Methods: read, Path: "/health/admin", To: Admin, At: "/healthz"},

	{Methods: read, Path: "/ui/", Assets: true},
}

// Routes is a copy of the table.
func Routes() []Route { return slices.Clone(table) }

// askCookie says that the authorization request had something to ask for.
const askCookie = "authway_ask"

// Cookies whose presence makes a browser known to the sign-in page: Authway's
// session and Hydra's, each under its name over https and over http.
var knownCookies = []string{
	"__Host-authway_session", "authway_session", "ory_hydra_session", "ory_hydra_session_dev", askCookie,
}

// pendingCookie begins the name of the cookie that Hydra gives a browser when it
// comes with an authorization request; the application's hash follows.
const pendingCookie = "ory_hydra_login_csrf_"

// asking are the parameters of an authorization request that only the login
// function can honour: a hint it may show, a language it may speak
// (OpenID Connect Core 3.1.2.1).
var asking = []string{"login_hint", "ui_locales"}

// preflight answers a browser that asks whether a script of another origin may send
// a request (Fetch, section 4.8). It names no client, and so is answered to all alike:
// what may be sent is what anybody could send, and nothing may be read for it. Up to
// v26.2.0 Hydra would ask its own list of origins, which knows no client's.
var preflight = [][2]string{
	{"Access-Control-Allow-Origin", "*"},
	{"Access-Control-Allow-Methods", "GET, POST"},
	{"Access-Control-Allow-Headers", "Authorization, Content-Type"},
	{"Access-Control-Max-Age", "7200"},
}

// Match finds the routes of a path, or nil. They differ in their methods.
func Match(path string) []Route {
	var exact, below []Route
	for _, r := range table {
		switch {
		case r.Path == path:
			exact = append(exact, r)
		case strings.HasSuffix(r.Path, "/") && strings.HasPrefix(path, r.Path):
			if len(below) > 0 && len(below[0].Path) < len(r.Path) {
				below = nil
			}
			below = append(below, r)
		}
	}
	if exact != nil {
		return exact
	}
	return below
}

// Answers reports whether the route answers a method.
func (r Route) Answers(method string) bool {
	if r.Methods == nil || slices.Contains(r.Methods, method) {
		return true
	}
	return method == http.MethodHead && slices.Contains(r.Methods, http.MethodGet)
}

// allowed are the methods of routes that share a path, for the Allow header.
func allowed(routes []Route) []string {
	var all []string
	for _, r := range routes {
		all = append(all, r.Methods...)
		if slices.Contains(r.Methods, http.MethodGet) {
			all = append(all, http.MethodHead)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}
