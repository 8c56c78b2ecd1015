// Package telemetry makes a function's work visible: structured logs, metrics in Prometheus's format, the
// id by which a request is found again, spans where somebody collects them, and the ops port's pages.
//
// What it leaves out is the point. A log line never holds a query, a cookie or a body, because challenges,
// codes and tokens travel there. A metric's label is never taken from the request: the route is the pattern
// that matched, the method one of a closed list, so that nobody can grow the series by asking.
//
// Spans are OpenTelemetry's, made and sent (OTLP in JSON) by a few lines of our own: its library cost every cold
// start a millisecond whether or not anybody collects, and its exporters link gRPC, which costs more than the
// whole function (see the deny list in tests/architecture). Without a collector nothing of it is started.
//
// What happens in a request is counted here, in the process: it is scraped every fifteen seconds, and a pod
// outlives its last request by more. What is true of the system whoever runs is read from the database by
// functions/maintenance/state, and is in no function's series.
//
// Ring 3: it imports clock and problem, of its own ring nothing.
package telemetry
