// Package guard keeps hostile requests away from handlers and tells browsers what pages may do. Each guard
// is one http middleware that can be read on its own; Site and Service are the two compositions.
//
//	g := guard.Guard{Problems: problems, Audience: problem.Page}
//	handler := g.Site(public, mux)      // what browsers talk to
//	handler := g.Service(mux)           // what programs talk to: hooks, introspection, events
//
// One mux may serve both kinds: wrap its routes with Chain and the guards they need.
//
// What is not here: rate limits and authentication, which need a store and belong to the function.
//
// Ring 3: it imports problem, of its own ring nothing.
package guard
