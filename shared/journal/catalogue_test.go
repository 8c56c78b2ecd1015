package journal

import (
	"strings"
	"testing"
	"time"
)

func TestNextIsTheFirstTimeAfter(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 24, 12, 10, 30, 0, time.UTC)
	for cron, want := range map[string]string{
		"*/5 * * * *":  "2026-11-24T12:15:00Z",
		"*/10 * * * *": "2026-11-24T12:20:00Z",
		"10 * * * *":   "2026-11-24T13:10:00Z",
		"45 * * * *":   "2026-11-24T12:45:00Z",
		"0 2 * * *":    "2026-11-25T02:00:00Z",
		"11 12 * * *":  "2026-11-24T12:11:00Z",
		"10 12 * * *":  "2026-11-25T12:10:00Z",
	} {
		if got := (Work{Cron: cron}).Next(at).Format(time.RFC3339); got != want {
			t.Errorf("%s: %s, want %s", cron, got, want)
		}
	}
}

// Next reads no more of cron than this.
func TestCatalogueIsWhatNextReads(t *testing.T) {
	t.Parallel()
	names := map[string]bool{}
	for _, w := range Catalogue {
		fields := strings.Fields(w.Cron)
		if len(fields) != 5 || strings.Join(fields[2:], " ") != "* * *" || w.Every <= 0 || w.About == "" || names[w.Name] {
			t.Errorf("%+v", w)
		}
		names[w.Name] = true
		if next := w.Next(time.Unix(0, 0)); !fits(fields[0], next.Minute()) || !fits(fields[1], next.Hour()) {
			t.Errorf("%s: %q comes at no time", w.Name, w.Cron)
		}
	}
}
