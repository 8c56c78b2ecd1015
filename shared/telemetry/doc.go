// Package telemetry makes a function's work visible: structured logs, metrics in Prometheus's format, the
// id by which a request is found again, and the ops port's pages.
//
// What it leaves out is the point. A log line never holds a query, a cookie or a body, because challenges,
// codes and tokens travel there. A metric's label is never taken from the request: the route is the pattern
// that matched, the method one of a closed list, so that nobody can grow the series by asking.
//
// Spans are not made here: OTLP exporters link gRPC, which costs a cold start more than the whole function
// (see the deny list in tests/architecture).
//
// Ring 3: it imports clock and problem, of its own ring nothing.
package telemetry
