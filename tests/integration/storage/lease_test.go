package storage_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/authway/authway/shared/clock"
	"github.com/authway/authway/shared/journal"
	"github.com/authway/authway/shared/lease"
	"github.com/authway/authway/tests/harness"
)

func TestLeaseIsOnes(t *testing.T) {
	t.Parallel()
	store := lease.Store{DB: harness.NewDatabase(t).As(t, "maintenance"), Clock: clock.NewFixed(noon)}
	var taken atomic.Int64
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			_, held, err := store.Take(t.Context(), "job", time.Minute)
			if err != nil {
				t.Error(err)
			}
			if !held {
				taken.Add(1)
			}
		})
	}
	wg.Wait()
	if taken.Load() != 1 {
		t.Errorf("%d have it", taken.Load())
	}
	if _, held, err := store.Take(t.Context(), "another job", time.Minute); held || err != nil {
		t.Errorf("another job: got %v, %v", held, err)
	}
}

func TestLeaseOfAKilledProcessRunsOut(t *testing.T) {
	t.Parallel()
	now := clock.NewFixed(noon)
	store := lease.Store{DB: harness.NewDatabase(t).As(t, "maintenance"), Clock: now}
	killed, _, err := store.Take(t.Context(), "job", time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	now.Advance(59 * time.Second)
	if kept, err := store.Renew(t.Context(), killed, time.Minute); !kept || err != nil {
		t.Errorf("got %v, %v", kept, err)
	}
	now.Advance(59 * time.Second)
	if _, held, err := store.Take(t.Context(), "job", time.Minute); !held || err != nil {
		t.Errorf("after it was renewed: got %v, %v", held, err)
	}
	now.Advance(time.Second)
	heir, held, err := store.Take(t.Context(), "job", time.Minute)
	if held || err != nil {
		t.Fatalf("after it ran out: got %v, %v", held, err)
	}
	// It was only slow.
	if kept, err := store.Renew(t.Context(), killed, time.Minute); kept || err != nil {
		t.Errorf("a lost lease was renewed: %v", err)
	}
	if again, err := store.Release(t.Context(), killed); again || err != nil {
		t.Errorf("got %v, %v", again, err)
	}
	if err := store.Drop(t.Context(), killed); err != nil {
		t.Fatal(err)
	}
	if kept, err := store.Renew(t.Context(), heir, time.Minute); !kept || err != nil {
		t.Errorf("the loser took it from its heir: %v", err)
	}
}

func TestHolderLooksAgainWhenAsked(t *testing.T) {
	t.Parallel()
	store := lease.Store{DB: harness.NewDatabase(t).As(t, "maintenance"), Clock: clock.NewFixed(noon)}
	l, _, err := store.Take(t.Context(), "job", time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if _, held, err := store.Take(t.Context(), "job", time.Minute); !held || err != nil {
			t.Fatalf("got %v, %v", held, err)
		}
	}
	if again, err := store.Release(t.Context(), l); !again || err != nil {
		t.Errorf("asked: got %v, %v", again, err)
	}
	if _, held, _ := store.Take(t.Context(), "job", time.Minute); !held {
		t.Error("it was let go although somebody had asked")
	}
	if again, err := store.Release(t.Context(), l); !again || err != nil {
		t.Errorf("asked once more: got %v, %v", again, err)
	}
	if again, err := store.Release(t.Context(), l); again || err != nil {
		t.Errorf("not asked: got %v, %v", again, err)
	}
	if _, held, err := store.Take(t.Context(), "job", time.Minute); held || err != nil {
		t.Errorf("after it was let go: got %v, %v", held, err)
	}
}

// Whoever comes either gets the lease or is seen by its holder.
func TestNobodyWhoAsksIsOverlooked(t *testing.T) {
	t.Parallel()
	store := lease.Store{DB: harness.NewDatabase(t).As(t, "maintenance"), Clock: clock.System()}
	var left, done atomic.Int64
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			for range 10 {
				left.Add(1)
				l, held, err := store.Take(t.Context(), "job", time.Minute)
				if err != nil {
					t.Error(err)
				}
				for again := !held; again; {
					done.Store(left.Load())
					if again, err = store.Release(t.Context(), l); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	wg.Wait()
	if left.Load() != done.Load() {
		t.Errorf("%d left work, the last holder saw %d", left.Load(), done.Load())
	}
}

func TestOnlyASuccessIsAnAnswer(t *testing.T) {
	t.Parallel()
	runs := journal.Runs{DB: harness.NewDatabase(t).As(t, "maintenance"), Clock: clock.NewFixed(noon)}
	cause := journal.Cause{Source: "/s", ID: "1"}
	for _, c := range []struct {
		failure error
		want    bool
	}{{errDown, false}, {nil, true}} {
		id, err := runs.Begin(t.Context(), "job", cause)
		if err != nil {
			t.Fatal(err)
		}
		if answered, err := runs.Answered(t.Context(), cause); answered || err != nil {
			t.Errorf("under way: got %v, %v", answered, err)
		}
		if err := runs.End(t.Context(), id, "done ✓", c.failure); err != nil {
			t.Fatal(err)
		}
		if answered, err := runs.Answered(t.Context(), cause); answered != c.want || err != nil {
			t.Errorf("%v: got %v, %v", c.failure, answered, err)
		}
	}
	for _, other := range []journal.Cause{{}, {Source: "/s", ID: "2"}, {Source: "/t", ID: "1"}} {
		if answered, err := runs.Answered(t.Context(), other); answered || err != nil {
			t.Errorf("%v: got %v, %v", other, answered, err)
		}
	}
}
