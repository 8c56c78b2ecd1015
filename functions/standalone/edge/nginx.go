package edge

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"text/template"

	_ "embed"

	"github.com/authway/authway/frontend/pages"
	"github.com/authway/authway/shared/browser"
	"github.com/authway/authway/shared/guard"
	"github.com/authway/authway/shared/problem"
)

// Nginx is what nginx has to know beside Config.
type Nginx struct {
	// Listen is a port, or an address with one.
	Listen string
	// Root is the folder of the static files: Config.Pages as nginx sees it.
	Root string
	// Scratch is a writable folder for temporary files and the process id.
	Scratch string
	// Resolver is a name server. With it, upstreams are looked up again and again,
	// which a cluster needs; without it, once at start.
	Resolver string
	// Certificate and CertificateKey are files. With them, Listen speaks TLS;
	// without them, TLS ends in front of nginx.
	Certificate, CertificateKey string
	// Redirect is a port, or an address with one, where plain HTTP is sent on to
	// https. It may be empty.
	Redirect string
	// Trusted are the addresses of proxies in front. The last address in their
	// X-Forwarded-For counts. Without any, a request comes from whoever connected.
	Trusted []string
	// HydraConnections bounds the requests that this nginx sends to Hydra at once; 0
	// is what one nginx may. Several share a Hydra's database connections.
	HydraConnections int
}

//go:embed nginx.conf.tmpl
var nginxText string

var nginxTemplate = template.Must(template.New("nginx.conf").Parse(nginxText))

// NginxConf writes the table down for nginx.
func NginxConf(c Config, n Nginx) string {
	var out strings.Builder
	// Neither a strings.Builder nor this data can make it fail; a mistake in the template shows in every test.
	if err := nginxTemplate.Execute(&out, newConf(c, n)); err != nil {
		panic(err)
	}
	return out.String()
}

type conf struct {
	Nginx
	Host, Scheme  string
	Known         string
	Asking        string
	PendingCookie string
	AskCookie     string
	// BrowserName is the name of the cookie with the browser's secret, and BrowserCookie
	// the cookie.
	BrowserName, BrowserCookie string
	LocaleCookie               string
	Locales                    []string
	DefaultLocale              string
	MaxBody                    int
	Connect, Answer            string
	Headers                    [][2]string
	Immutable                  string
	// Revalidate and Unshared are for pages: without and with a browser\'s secret.
	Revalidate, Unshared string
	Unavailable          string
	RetryAfter           int
	Upstreams            []confUpstream
	Locations            []confLocation
}

type confUpstream struct {
	Name, Server, Host, Scheme string
	Connections                int
	// Public is the scheme that people use.
	Public string
	lookup bool
}

// Dropped are the headers that only a proxy in front could set.
func (confUpstream) Dropped() []string { return forwardedByUs }

// Pass hands a request on, at another path if at is not empty. An address in a
// variable is what makes nginx ask its resolver again.
func (u confUpstream) Pass(at string) string {
	if u.lookup {
		return fmt.Sprintf("set $authway_upstream %s://%s;\n            proxy_pass $authway_upstream%s;", u.Scheme, u.Server, at)
	}
	return fmt.Sprintf("proxy_pass %s://%s%s;", u.Scheme, u.Name, at)
}

// confLocation is a path with all its routes.
type confLocation struct {
	Match   string
	Methods string
	// Choice is a variable that says whether it is for the upstream or the page. It is empty where there is only
	// one of them.
	Choice string
	// Known are the requests that go to the upstream only from a known browser, Always those that always do.
	Known, Always string
	Page          string
	To            *confUpstream
	At            string
	Assets, Asks  bool
	Public, Binds bool
	// HydraConnections bounds what is sent to Hydra, here or by the upstream.
	HydraConnections int
	Preflight        [][2]string
	// Body is Route.Body.
	Body int
}

