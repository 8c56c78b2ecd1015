// Command drill restores the latest backup for practice.
package main

import (
	"os"

	_ "github.com/authway/authway/functions/maintenance/backup/store/clouds"
	"github.com/authway/authway/functions/standalone/drill"
)

func main() { os.Exit(drill.Main(os.Args[1:])) }
