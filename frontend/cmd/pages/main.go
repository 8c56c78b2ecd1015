// Command pages runs frontend.Main: it writes the pages into a folder.
package main

import (
	"os"

	"github.com/authway/authway/frontend"
)

func main() { os.Exit(frontend.Main(os.Args[1:], os.Stderr)) }
