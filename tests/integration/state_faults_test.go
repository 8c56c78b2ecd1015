package integration_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/authway/authway/functions/maintenance"
	"github.com/authway/authway/functions/maintenance/state"
	"github.com/authway/authway/shared/config"
	"github.com/authway/authway/shared/journal"
	"github.com/authway/authway/shared/recovery"
	"github.com/authway/authway/tests/harness"
)

// The slot that keeps WAL is the server's, and what the jobs know they have told.
func TestTheStateOfBackups(t *testing.T) {
	t.Parallel()
	w := watchState(t)
	const slot = "watched_slot"
	// It keeps WAL of the whole server, and so no longer than this test.
	superuser := w.db.Superuser(t)
	do := func(statement string) {
		t.Helper()
		if _, err := superuser.ExecContext(context.WithoutCancel(t.Context()), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	backups := recovery.Backups{DB: w.db.As(t, "maintenance")}
	do("SELECT pg_create_physical_replication_slot('" + slot + "', true)")
	t.Cleanup(func() {
		do("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = '" + slot + "'")
	})
	full, reached := w.ago(time.Hour), w.ago(10*time.Minute)
	if err := errors.Join(backups.Full(t.Context(), slot, full, 4711, full), backups.Reached(t.Context(), slot, reached)); err != nil {
		t.Fatal(err)
	}
	do("SELECT pg_logical_emit_message(true, 'test', repeat('some WAL', 1000))")
	got := scrape(t, w.address)
	if got["authway_backup_full_bytes"] != 4711 || got["authway_backup_slot_lost"] != 0 || got["authway_backup_slot_retained_bytes"] < 8000 {
		t.Errorf("%v bytes, lost %v, kept %v", got["authway_backup_full_bytes"], got["authway_backup_slot_lost"], got["authway_backup_slot_retained_bytes"])
	}
	if at, until := got["authway_backup_full_timestamp_seconds"], got["authway_backup_wal_reached_timestamp_seconds"]; int64(at) != full.Unix() || int64(until) != reached.Unix() {
		t.Errorf("a base backup at %v, WAL up to %v", at, until)
	}
	if err := backups.Gap(t.Context(), slot, w.now); err != nil {
		t.Fatal(err)
	}
	if got := scrape(t, w.address); got["authway_backup_slot_lost"] != 1 {
		t.Error("WAL is missing, and nobody is told")
	}
	if err := backups.Full(t.Context(), slot, w.now.Add(time.Second), 4712, w.now); err != nil {
		t.Fatal(err)
	}
	if got := scrape(t, w.address); got["authway_backup_slot_lost"] != 0 || got["authway_backup_full_bytes"] != 4712 {
		t.Errorf("after a base backup: lost %v", got["authway_backup_slot_lost"])
	}
	do("SELECT pg_drop_replication_slot('" + slot + "')")
	if got := scrape(t, w.address); got["authway_backup_slot_lost"] != 1 {
		t.Error("the slot is gone, and nobody is told")
	}
}

// A number from before would be believed.
func TestTheStateWithoutADatabase(t *testing.T) {
	t.Parallel()
	db := harness.NewDatabase(t)
	address, err := url.Parse(db.URL("metrics"))
	if err != nil {
		t.Fatal(err)
	}
	wire := harness.NewWire(t, address.Host)
	address.Host = wire.Address()
	exporter := harness.StartFunction(t, state.Spec, db, map[string]string{"DATABASE_URL": address.String()})
	if got := scrape(t, exporter); got["authway_state_up"] != 1 || len(got.of("active_sessions_total")) != 1 {
		t.Fatalf("with a database: %v", got)
	}
	wire.Cut()
	got := scrape(t, exporter)
	if up, there := got["authway_state_up"]; !there || up != 0 {
		t.Errorf("without one it is up: %v, %t", up, there)
	}
	for _, name := range theState[1:] {
		if found := got.of(name); len(found) > 0 {
			t.Errorf("without one there is %v", found)
		}
	}
	wire.Mend()
	if got := scrape(t, exporter); got["authway_state_up"] != 1 {
		t.Error("with it back it is not up")
	}
}

// One machine shows the state beside all functions' series, without another process.
func TestARunningSystemShowsItsState(t *testing.T) {
	t.Parallel()
	system := harness.Run(t)
	system.Knock(t, journal.SweepJob)
	before := scrape(t, system.Endpoints.OpsURL)
	if before["authway_state_up"] != 1 || before[`authway_part_up{part="postgres"}`] != 1 || before[`authway_part_up{part="hydra"}`] != 1 {
		t.Errorf("up %v, PostgreSQL %v, Hydra %v", before["authway_state_up"], before[`authway_part_up{part="postgres"}`], before[`authway_part_up{part="hydra"}`])
	}
	// Whoever has just started may still be making the keys.
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for end := time.After(20 * time.Second); len(before.of("authway_key_age_seconds")) < 3; before = scrape(t, system.Endpoints.OpsURL) {
		select {
		case <-tick.C:
		case <-end:
			t.Fatalf("there are ages of %v", before.of("authway_key_age_seconds"))
		}
	}
	if len(before.of("http_requests_total")) == 0 {
		t.Error("the functions' series are missing")
	}
}

// It needs the database and nothing else, and one port.
func TestTheStateFromAShell(t *testing.T) {
	t.Parallel()
	db := harness.NewDatabase(t)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	_ = listener.Close()
	settings := config.Map(map[string]string{"DATABASE_URL": db.URL("metrics"), "OPS_PORT": port})
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	ended := make(chan int, 1)
	var complaints bytes.Buffer
	go func() { ended <- maintenance.Run(ctx, []string{state.Word}, settings, io.Discard, &complaints) }()
	address := "http://127.0.0.1:" + port
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for end := time.After(20 * time.Second); answers(t, address+"/readyz") != http.StatusOK; {
		select {
		case <-end:
			t.Fatal("it does not get ready")
		case code := <-ended:
			t.Fatalf("it ends with %d: %s", code, complaints.String())
		case <-tick.C:
		}
	}
	if answers(t, address+"/healthz") != http.StatusOK || scrape(t, address)["authway_state_up"] != 1 {
		t.Error("it does not show the state")
	}
	stop()
	if code := <-ended; code != 0 || complaints.Len() > 0 {
		t.Errorf("it ends with %d: %s", code, complaints.String())
	}
	for args, code := range map[string]int{"metrics": 78, "metrics now": 64} {
		if got := maintenance.Run(t.Context(), strings.Fields(args), config.Map(nil), io.Discard, io.Discard); got != code {
			t.Errorf("%q without settings: %d, want %d", args, got, code)
		}
	}
}

// answers is the status of an answer, or 0 without one.
func answers(t *testing.T, address string) int {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0
	}
	_ = response.Body.Close()
	return response.StatusCode
}
