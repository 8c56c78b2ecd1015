package admin

import (
	"context"
	"net/http"
	"runtime/debug"

	"github.com/authway/authway/functions/admin/access"
	"github.com/authway/authway/functions/admin/applications"
	"github.com/authway/authway/functions/admin/intake"
	"github.com/authway/authway/functions/admin/me"
	"github.com/authway/authway/functions/admin/people"
	"github.com/authway/authway/functions/admin/system"
	"github.com/authway/authway/functions/admin/takeout"
	"github.com/authway/authway/functions/admin/tenants"
	"github.com/authway/authway/shared/factor"
	"github.com/authway/authway/shared/flow"
	"github.com/authway/authway/shared/guard"
	"github.com/authway/authway/shared/meter"
	"github.com/authway/authway/shared/outbox"
	"github.com/authway/authway/shared/problem"
	"github.com/authway/authway/shared/proof"
)

// exportsAtOnce is how many files a process lets be taken away: each holds a connection
// to the database.
const exportsAtOnce = 3

// routes is the rooms behind the gate. Which operations each has is said by the
// document, and who may use them by the rules beside them.
func (f *Function) routes(contract *access.Document) http.Handler {
	mux := http.NewServeMux()
	whoami := me.API{DB: f.db, Version: version(), Refuse: f.refuse}
	whoami.Routes(mux, base)
	clients := applications.API{
		DB: f.db, Hydra: f.hydra, Box: f.box, Clock: f.clock, Public: f.public, Board: f.revoker.Board, Revoker: f.revoker,
		Knocker: f.knocker, Refuse: f.refuse,
	}
	clients.Routes(mux, base)
	boundaries := tenants.API{DB: f.db, Hydra: f.hydra, Clock: f.clock, Refuse: f.refuse}
	boundaries.Routes(mux, base)
	accounts := people.API{
		DB: f.db, Hydra: f.hydra, Clock: f.clock, Sessions: f.sessions, Revoker: f.revoker,
		Flows: flow.Store{DB: f.db, Box: f.box, Clock: f.clock}, Proofs: proof.Store{Box: f.box, Clock: f.clock},
		Outbox: outbox.Store{DB: f.db, Box: f.box, Clock: f.clock}, Knocker: f.knocker, Refuse: f.refuse, Explain: explain,
	}
	accounts.Routes(mux, base)
	exports := &takeout.Places{All: exportsAtOnce, Each: 1}
	door := intake.API{
		DB: f.db, Clock: f.clock, Factors: factor.Store{DB: f.db, Box: f.box, Clock: f.clock},
		Outbox: outbox.Store{DB: f.db, Box: f.box, Clock: f.clock}, Knocker: f.knocker, Exports: exports, Refuse: f.refuse,
	}
	door.Routes(mux, base)
	installation := system.New(system.API{
		DB: f.db, Clock: f.clock, Public: f.public, Knocker: f.knocker, Exports: exports, Leaving: f.leaving, Refuse: f.refuse,
		Tokens: &meter.Meter{Name: meter.Tokens, Counters: f.cache, Clock: f.clock},
		Parts: map[string]func(context.Context) error{
			"postgres": f.parts["postgres"], "hydra": f.parts["hydra"], "redis": f.cache.Ping,
		},
	})
	installation.Routes(mux, base)

	gate := access.Gate{
		Document: contract, Rules: Rules(), DB: f.db, Sessions: f.sessions, Hydra: f.hydra, Cookies: f.cookies, Clock: f.clock,
		Problems: f.problems, Explain: explain,
	}
	g := guard.Guard{Problems: f.problems, Audience: problem.JSON}
	return guard.Chain(gate.Guard(mux), guard.Headers(f.public), g.Recover, g.CrossSite(f.public), bodies(g), fresh)
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
