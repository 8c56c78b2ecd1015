package admin

import (
	"net/http"
	"runtime/debug"

	"github.com/authway/authway/functions/admin/access"
	"github.com/authway/authway/functions/admin/me"
	"github.com/authway/authway/shared/guard"
	"github.com/authway/authway/shared/problem"
)

// maxBody is what a call may weigh: a tenant's picture is the greatest part of one.
const maxBody = 256 << 10

// routes is the rooms behind the gate. Which operations each has is said by the
// document, and who may use them by the rules beside them.
func (f *Function) routes(contract *access.Document) http.Handler {
	mux := http.NewServeMux()
	whoami := me.API{DB: f.db, Version: version(), Refuse: f.refuse}
	whoami.Routes(mux, base)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { f.refuse(w, r, problem.NotFound) })

	gate := access.Gate{
		Document: contract, Rules: Rules(), DB: f.db, Sessions: f.sessions, Hydra: f.hydra, Cookies: f.cookies, Clock: f.clock,
		Problems: f.problems, Explain: explain,
	}
	g := guard.Guard{Problems: f.problems, Audience: problem.JSON}
	return guard.Chain(gate.Guard(mux), guard.Headers(f.public), g.Recover, g.CrossSite(f.public), g.Limit(maxBody),
		g.ContentTypes("application/json"), fresh)
}

// fresh keeps answers out of every cache: what they say is for one caller and one
// moment.
func fresh(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}

// version is the module's, as the build has noted it.
func version() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		return info.Main.Version
	}
	return ""
}

func (f *Function) refuse(w http.ResponseWriter, r *http.Request, err error) {
	f.problems.Write(w, r, problem.JSON, explain(err))
}
