// Command drill restores the latest backup for practice.
package main

import (
	"os"

	"github.com/authway/authway/functions/standalone/drill"
)

func main() { os.Exit(drill.Main(os.Args[1:])) }
