// Package manifests holds the manifests of knative/ to what Kubernetes, Knative
// and the code say.
//
// It is a module of its own: Knative's types and kustomize are needed by nothing
// that is deployed. Every overlay is rendered, decoded strictly into the types of
// its owners, defaulted and validated by Knative's own code, and then compared
// with the sources: settings, jobs, paths, ports and secrets have to be the same
// on both sides.
package manifests
