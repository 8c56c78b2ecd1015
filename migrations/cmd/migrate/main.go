// Command migrate runs migrations.Command: up, down, pending or setup-link.
package main

import (
	"os"

	"github.com/authway/authway/migrations"
	"github.com/authway/authway/shared/config"
	"knative.dev/pkg/signals"
)

func main() {
	os.Exit(migrations.Main(signals.NewContext(), config.Environment(), os.Args[1:], os.Stdout, os.Stderr))
}
