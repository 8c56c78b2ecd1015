package storage_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/authway/authway/shared/clock"
	"github.com/authway/authway/shared/journal"
	"github.com/authway/authway/shared/keyring"
	"github.com/authway/authway/tests/harness"
)

func TestARequestIsAskedForOnceAndTakenOnce(t *testing.T) {
	t.Parallel()
	db := harness.NewDatabase(t)
	now := clock.NewFixed(noon)
	asks, does := journal.Requests{DB: db.As(t, "admin"), Clock: now}, journal.Requests{DB: db.As(t, "maintenance"), Clock: now}
	wanted := journal.Request{Job: "keys.rotate", Args: journal.Args{Compromised: "k1"}, RequestedBy: "somebody", Reason: "lost"}
	made, err := asks.Add(t.Context(), asks.DB, wanted)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := asks.Add(t.Context(), asks.DB, wanted); !errors.Is(err, journal.ErrWaiting) {
		t.Errorf("the same is asked for twice: %v", err)
	}
	wanted.Args = journal.Args{Compromised: "k2"}
	if _, err := asks.Add(t.Context(), asks.DB, wanted); err != nil {
		t.Errorf("another key: %v", err)
	}
	waiting, err := does.Waiting(t.Context(), "keys.rotate", noon, noon.Add(-time.Hour), 10)
	if err != nil || len(waiting) != 2 || waiting[0].Args.Compromised == waiting[1].Args.Compromised {
		t.Fatalf("waiting are %+v, %v", waiting, err)
	}
	if early, err := does.Waiting(t.Context(), "", noon.Add(-time.Second), noon.Add(-time.Hour), 10); err != nil || len(early) != 0 {
		t.Errorf("before they were asked for: %+v, %v", early, err)
	}
	first, err := does.Take(t.Context(), made.ID, noon.Add(-time.Hour))
	if err != nil || !first {
		t.Fatalf("the first is refused: %v", err)
	}
	if second, err := does.Take(t.Context(), made.ID, noon.Add(-time.Hour)); err != nil || second {
		t.Errorf("it is taken twice: %v", err)
	}
	if err := does.Settle(t.Context(), made.ID, journal.RequestSucceeded, "done"); err != nil {
		t.Fatal(err)
	}
	latest, err := asks.Latest(t.Context(), []string{"keys.rotate", "audit.roll"})
	if err != nil || len(latest) != 1 || latest["keys.rotate"].Reason != "lost" {
		t.Errorf("the latest are %+v, %v", latest, err)
	}
}

// Who takes a request may be killed before its end. It is taken again, by one.
func TestARequestWhoseTakerWasKilledIsTakenAgain(t *testing.T) {
	t.Parallel()
	db := harness.NewDatabase(t)
	now := clock.NewFixed(noon)
	asks, does := journal.Requests{DB: db.As(t, "admin"), Clock: now}, journal.Requests{DB: db.As(t, "maintenance"), Clock: now}
	made, err := asks.Add(t.Context(), asks.DB, journal.Request{Job: "keys.rotate", Args: journal.Args{Compromised: "k1"}, RequestedBy: "somebody"})
	if err != nil {
		t.Fatal(err)
	}
	take := func(want bool) {
		t.Helper()
		lost := now.Now().Add(-10 * time.Minute)
		waiting, err := does.Waiting(t.Context(), "", now.Now(), lost, 10)
		if err != nil || (len(waiting) == 1) != want {
			t.Errorf("waiting are %+v, %v", waiting, err)
		}
		if taken, err := does.Take(t.Context(), made.ID, lost); err != nil || taken != want {
			t.Errorf("it is taken: %t, %v", taken, err)
		}
	}
	take(true)
	now.Advance(10*time.Minute - time.Second)
	take(false)
	now.Advance(time.Second)
	take(true)
	take(false)
	if err := does.Settle(t.Context(), made.ID, journal.RequestSucceeded, "done"); err != nil {
		t.Fatal(err)
	}
	now.Advance(time.Hour)
	take(false)
}

