package integration_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/authway/authway/functions/maintenance"
	"github.com/authway/authway/shared/clock"
	"github.com/authway/authway/shared/config"
	"github.com/authway/authway/shared/lease"
	"github.com/authway/authway/shared/outbox"
	"github.com/authway/authway/tests/harness"
)

func TestJobsFromAShell(t *testing.T) {
	t.Parallel()
	d := beginDelivery(t)
	addMail(t, d.db.As(t, "login"), outbox.Store{Box: d.outbox.Box, Clock: clock.System()}, "ada@example.org")
	settings := map[string]string{
		"AUTHWAY_URL": "https://auth.example.com", "DATABASE_URL": d.db.URL("maintenance"),
		"AUTHWAY_MASTER_KEYS": harness.MasterKey(), "SMTP_URL": "smtp://" + d.office.Address(), "HYDRA_ADMIN_URL": "http://127.0.0.1:1",
	}
	held := lease.Store{DB: d.db.As(t, "maintenance"), Clock: clock.System()}
	for _, c := range []struct {
		args     string
		before   func()
		settings map[string]string
		code     int
		says     string
	}{
		{"list", nil, nil, 0, "outbox.deliver"},
		{"help", nil, nil, 0, "--dry-run"},
		{"", nil, nil, 64, "maintenance run JOB"},
		{"run", nil, nil, 64, "maintenance run JOB"},
		{"run breached.refresh --dry-run", nil, settings, 0, "breached.refresh: is due\n"},
		{"breached load x", nil, nil, 64, "maintenance breached build"},
		{"breached build /nowhere/sums /nowhere/list", nil, nil, 1, "no such file"},
		{"run outbox.destroy", nil, settings, 64, "outbox.deliver"},
		{"run outbox.deliver", nil, nil, 78, "DATABASE_URL is not set"},
		{"run outbox.deliver", nil, changed(settings, "DATABASE_URL", "postgres://nobody:hushhush@127.0.0.1:1/x"), 1, "failed"},
		{"run outbox.deliver --now", nil, settings, 64, "outbox.deliver: it runs when it is due, and not before\n"},
		{"run backup.full --now", nil, settings, 78, "backup.full: nothing is kept here: BACKUP_URL is not set\n"},
		{"run outbox.deliver keys.rotate", nil, settings, 64, "maintenance list"},
		{"run --now --dry-run", nil, settings, 64, "There is no job"},
		{"run outbox.deliver --dry-run", nil, settings, 0, "outbox.deliver: is due\n"},
		{"run --dry-run outbox.deliver", nil, settings, 0, "outbox.deliver: is due\n"},
		{"run outbox.deliver", func() { takeLease(t, held, time.Hour) }, settings, 75, "another process"},
		{"run outbox.deliver", func() { dropLeases(t, d) }, settings, 0, "outbox.deliver: 1 delivered, 0 put off, 0 given up\n"},
		{"run outbox.deliver", nil, settings, 0, "outbox.deliver: nothing is due\n"},
	} {
		if c.before != nil {
			c.before()
		}
		var out, complaints bytes.Buffer
		code := maintenance.Run(t.Context(), strings.Fields(c.args), config.Map(c.settings), &out, &complaints)
		said := out.String() + complaints.String()
		if code != c.code || !strings.Contains(said, c.says) || strings.Contains(said, "hushhush") {
			t.Errorf("%q: got %d %s", c.args, code, said)
		}
	}
	d.receivers("ada@example.org")
}

func takeLease(t *testing.T, s lease.Store, while time.Duration) {
	t.Helper()
	if _, held, err := s.Take(t.Context(), outbox.Job, while); held || err != nil {
		t.Fatalf("got %v, %v", held, err)
	}
}

func dropLeases(t *testing.T, d *delivery) {
	t.Helper()
	if _, err := d.owner.NewRaw("DELETE FROM leases").Exec(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// runJob runs a job from the shell, as its own role, and returns what it says.
func runJob(t *testing.T, database harness.Database, name string, changes map[string]string) string {
	t.Helper()
	settings := map[string]string{
		"AUTHWAY_URL": "https://auth.example.com", "DATABASE_URL": database.URL("maintenance"),
		"AUTHWAY_MASTER_KEYS": harness.MasterKey(), "SMTP_URL": "smtp://127.0.0.1:1", "HYDRA_ADMIN_URL": "http://127.0.0.1:1",
	}
	for name, value := range changes {
		if value != "" {
			settings[name] = value
		}
	}
	var out, complaints bytes.Buffer
	if code := maintenance.Run(t.Context(), []string{"run", name}, config.Map(settings), &out, &complaints); code != 0 {
		t.Fatalf("%s: %d %s%s", name, code, &out, &complaints)
	}
	return out.String()
}
