package demo

import (
	"log/slog"
	"net/http"
	"net/url"

	"github.com/authway/authway/shared/clock"
	"github.com/authway/authway/shared/guard"
	"github.com/authway/authway/shared/problem"
)

// ClientID is the name under which the demo is registered.
const ClientID = "demo"

// CallbackPath is where the provider sends the browser back, and HomePath where
// it does after signing out.
const (
	HomePath     = "/demo"
	CallbackPath = "/demo/callback"
)

// Scopes are what the demo asks for.
var Scopes = []string{"openid", "offline_access", "profile", "email"}

// Config says where the demo lives and whom it trusts.
type Config struct {
	// Public is the address of the site that /demo is on, and Issuer the provider's.
	Public *url.URL
	Issuer string
	// HTTP reaches the provider; nil is http.DefaultClient.
	HTTP  *http.Client
	Clock clock.Clock
	Log   *slog.Logger
	// User and Password are shown to whoever wants to try.
	User, Password string
}

type demo struct {
	Config
	provider *provider
	visitors *visitors
}

// Handler serves /demo and everything below.
func Handler(c Config) http.Handler {
	if c.HTTP == nil {
		c.HTTP = http.DefaultClient
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	d := &demo{Config: c, provider: &provider{issuer: c.Issuer, http: c.HTTP}}
	d.visitors = &visitors{clock: c.Clock, secure: c.Public.Scheme == "https", known: map[string]*visitor{}}
	problems := problem.Writer{Log: c.Log, Page: d.showProblem}
	page := func(h problem.Handler) http.Handler { return problems.For(problem.Page, h) }

	mux := http.NewServeMux()
	mux.Handle("GET /demo", page(d.home))
	mux.Handle("POST /demo/signin", page(d.signIn))
	mux.Handle("GET /demo/callback", page(d.callback))
	mux.Handle("POST /demo/userinfo", page(d.userInfo))
	mux.Handle("POST /demo/refresh", page(d.refresh))
	mux.Handle("POST /demo/signout", page(d.signOut))
	mux.HandleFunc("GET /demo/demo.css", serveStyle)
	mux.HandleFunc("GET /demo/mark.svg", serveMark)
	mux.Handle("/demo/", page(func(http.ResponseWriter, *http.Request) error { return problem.NotFound }))
	return guard.Guard{Problems: problems, Audience: problem.Page}.Site(c.Public, mux)
}

func (d *demo) address(path string) string { return d.Public.JoinPath(path).String() }
