// Command admin serves administration.
package main

import (
	"github.com/authway/authway/functions/admin"
	"github.com/authway/authway/shared/serve"
)

func main() { serve.Main(admin.Spec) }
