// Package edge is the one public door: static pages, and the paths that lead to
// the functions and to Hydra.
//
// One table of routes says it all. [Handler] serves it inside `make run` and
// the tests; [NginxConf] writes it down for nginx, which serves it in
// production. What is not in the table is not reachable from outside: the
// hooks, the events, Hydra's session callback, readiness and metrics never are.
//
// # What a function may rely on
//
// X-Forwarded-For, -Host and -Proto are the edge's own words; whatever a client
// put there is gone. X-Request-Id is well formed. Host is the function's own,
// as a Knative ingress wants it: the public address is AUTHWAY_URL, never Host.
// A request for a host that is not ours is answered 421 here, so no function
// sees one.
//
// # The sign-in page
//
// GET /login is a static file that can be typed into before any function is
// awake. Only a browser that has a session, or whose authorization request
// brought a hint or a language, is sent to the login function, which can answer
// better: the edge decides by the cookies' names alone and never reads their
// values.
package edge
