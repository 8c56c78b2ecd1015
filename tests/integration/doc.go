// Package integration walks people's journeys through the whole system as
// `make run` starts it: real Hydra, PostgreSQL and Redis, a browser without
// script, and applications made of an OpenID Connect library that knows nothing
// of Authway. One file is one journey.
package integration
