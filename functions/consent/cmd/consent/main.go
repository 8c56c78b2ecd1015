// Command consent asks people what an application may have.
package main

import (
	"github.com/authway/authway/functions/consent"
	"github.com/authway/authway/shared/serve"
)

func main() { serve.Main(consent.Spec) }
