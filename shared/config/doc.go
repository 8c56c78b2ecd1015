// Package config reads settings from the environment, the only package that does. A setting may be given
// as a file instead: when NAME is not set, the contents of the file that NAME_FILE names count, which is how
// Kubernetes mounts secrets.
//
// A Reader collects every mistake and reports them together, so that a deployment is fixed in one round and
// not in one round per setting. Its sentences name the variable and what is expected, never the value: a
// mistyped secret is still a secret.
//
// A variable that is set but empty counts as not set, because manifests cannot unset what a base sets.
//
// Ring 3: it imports nothing of ours.
package config
