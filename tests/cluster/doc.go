// Package cluster deploys Authway to a real Kubernetes with Knative, signs in
// with everything asleep, rolls out and rolls back under load. See README.md.
package cluster
