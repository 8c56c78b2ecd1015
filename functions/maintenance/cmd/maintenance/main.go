// Command maintenance receives cron-driven events.
package main

import (
	"github.com/authway/authway/functions/maintenance"
	"github.com/authway/authway/shared/serve"
)

func main() { serve.Main(maintenance.Spec) }