// Arguments that a release does not know are not done without.
func TestARequestThatIsNotUnderstoodIsRefused(t *testing.T) {
	t.Parallel()
	db := harness.NewDatabase(t)
	_, err := db.Owner(t).ExecContext(t.Context(), `INSERT INTO job_requests (id, job, args, requested_at, requested_by)
		VALUES (gen_random_uuid(), 'keys.rotate', '{"explode": true}', '2026-05-01', 'x')`)
	if err != nil {
		t.Fatal(err)
	}
	does := journal.Requests{DB: db.As(t, "maintenance"), Clock: clock.NewFixed(noon)}
	if waiting, err := does.Waiting(t.Context(), "keys.rotate", noon, noon.Add(-time.Hour), 10); err != nil || len(waiting) != 0 {
		t.Errorf("given was %+v, %v", waiting, err)
	}
	latest, err := does.Latest(t.Context(), []string{"keys.rotate"})
	if err != nil || latest["keys.rotate"].Outcome != journal.RequestFailed {
		t.Errorf("it ended as %+v, %v", latest, err)
	}
}

func TestAdminSeesEverythingOfKeysButTheirPrivateParts(t *testing.T) {
	t.Parallel()
	c := newKeychain(t)
	c.turns(nil)
	admin := c.db.As(t, "admin")
	lives, err := keyring.Lives(t.Context(), admin)
	if err != nil || len(lives) != 2 {
		t.Fatalf("%+v, %v", lives, err)
	}
	if lives[0].State != keyring.Active || lives[0].Next != keyring.Retiring || !lives[0].NextAt.Equal(noon.Add(keyring.Period)) ||
		lives[1].State != keyring.Published || lives[1].Next != keyring.Active || !lives[1].NextAt.Equal(noon.Add(keyring.Period)) {
		t.Errorf("%+v", lives)
	}
	for _, column := range []string{"private_key", "public_key", "*"} {
		if _, err := admin.ExecContext(t.Context(), "SELECT "+column+" FROM signing_keys"); err == nil {
			t.Errorf("admin reads %s", column)
		}
	}
}

func TestHastenedKeysTurnAsSoonAsVerifiersCanKnowTheNext(t *testing.T) {
	t.Parallel()
	c := newKeychain(t)
	c.turns(nil)
	before := c.living()
	hasten := func() string {
		t.Helper()
		changes, err := c.turning.Hasten(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return changes.String()
	}
	// The next one was published a moment ago.
	if said := hasten(); said != "nothing to turn" {
		t.Errorf("at once: %s", said)
	}
	c.now.Advance(keyring.PublishWait - time.Second)
	if states := c.turns(nil); len(states) != 0 {
		t.Errorf("too early: %v", states)
	}
	c.now.Advance(time.Second)
	if states := c.turns(nil); !slices.Equal(states, []keyring.State{keyring.Retiring, keyring.Active, keyring.Published}) {
		t.Errorf("in time: %v", states)
	}
	after := c.living()
	if after[keyring.Active][0].ID != before[keyring.Published][0].ID || after[keyring.Retiring][0].ID != before[keyring.Active][0].ID {
		t.Errorf("signs %s, verifies %s", after[keyring.Active][0].ID, after[keyring.Retiring][0].ID)
	}
	// The new one is not in a hurry, and the old one is held out as long as always.
	c.now.Advance(keyring.RetireWait)
	if states := c.turns(nil); !slices.Equal(states, []keyring.State{keyring.Gone}) {
		t.Errorf("afterwards: %v", states)
	}
	c.now.Advance(keyring.PublishWait)
	if states := c.turns(nil); len(states) != 0 {
		t.Errorf("without anybody's asking: %v", states)
	}
	if said := hasten(); said == "nothing to turn" {
		t.Error("one that has long been published does not sign at once")
	}
}
