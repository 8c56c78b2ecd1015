// Command hydra is Ory Hydra, built from its published module so that a
// machine with only a Go toolchain has a real OAuth2 and OpenID Connect server
// to develop and test against. Production runs Ory's own image.
//
// It lives in a module of its own: Hydra's several hundred dependencies stay
// out of Authway's go.sum.
package main

import "github.com/ory/hydra/v2/cmd"

func main() { cmd.Execute() }
