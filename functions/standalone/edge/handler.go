package edge

import (
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"net/url"
	"path"
	"strings"

	"github.com/authway/authway/shared/browser"
	"github.com/authway/authway/shared/guard"
	"github.com/authway/authway/shared/problem"
)

// Config says what stands behind the edge.
type Config struct {
	// Public is the address that people see.
	Public *url.URL
	// Upstreams are private addresses, one for each of the package's Upstreams.
	Upstreams map[Upstream]*url.URL
	// Pages holds <locale>/<page>.html and ui/assets/*.
	Pages fs.FS
	// Own are handlers beside the table, by path as in Route. Only `make run` has any.
	Own map[string]http.Handler
	Log *slog.Logger
}

// maxBody is what the largest form or JSON of the table may weigh, and maxFile a file
// of accounts. nginx is told the same.
const (
	maxBody = 1 << 20
	maxFile = 64 << 20
)

type edge struct {
	public   *url.URL
	host     string
	own      map[string]http.Handler
	cookies  browser.Cookies
	proxies  map[Upstream]*proxy
	static   *static
	problems problem.Writer
}

// Handler serves the table.
func Handler(c Config) (http.Handler, error) {
	files, err := loadStatic(c.Pages)
	if err != nil {
		return nil, err
	}
	e := &edge{public: c.Public, host: canonicalHost(c.Public.Scheme, c.Public.Host), own: c.Own, cookies: browser.CookiesFor(c.Public), static: files}
	e.problems = problem.Writer{Log: c.Log, Page: e.page}
	e.proxies = map[Upstream]*proxy{}
	for _, name := range Upstreams {
		target := c.Upstreams[name]
		if target == nil {
			return nil, fmt.Errorf("edge: there is no address of %s", name)
		}
		e.proxies[name] = newProxy(name, target, c.Public, e.failed)
	}
	return guard.Guard{Problems: e.problems, Audience: problem.Page}.Recover(http.HandlerFunc(e.serve)), nil
}

func (e *edge) serve(w http.ResponseWriter, r *http.Request) {
	if canonicalHost(e.public.Scheme, r.Host) != e.host {
		e.refuse(w, r, problem.MisdirectedHost)
		return
	}
	if !clean(r.URL.Path) {
		e.refuse(w, r, problem.NotFound)
		return
	}
	if h, pattern := e.ownHandler(r.URL.Path); h != nil {
		r.Pattern = pattern
		h.ServeHTTP(w, r)
		return
	}
	routes := Match(r.URL.Path)
	if routes == nil {
		e.refuse(w, r, problem.NotFound)
		return
	}
	r.Pattern = routes[0].Path
	if r.Method == http.MethodOptions && routes[0].Scripts {
		for _, header := range preflight {
			w.Header().Set(header[0], header[1])
		}
		w.WriteHeader(http.StatusNoContent)
		return
	}
	for _, route := range routes {
		if route.Answers(r.Method) {
			e.answer(w, r, route)
			return
		}
	}
	w.Header().Set("Allow", strings.Join(allowed(routes), ", "))
	e.refuse(w, r, problem.MethodNotAllowed)
}

func (e *edge) answer(w http.ResponseWriter, r *http.Request, route Route) {
	switch {
	case route.Assets:
		e.headed(w, r, e.asset)
	case route.Page != "" && (route.To == "" || !known(r)):
		e.headed(w, r, func(w http.ResponseWriter, r *http.Request) {
			caching := revalidate
			if route.Binds {
				e.cookies.Browser(w, r)
				caching = unshared
			}
			e.servePage(w, r, route.Page, caching)
		})
	default:
		if route.Asks && asks(r) {
			http.SetCookie(w, e.ask())
		}
		r.Body = http.MaxBytesReader(w, r.Body, int64(max(route.Body, maxBody)))
		e.proxies[route.To].serve(w, r, route)
	}
}

// ownHandler prefers an exact path to one that ends in a slash, and a long one
// to a short one.
func (e *edge) ownHandler(path string) (http.Handler, string) {
	if h, ok := e.own[path]; ok {
		return h, path
	}
	for i := strings.LastIndexByte(path, '/'); i > 0; i = strings.LastIndexByte(path[:i], '/') {
		if h, ok := e.own[path[:i+1]]; ok {
			return h, path[:i+1]
		}
	}
	return nil, ""
}

// known reports whether the browser has a cookie that only the login function
// can judge.
func known(r *http.Request) bool {
	for _, name := range knownCookies {
		if _, err := r.Cookie(name); err == nil {
			return true
		}
	}
	return false
}

// asks reports whether the sign-in page that follows has to be the login
// function's: the request asks for something, or another one of this browser is
// under way (a second tab), which only the function can put in order.
func asks(r *http.Request) bool {
	for _, cookie := range r.Cookies() {
		if strings.HasPrefix(cookie.Name, pendingCookie) {
			return true
		}
	}
	query := r.URL.Query()
	for _, name := range asking {
		if query.Get(name) != "" {
			return true
		}
	}
	return false
}

// askSeconds covers the redirect from Hydra to the sign-in page and a slow network.
const askSeconds = 120

func (e *edge) ask() *http.Cookie {
	return &http.Cookie{
		Name: askCookie, Value: "1", Path: "/login", MaxAge: askSeconds,
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: e.public.Scheme == "https",
	}
}

// clean refuses paths that mean another path to whoever is behind us: dots,
// doubled slashes, and a backslash, which browsers take for a slash.
func clean(p string) bool {
	if !strings.HasPrefix(p, "/") || strings.Contains(p, "\\") {
		return false
	}
	return path.Clean(p) == strings.TrimSuffix(p, "/") || p == "/"
}

// canonicalHost is a host without the port that its scheme implies.
func canonicalHost(scheme, host string) string {
	host = strings.ToLower(host)
	switch scheme {
	case "https":
		return strings.TrimSuffix(host, ":443")
	case "http":
		return strings.TrimSuffix(host, ":80")
	}
	return host
}

// headed runs h with the headers of a page, which h may override.
func (e *edge) headed(w http.ResponseWriter, r *http.Request, h http.HandlerFunc) {
	guard.Headers(e.public)(h).ServeHTTP(w, r)
}

func (e *edge) refuse(w http.ResponseWriter, r *http.Request, err error) {
	audience := problem.JSON
	if strings.Contains(r.Header.Get("Accept"), "text/html") {
		audience = problem.Page
	}
	e.headed(w, r, func(w http.ResponseWriter, r *http.Request) {
		e.problems.Write(w, r, audience, err)
	})
}
