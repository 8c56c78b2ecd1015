// Command token answers Ory Hydra's token hooks.
package main

import (
	"github.com/authway/authway/functions/token"
	"github.com/authway/authway/shared/serve"
)

func main() { serve.Main(token.Spec) }
