// Package serve is the life of a function: the same for all five, so that a function is its Spec and its
// main one line.
//
//	func main() { serve.Main(login.Spec) }
//
// Start listens first and opens the function second, and Open never waits for the network, so the process
// answers its probes before PostgreSQL and Redis can be reached; what is missing is said by /readyz. An
// error of Open is therefore a mistake in the configuration and ends the process, with every mistake told.
//
// Stopping is done in the order in which nothing is dropped: probes fail and answers close their
// connections; the listener stays open until no request has come for a quiet moment; the listener closes and
// requests under way end; the function stops; the ops port closes. All of it fits into DRAIN_TIMEOUT, which
// has to be shorter than the pod's grace period. Inside Knative queue-proxy has drained before the signal
// arrives, elsewhere endpoints take a moment to disappear.
//
// Settings: OTEL_EXPORTER_OTLP_ENDPOINT, the address of a collector of spans (none unless it is set), and
// OTEL_TRACES_SAMPLER_ARG, the share of the traces that are kept (0.1);
// PORT (8080), OPS_PORT (9090; inside a Knative pod 9095, because queue-proxy has 9090 and 9091 and
// the pod's containers share one network), LOG_LEVEL (info), DRAIN_TIMEOUT (25s).
//
// Probes, on the same port as the function: /health is shallow, /healthz asks Alive, /readyz asks Ready. What has
// been ready once stays in service when a part goes away, and says which.
// Requests of kubelet and Knative's own probes are answered by knative.dev/pkg's Drainer.
//
// Ring 3: it imports clock and, of its own ring, config and telemetry.
package serve
