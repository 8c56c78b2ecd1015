package storage_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/authway/authway/shared/audit"
	"github.com/authway/authway/tests/harness"
)

func contains(text, part string) bool { return strings.Contains(text, part) }

func event() audit.Event {
	return audit.Event{
		TenantID: defaultTenant, Action: audit.ActionSignedIn, Outcome: audit.Success,
		ActorKind: audit.ActorUser, ActorID: uuid.NewString(), IP: "192.0.2.1", Detail: map[string]string{"method": "pwd"},
	}
}

func TestAuditIsAppendOnlyEvenForTheOwner(t *testing.T) {
	t.Parallel()
	db := harness.NewDatabase(t)
	if err := audit.Append(t.Context(), db.As(t, "login"), noon, event()); err != nil {
		t.Fatal(err)
	}
	for _, statement := range []string{
		"UPDATE audit_events SET action = 'nothing'",
		"DELETE FROM audit_events",
		"TRUNCATE audit_events",
		"TRUNCATE audit_events_default",
		"TRUNCATE audit_events_" + time.Now().UTC().Format("2006_01"),
	} {
		if _, err := db.Owner(t).ExecContext(t.Context(), statement); err == nil || !contains(err.Error(), "append only") {
			t.Errorf("%s: %v", statement, err)
		}
	}
}

func TestVerifyFindsChangedRows(t *testing.T) {
	t.Parallel()
	db := harness.NewDatabase(t)
	// Nanoseconds that PostgreSQL does not keep must not look like a change.
	at := noon.Add(123456789 * time.Nanosecond)
	for range 3 {
		if err := audit.Append(t.Context(), db.As(t, "login"), at, event()); err != nil {
			t.Fatal(err)
		}
	}
	if err := audit.Append(t.Context(), db.As(t, "login"), at, audit.Event{Action: "x", Outcome: audit.Failure, ActorKind: audit.ActorAnonymous}); err != nil {
		t.Fatal(err)
	}
	owner := db.Owner(t)
	found, err := audit.Verify(t.Context(), db.As(t, "admin"), noon, noon.Add(time.Hour), "", 100)
	if err != nil || found.Rows != 4 || len(found.Changed) != 0 {
		t.Fatalf("untouched: %+v, %v", found, err)
	}
	// What somebody with the owner's power could do.
	var victim uuid.UUID
	for _, statement := range []string{
		"ALTER TABLE audit_events DISABLE TRIGGER audit_no_change",
		"ALTER TABLE audit_events_2026_11 DISABLE TRIGGER ALL",
		"ALTER TABLE audit_events_default DISABLE TRIGGER USER",
	} {
		_, _ = owner.ExecContext(t.Context(), statement)
	}
	if err := owner.NewRaw("UPDATE audit_events SET ip = '192.0.2.99' WHERE id = (SELECT id FROM audit_events WHERE action <> 'x' LIMIT 1) RETURNING id").
		Scan(t.Context(), &victim); err != nil {
		t.Fatal(err)
	}
	found, err = audit.Verify(t.Context(), db.As(t, "admin"), noon, noon.Add(time.Hour), "", 100)
	if err != nil || len(found.Changed) != 1 || found.Changed[0].ID != victim {
		t.Errorf("got %+v, want %v, %v", found, victim, err)
	}
}

func TestAuditHasAPartitionForEveryMonth(t *testing.T) {
	t.Parallel()
	db := harness.NewDatabase(t)
	var partition string
	now := time.Now()
	if err := audit.Append(t.Context(), db.As(t, "login"), now, event()); err != nil {
		t.Fatal(err)
	}
	if err := db.Owner(t).NewRaw("SELECT tableoid::regclass::text FROM audit_events").Scan(t.Context(), &partition); err != nil {
		t.Fatal(err)
	}
	if want := "audit_events_" + now.UTC().Format("2006_01"); partition != want {
		t.Errorf("the row is in %s, want %s", partition, want)
	}
}
