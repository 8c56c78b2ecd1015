// Package monitoring asks whether the monitoring can lie.
//
// It runs the system with a real Prometheus, a real Alertmanager and the exporters that
// the manifests name, lets people sign in, and asks of every panel of every dashboard
// whether there is anything to show. Then it breaks one thing after another, and waits
// for the alert that is there for it. What only a cluster has (container_*, kube_*)
// comes from an exposition in testdata.
//
// Everything goes faster here: what the rules wait for and look back on is divided by
// one number (faster), so that five minutes pass in a few seconds. The rules as they
// are, with their own times, are asked by promtool, about series of every shape.
package monitoring
