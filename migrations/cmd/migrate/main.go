// Command migrate brings the database that DATABASE_URL names to the schema of
// this release ("up"), undoes the last run ("down"), or says what it would do
// ("pending").
package main

import (
	"os"

	"knative.dev/pkg/signals"

	"github.com/authway/authway/migrations"
	"github.com/authway/authway/shared/config"
)

func main() {
	os.Exit(migrations.Main(signals.NewContext(), config.Environment(), os.Args[1:], os.Stdout, os.Stderr))
}
