package recovery_test

import (
	"os"
	"testing"

	"github.com/authway/authway/functions/maintenance"
	// Backups go to object storage here, too.
	_ "github.com/authway/authway/functions/maintenance/backup/store/clouds"
	"github.com/authway/authway/shared/serve"
	"github.com/authway/authway/tests/harness"
)

// asMaintenance, as the first argument, makes the binary of the tests the program
// maintenance.
const asMaintenance = "maintenance"

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == asMaintenance {
		maintenance.Command(os.Args[2:], func() { serve.Main(maintenance.Spec) })
		return
	}
	if err := harness.UseStorageKeys(); err != nil {
		panic(err)
	}
	harness.Main(m)
}
