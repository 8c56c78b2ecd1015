package maintenance

import (
	"log/slog"
	"testing"

	"github.com/authway/authway/shared/clock"
	"github.com/authway/authway/shared/journal"
	"github.com/authway/authway/shared/telemetry"
)

func TestCatalogueIsWhatIsDone(t *testing.T) {
	t.Parallel()
	all := jobs(settings{}, clock.System(), slog.New(slog.DiscardHandler), telemetry.NewMetrics(name).Registry)
	for i, j := range all {
		if i >= len(journal.Catalogue) || journal.Catalogue[i].Name != j.Name {
			t.Errorf("%s is not in its place in the catalogue", j.Name)
		}
	}
	if len(all) != len(journal.Catalogue) {
		t.Errorf("%d jobs, %d in the catalogue", len(all), len(journal.Catalogue))
	}
}
