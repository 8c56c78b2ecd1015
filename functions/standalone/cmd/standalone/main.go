// Command standalone runs all of Authway on this machine.
package main

import (
	"os"

	"github.com/authway/authway/functions/standalone"
)

func main() { os.Exit(standalone.Main()) }
