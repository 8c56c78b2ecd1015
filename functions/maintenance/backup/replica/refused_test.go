package replica

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/authway/authway/migrations"
)

// Whoever is not let in is told what the server misses.
func TestTheServerRefusesReplication(t *testing.T) {
	t.Parallel()
	s := own(t, room(t))
	// All lines for replication are for the role that makes backups.
	file := filepath.Join(s.Home, "data", "pg_hba.conf")
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.ReplaceAll(string(raw), "replication     all", "replication     "+migrations.BackupRole+",plain")
	if err := os.WriteFile(file, []byte(lines), 0o600); err != nil {
		t.Fatal(err)
	}
	// A session that sees the setting was let in after the file was read.
	s.do(t, "CREATE ROLE plain LOGIN PASSWORD '"+password+"'", "CREATE ROLE stranger LOGIN REPLICATION PASSWORD '"+password+"'",
		"ALTER SYSTEM SET vacuum_cost_limit = 201", "SELECT pg_reload_conf()")
	s.until(t, "SELECT current_setting('vacuum_cost_limit') = '201'")
	for role, want := range map[string]string{"plain": "42501", "stranger": "28000"} {
		_, err := Dial(t.Context(), s.URL(role, password, "postgres"), "")
		if !errors.Is(err, ErrRefused) || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), password) {
			t.Errorf("%s: %v", role, err)
		}
	}
	s.dial(t, "")
	for name, address := range map[string]string{
		"another password": s.URL(migrations.BackupRole, "another", "postgres"), "no address": "postgres://%zz/", "nobody there": "postgres://a:for-a-test@127.0.0.1:1/b",
	} {
		_, err := Dial(t.Context(), address, "")
		if err == nil || errors.Is(err, ErrRefused) || strings.Contains(err.Error(), password) || strings.Contains(err.Error(), "another") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A slot that was too far behind is known to be lost, and is made anew.
func TestALostSlotIsMadeAnew(t *testing.T) {
	t.Parallel()
	s := own(t, room(t))
	s.do(t, "ALTER SYSTEM SET max_slot_wal_keep_size = '32MB'", "SELECT pg_reload_conf()")
	s.until(t, "SELECT current_setting('max_slot_wal_keep_size') = '32MB'")
	conn := s.dial(t, "")
	if _, err := conn.Slot(t.Context(), "ours"); !errors.Is(err, ErrNoSlot) {
		t.Fatalf("before it is made: %v", err)
	}
	made, err := conn.MakeSlot(t.Context(), "ours")
	if err != nil || made.Restart == 0 || made.Timeline != 1 {
		t.Fatalf("%v, %v", made, err)
	}
	if again, err := conn.MakeSlot(t.Context(), "ours"); err != nil || again != made {
		t.Errorf("made twice: %v, %v", again, err)
	}
	s.fill(t, 5)
	s.do(t, "CHECKPOINT")
	if _, err := conn.Slot(t.Context(), "ours"); !errors.Is(err, ErrLost) {
		t.Fatalf("after five segments: %v", err)
	}
	slot, err := conn.MakeSlot(t.Context(), "ours")
	if err != nil || slot.Restart <= made.Restart {
		t.Fatalf("made anew: %v after %v, %v", slot, made, err)
	}
	s.fill(t, 1)
	kept := &shelf{}
	if _, err := conn.Drain(t.Context(), slot, flushed(t, conn), kept); err != nil || len(kept.segments) < 2 {
		t.Errorf("%v: %v", kept.segments, err)
	}
	for _, name := range []string{"", "Ours", "ours; DROP", strings.Repeat("x", 64)} {
		if _, err := conn.MakeSlot(t.Context(), name); err == nil {
			t.Errorf("there is a slot %q", name)
		}
	}
}