func newConf(c Config, n Nginx) conf {
	out := conf{
		Nginx: n, Host: c.Public.Hostname(), Scheme: c.Public.Scheme,
		Known:  strings.Join(knownCookies, "|"),
		Asking: "$authway_pending$arg_" + strings.Join(asking, "$arg_"), PendingCookie: pendingCookie,
		AskCookie: fmt.Sprintf("%s=1; Path=/login; Max-Age=%d; HttpOnly; SameSite=Lax%s",
			askCookie, askSeconds, map[bool]string{true: "; Secure"}[c.Public.Scheme == "https"]),
		LocaleCookie: pages.LocaleCookie, Locales: pages.Locales()[1:], DefaultLocale: pages.Locales()[0],
		MaxBody: maxBody, Connect: connectTimeout.String(), Answer: answerTimeout.String(),
		Headers: pageHeaders(c.Public), Immutable: immutable, Revalidate: revalidate, Unshared: unshared, Unavailable: unavailableJSON(),
		RetryAfter: int(problem.Unavailable.RetryAfter().Seconds()),
	}
	out.BrowserName, out.BrowserCookie = browser.BrowserCookie, "; Path=/; HttpOnly; SameSite=Lax"
	if c.Public.Scheme == "https" {
		out.BrowserName, out.BrowserCookie = "__Host-"+browser.BrowserCookie, out.BrowserCookie+"; Secure"
	}
	// nginx makes it of 128 random bits, of a request that nothing writes down.
	out.BrowserCookie = out.BrowserName + "=$request_id" + out.BrowserCookie
	for _, name := range Upstreams {
		if target := c.Upstreams[name]; target != nil {
			u := newUpstream(name, target, c.Public.Scheme, n.Resolver != "")
			if name == Hydra && n.HydraConnections > 0 {
				u.Connections = n.HydraConnections
			}
			out.Upstreams = append(out.Upstreams, u)
		}
	}
	for _, path := range paths() {
		out.Locations = append(out.Locations, out.location(path))
	}
	return out
}

func newUpstream(name Upstream, target *url.URL, public string, lookup bool) confUpstream {
	u := confUpstream{
		Name: "authway_" + string(name), Host: target.Host, Scheme: target.Scheme, Server: target.Host,
		Connections: connections, Public: public, lookup: lookup,
	}
	if name == Hydra {
		u.Connections = hydraConnections
	}
	if target.Port() == "" {
		u.Server += map[string]string{"http": ":80", "https": ":443"}[target.Scheme]
	}
	return u
}

// paths are the table's, each once, in its order.
func paths() []string {
	var all []string
	for _, r := range table {
		if !slices.Contains(all, r.Path) {
			all = append(all, r.Path)
		}
	}
	return all
}

func (c conf) location(path string) confLocation {
	l := confLocation{Match: "= " + path}
	if strings.HasSuffix(path, "/") {
		l.Match = "^~ " + path
	}
	var methods []string
	for _, r := range table {
		if r.Path != path {
			continue
		}
		methods = append(methods, allowed([]Route{r})...)
		l.At, l.Assets, l.Asks = r.At, l.Assets || r.Assets, l.Asks || r.Asks
		l.Public, l.Binds = l.Public || r.Public, l.Binds || r.Binds
		l.Body = max(l.Body, r.Body)
		if r.Scripts {
			l.Preflight = preflight
		}
		if r.To != "" {
			l.To = c.upstream(r.To)
		}
		if hydra := c.upstream(Hydra); hydra != nil && (r.Held || r.To == Hydra) {
			l.HydraConnections = hydra.Connections
		}
		if r.Page != "" {
			l.Page = r.Page
			if r.To != "" {
				l.Known = methodPattern(r)
			}
		} else if r.To != "" {
			l.Always = methodPattern(r)
		}
	}
	if l.Page != "" && l.To != nil {
		l.Choice = "$authway" + strings.ReplaceAll(path, "/", "_")
	}
	l.Methods = strings.Join(methods, "|")
	return l
}

func methodPattern(r Route) string { return strings.Join(allowed([]Route{r}), "|") }

func (c conf) upstream(name Upstream) *confUpstream {
	for i := range c.Upstreams {
		if c.Upstreams[i].Name == "authway_"+string(name) {
			return &c.Upstreams[i]
		}
	}
	return nil
}

// pageHeaders are the ones that package guard gives a page, taken from it so
// that the two doors cannot differ.
func pageHeaders(public *url.URL) [][2]string {
	recorded := header{}
	guard.Headers(public)(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})).ServeHTTP(recorded, nil)
	var all [][2]string
	for name, values := range recorded {
		if name != "Cache-Control" {
			all = append(all, [2]string{name, values[0]})
		}
	}
	slices.SortFunc(all, func(a, b [2]string) int { return strings.Compare(a[0], b[0]) })
	return all
}

// header is a response of which only the headers are wanted.
type header http.Header

func (h header) Header() http.Header       { return http.Header(h) }
func (header) Write(b []byte) (int, error) { return len(b), nil }
func (header) WriteHeader(int)             {}

func unavailableJSON() string {
	return fmt.Sprintf(`{"type":"about:blank","title":"%s","status":%d,"code":"%s","retry_after":%d}`,
		problem.Unavailable.Sentence(), problem.Unavailable.Status(), problem.Unavailable.Code(),
		int(problem.Unavailable.RetryAfter().Seconds()))
}
