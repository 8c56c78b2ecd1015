package integration_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/authway/authway/functions/maintenance/chain"
)

// Who takes the key or the storage away must not be told that all is well.
func TestWhereThereWereSignaturesTheyAreLookedAt(t *testing.T) {
	t.Parallel()
	v := newVault(t)
	v.seal()
	for _, without := range []string{"AUDIT_SEAL_KEY", "BACKUP_URL"} {
		code, out, complaints := v.run(map[string]string{without: ""}, "audit", "verify")
		if code != 69 || !strings.Contains(complaints, "the signatures cannot be looked at") {
			t.Errorf("without %s: %d %s%s", without, code, out, complaints)
		}
	}
	v.verify(0, "1 signatures", nil)
}

// Both instances and a restart in between make one chain, and each event is told.
func TestTwoInstancesAndARestartMakeOneChain(t *testing.T) {
	t.Parallel()
	v := newVault(t)
	b := &bench{t: t, name: chain.SealJob, db: v.db, owner: v.db.Owner(t), settings: v.settings}
	first, second := b.instance(), b.instance()
	for range 3 {
		writeEvents(t, b.owner, 3, 10*time.Minute)
		done := make(chan struct{})
		go func() {
			defer close(done)
			b.post(first, b.event(), 0)
		}()
		b.post(second, b.event(), 0)
		<-done
		b.post(b.instance(), b.event(), 0)
	}
	v.verify(0, "9 events", nil)
	names, err := filepath.Glob(filepath.Join(v.dir, "audit", "*.jws"))
	if err != nil || len(names) == 0 || !slices.IsSorted(names) {
		t.Errorf("signatures %v, %v", names, err)
	}
}
