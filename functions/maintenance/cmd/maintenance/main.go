// Command maintenance receives events, or runs one job from a shell.
package main

import (
	"os"

	"github.com/authway/authway/functions/maintenance"
	_ "github.com/authway/authway/functions/maintenance/backup/store/clouds"
	"github.com/authway/authway/shared/serve"
)

func main() {
	maintenance.Command(os.Args[1:], func() { serve.Main(maintenance.Spec) })
}
