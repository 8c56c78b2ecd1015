package recovery_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"github.com/authway/authway/functions/maintenance/backup"
	"github.com/authway/authway/functions/maintenance/backup/catalog"
	"github.com/authway/authway/functions/maintenance/backup/wal"
	evidence "github.com/authway/authway/functions/maintenance/drill"
	"github.com/authway/authway/functions/standalone/drill"
	"github.com/authway/authway/shared/audit"
	"github.com/authway/authway/shared/clock"
	"github.com/authway/authway/shared/config"
	"github.com/authway/authway/shared/recovery"
	"github.com/authway/authway/tests/harness"
)

// practise does a drill on what is in the vault.
func (v *vault) practise() (evidence.Evidence, string, error) {
	v.t.Helper()
	settings := map[string]string{
		"BACKUP_URL": v.settings["BACKUP_URL"], "BACKUP_IDENTITY": v.identity,
		"HYDRA_BIN": config.Read(config.Environment()).String("HYDRA_BIN", ""),
	}
	var said strings.Builder
	e, err := drill.Run(v.t.Context(), drill.Options{Lookup: config.Map(settings), Clock: clock.System(), Output: &said})
	return e, said.String(), err
}

// latest is the drill that was recorded last.
func latest(t *testing.T, db *bun.DB) recovery.Drill {
	t.Helper()
	all, err := recovery.Drills{DB: db}.Latest(t.Context(), 1)
	if err != nil || len(all) == 0 {
		t.Fatalf("no drill is recorded: %v", err)
	}
	return all[0]
}

func TestDrill(t *testing.T) {
	v, system := ofSystem(t, "file://"+t.TempDir()), harness.Run(t)
	db := system.Database(t)
	// An hour ago, and so among what the database is asked about.
	for range 3 {
		e := audit.Event{Action: audit.ActionProfileChanged, Outcome: audit.Success, SubjectID: uuid.NewString(), ActorKind: audit.ActorUser}
		if err := audit.Append(t.Context(), db, time.Now().Add(-time.Hour), e); err != nil {
			t.Fatal(err)
		}
	}
	v.succeed(backup.ConfigJob)
	v.succeed(backup.FullJob)
	began := time.Now()
	e, said, err := v.practise()
	if err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	if !e.Succeeded || e.RTO <= 0 || e.RTO > time.Since(began) || e.RPO <= 0 || e.Target.After(began) || !strings.Contains(said, "somebody is signed in") {
		t.Errorf("got %+v, told %s", e, said)
	}
	v.succeed(evidence.Job)
	if d := latest(t, db); !d.Succeeded || d.Backup != e.Backup || d.RTOSeconds != e.RTO.Seconds() || d.Target == nil || d.Target.Sub(e.Target).Abs() > time.Microsecond {
		t.Errorf("recorded %+v of %+v", d, e)
	}

	// A row of the audit log that was changed before the backup of a database that
	// lies: the copy of the configuration says what there was.
	if _, err := db.ExecContext(t.Context(), "ALTER TABLE audit_events DISABLE TRIGGER USER"); err != nil {
		t.Fatal(err)
	}
	tampered := "UPDATE audit_events SET outcome = 'failure' WHERE action = 'user.changed' AND at < now() - interval '30 minutes'"
	if _, err := db.ExecContext(t.Context(), tampered); err != nil {
		t.Fatal(err)
	}
	v.succeed(backup.IncrementalJob)
	e, said, err = v.practise()
	if err == nil || !strings.Contains(err.Error(), "is not what it was") || e.Succeeded {
		t.Errorf("%v: %s", err, said)
	}
	v.succeed(evidence.Job)
	if d := latest(t, db); d.Succeeded || !strings.Contains(d.Summary, "is not what it was") {
		t.Errorf("recorded %+v", d)
	}
}

func TestEvidenceThatIsForged(t *testing.T) {
	t.Parallel()
	database := harness.NewDatabase(t)
	v := ofDatabase(t, database, "file://"+t.TempDir())
	v.settings["HYDRA_ADMIN_URL"] = harness.Run(t).Endpoints.HydraAdminURL
	v.succeed("keys.rotate")
	id := wal.Stamp(time.Now())
	if err := v.store.Put(t.Context(), catalog.EvidencePrefix+id+".jws", []byte("eyJhbGciOiJub25lIn0.eyJzdWNjZWVkZWQiOnRydWV9.")); err != nil {
		t.Fatal(err)
	}
	v.succeed(evidence.Job)
	if d := latest(t, v.db); d.ID != id || d.Succeeded || !strings.Contains(d.Summary, "not signed") {
		t.Errorf("recorded %+v", d)
	}
	if said, code := v.run("run", evidence.Job); code != 0 || !strings.HasSuffix(said, "nothing is due") {
		t.Errorf("it is looked at again: %d, %s", code, said)
	}
}

func TestDrillWithoutWhatItNeeds(t *testing.T) {
	t.Parallel()
	v := ofDatabase(t, harness.NewDatabase(t), "file://"+t.TempDir())
	if _, _, err := v.practise(); err == nil || !strings.Contains(err.Error(), "there is no base backup") {
		t.Errorf("of an empty store: %v", err)
	}
	v.succeed(backup.FullJob)
	if _, _, err := v.practise(); err == nil || !strings.Contains(err.Error(), "there is no copy of the configuration") {
		t.Errorf("without a bundle: %v", err)
	}
}
