package integration_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/authway/authway/functions/maintenance/backup/catalog"
	"github.com/authway/authway/functions/maintenance/backup/envelope"
	"github.com/authway/authway/functions/maintenance/backup/store"
	"github.com/authway/authway/functions/maintenance/backup/wal"
	"github.com/authway/authway/functions/maintenance/drill"
	"github.com/authway/authway/functions/maintenance/keys"
	"github.com/authway/authway/functions/standalone/parts"
	"github.com/authway/authway/functions/standalone/parts/supervise"
	"github.com/authway/authway/migrations"
	"github.com/authway/authway/shared/clock"
	signing "github.com/authway/authway/shared/keyring"
	"github.com/authway/authway/shared/seal"
	"github.com/authway/authway/tests/harness"
)

// copied is a server with nothing on it, which is copied in a second: that of the
// tests has all their databases.
var copied = sync.OnceValues(func() (*parts.Postgres, error) {
	dir, err := os.MkdirTemp("", "authway-copied-")
	if err != nil {
		return nil, err
	}
	harness.AtEnd(func(context.Context) error { return os.RemoveAll(dir) })
	folder, err := supervise.Open(dir)
	if err != nil {
		return nil, err
	}
	server, err := parts.StartPostgres(context.Background(), parts.PostgresOptions{
		Folder: folder, Password: "copied", Throwaway: true, Say: func(string, ...any) {},
	})
	if err != nil {
		return nil, err
	}
	harness.AtEnd(server.Stop)
	return server, migrations.LetBackupIn(context.Background(), server.Superuser(), "backup")
})

// keepBackups gives the bench a store of its own.
func (b *bench) keepBackups() {
	b.t.Helper()
	server, err := copied()
	if err != nil {
		b.t.Fatal(err)
	}
	_, recipient, err := envelope.Pair()
	if err != nil {
		b.t.Fatal(err)
	}
	// Whatever is in it, is from days ago.
	b.objects = harness.NewObjectsAt(b.t, func() time.Time { return time.Now().AddDate(0, 0, -3) })
	maps.Copy(b.settings, harness.StorageKeys)
	maps.Copy(b.settings, map[string]string{
		"BACKUP_URL": b.objects.URL, "BACKUP_RECIPIENT": recipient, "BACKUP_SLOT": b.db.Name(),
		"BACKUP_DATABASE_URL": server.URL(migrations.BackupRole, "backup", "postgres"),
	})
	if b.store, err = store.Open(b.t.Context(), b.objects.URL); err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { _ = b.store.Close() })
}

// put stores an object, without which nothing is due.
func (b *bench) put(key, content string) {
	b.t.Helper()
	if err := b.store.Put(b.t.Context(), key, []byte(content)); err != nil {
		b.t.Fatal(err)
	}
}

// stored counts the objects whose names fit.
func (b *bench) stored(fits func(key string) bool) string {
	b.t.Helper()
	n := 0
	for o, err := range b.store.List(b.t.Context(), "") {
		if err != nil {
			b.t.Fatal(err)
		}
		if fits(o.Key) {
			n++
		}
	}
	return fmt.Sprint(n)
}

// holdAt makes a run stand at the first request of the storage that fits.
func (b *bench) holdAt(method, prefix string) held {
	g, h := b.turnstile()
	b.objects.Before(func(r *http.Request) int {
		if r.Method == method && strings.HasPrefix(r.URL.Path, "/backups/"+prefix) {
			g.pass()
		}
		return 0
	})
	return h
}

func isDescription(key string) bool { return strings.HasSuffix(key, catalog.Description) }

var fullDuty = duty{
	prepare: (*bench).keepBackups,
	effect:  func(b *bench) string { return b.stored(isDescription) },
	want:    "1",
	hold:    func(b *bench) held { return b.holdAt(http.MethodPut, wal.Prefix) },
}

var incrementalDuty = duty{
	prepare: func(b *bench) {
		b.keepBackups()
		// Somebody has begun with a base backup.
		b.put(catalog.Folder("20260101T000000.000Z")+catalog.Description, "{}")
	},
	// However often it runs, of each segment there is one object.
	effect: func(b *bench) string {
		segments, objects := map[string]bool{}, 0
		b.stored(func(key string) bool {
			o, err := wal.ParseKey(key)
			if err == nil {
				segments[o.FileName()] = true
				objects++
			}
			return err == nil
		})
		return fmt.Sprintf("WAL: %t, once: %t", objects > 0, len(segments) == objects)
	},
	want: "WAL: true, once: true",
	hold: func(b *bench) held { return b.holdAt(http.MethodPut, wal.Prefix) },
}

var configDuty = duty{
	prepare: func(b *bench) {
		b.keepBackups()
		runJob(b.t, b.db, keys.RotateJob, b.settings)
	},
	effect: func(b *bench) string {
		return b.stored(func(key string) bool { _, ok := catalog.ParseBundle(key); return ok })
	},
	want: "1",
	hold: func(b *bench) held { return b.holdAt(http.MethodPut, catalog.ConfigPrefix) },
}

var pruneDuty = duty{
	prepare: func(b *bench) {
		b.keepBackups()
		for day := range 3 {
			b.put(catalog.Folder(fmt.Sprintf("2026010%dT000000.000Z", day+1))+catalog.Main, "cut off")
		}
	},
	effect: func(b *bench) string { return b.stored(func(string) bool { return true }) },
	want:   "0",
	hold:   func(b *bench) held { return b.holdAt(http.MethodDelete, catalog.BasePrefix) },
}

var verifyDuty = duty{
	prepare: func(b *bench) {
		b.keepBackups()
		sum := sha256.Sum256([]byte("sealed"))
		b.put(catalog.Bundle{Taken: time.Now(), SHA256: hex.EncodeToString(sum[:])}.Key(), "sealed")
	},
	effect: func(b *bench) string {
		return text(b, b.owner, "SELECT count(*)::text FROM job_runs WHERE job = ? AND outcome = 'succeeded'", b.name)
	},
	want: "1",
	hold: func(b *bench) held { return b.holdAt(http.MethodGet, catalog.ConfigPrefix) },
}

var evidenceDuty = duty{
	prepare: func(b *bench) {
		b.keepBackups()
		runJob(b.t, b.db, keys.RotateJob, b.settings)
		box, err := seal.New([]string{harness.MasterKey()})
		if err != nil {
			b.t.Fatal(err)
		}
		ring := signing.NewRing(signing.Store{DB: b.owner, Box: box, Clock: clock.System()}, clock.System())
		now := time.Now()
		if _, err := (drill.Evidence{Started: now, Finished: now, Succeeded: true, Summary: "restored"}).File(b.t.Context(), b.store, ring, b.settings["AUTHWAY_URL"]); err != nil {
			b.t.Fatal(err)
		}
		// Somebody else has written into the store.
		b.put(catalog.EvidencePrefix+wal.Stamp(now.Add(-time.Minute))+".jws", "forged")
	},
	effect: func(b *bench) string {
		return text(b, b.owner, "SELECT count(*) FILTER (WHERE succeeded) || ' ' || count(*) FILTER (WHERE refused AND NOT succeeded) FROM recovery_drills")
	},
	want: "1 1",
	hold: func(b *bench) held { return b.holdAt(http.MethodGet, catalog.EvidencePrefix) },
}
