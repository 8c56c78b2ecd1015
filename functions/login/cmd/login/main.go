// Command login serves sign-in, registration and logout.
package main

import (
	"github.com/authway/authway/functions/login"
	"github.com/authway/authway/shared/serve"
)

func main() { serve.Main(login.Spec) }
