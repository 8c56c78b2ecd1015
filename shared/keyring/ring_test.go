package keyring

import (
	"context"
	"crypto"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/authway/authway/shared/clock"
)

var errAway = errors.New("PostgreSQL is away")

// table is a Source whose answers a test decides.
type table struct {
	mu   sync.Mutex
	keys []Key
	err  error
	// hang makes it answer only once that is closed.
	hang  chan struct{}
	reads atomic.Int64
}

func (s *table) Living(ctx context.Context) ([]Key, error) {
	s.reads.Add(1)
	s.mu.Lock()
	keys, err, hang := append([]Key(nil), s.keys...), s.err, s.hang
	s.mu.Unlock()
	if hang != nil {
		select {
		case <-hang:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	return keys, err
}

func (s *table) set(err error, keys ...Key) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keys, s.err = keys, err
}

func newKey(t testing.TB, state State) Key {
	t.Helper()
	pair, err := successor(nil)
	if err != nil {
		t.Fatal(err)
	}
	pair.key.State = state
	return pair.key
}

func newRing(t *testing.T, keys ...Key) (*Ring, *table, *clock.Fixed) {
	t.Helper()
	source, now := &table{keys: keys}, clock.NewFixed(noon)
	return NewRing(source, now), source, now
}

// settled waits until no refresh is under way.
func (r *Ring) settled() {
	if l := r.last.Load(); l != nil {
		<-l.done
	}
}

func TestRingReadsNothingUntilItIsAsked(t *testing.T) {
	t.Parallel()
	active, coming := newKey(t, Active), newKey(t, Published)
	ring, source, _ := newRing(t, active, coming)
	if source.reads.Load() != 0 {
		t.Fatal("it reads before it is asked")
	}
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			if k, err := ring.Signer(t.Context()); err != nil || k.ID != active.ID || k.Private() == nil {
				t.Errorf("got %v, %v", k, err)
			}
		})
	}
	wg.Wait()
	if n := source.reads.Load(); n != 1 {
		t.Errorf("read %d times for 50 at once", n)
	}
	for _, k := range []Key{active, coming} {
		if found, err := ring.Public(t.Context(), k.ID); err != nil || found.ID != k.ID || found.Private() != nil {
			t.Errorf("got %v, %v, with a private part: %v", found, err, found.Private() != nil)
		}
	}
	set, err := ring.Set(t.Context())
	if err != nil || len(set.Keys) != 2 || set.Keys[0].Private() != nil {
		t.Errorf("got %v, %v", set.Keys, err)
	}
}

func TestRingIsRefreshedBehindItsReaders(t *testing.T) {
	t.Parallel()
	old, next := newKey(t, Active), newKey(t, Active)
	ring, source, now := newRing(t, old)
	signer := func() string {
		k, err := ring.Signer(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return k.ID
	}
	signer()
	source.set(nil, next)
	now.Advance(refreshAfter - time.Nanosecond)
	if signer() != old.ID || source.reads.Load() != 1 {
		t.Error("a young copy is read anew")
	}
	// The reader goes on although PostgreSQL does not answer.
	source.mu.Lock()
	source.hang = make(chan struct{})
	source.mu.Unlock()
	now.Advance(time.Nanosecond)
	if signer() != old.ID {
		t.Error("the reader has not got the older copy")
	}
	close(source.hang)
	ring.settled()
	if signer() != next.ID || source.reads.Load() != 2 {
		t.Errorf("the copy was not refreshed; %d reads", source.reads.Load())
	}
	// After a sleep, the first reader waits.
	source.set(nil, old)
	now.Advance(refreshBy)
	if signer() != old.ID {
		t.Error("a reader after a sleep has got an older copy")
	}
	// A clock that was set back must not keep the copy for ever.
	source.set(nil, next)
	now.Advance(-time.Hour)
	if signer() != next.ID {
		t.Error("a clock that was set back keeps the copy")
	}
}

func TestUnknownKidIsLookedForAtOnceButNotByEverybody(t *testing.T) {
	t.Parallel()
	active, emergency := newKey(t, Active), newKey(t, Active)
	ring, source, now := newRing(t, active)
	if _, err := ring.Signer(t.Context()); err != nil {
		t.Fatal(err)
	}
	now.Advance(pause)
	source.set(nil, emergency)
	if k, err := ring.Public(t.Context(), emergency.ID); err != nil || k.ID != emergency.ID {
		t.Errorf("got %v, %v", k, err)
	}
	if _, err := ring.Public(t.Context(), active.ID); !errors.Is(err, ErrUnknown) {
		t.Errorf("the compromised key: %v", err)
	}
	before := source.reads.Load()
	for range 1000 {
		if _, err := ring.Public(t.Context(), "made up"); !errors.Is(err, ErrUnknown) {
			t.Fatalf("got %v", err)
		}
	}
	if n := source.reads.Load() - before; n != 0 {
		t.Errorf("read %d times for kids that were made up", n)
	}
	now.Advance(pause)
	_, _ = ring.Public(t.Context(), "made up")
	if n := source.reads.Load() - before; n != 1 {
		t.Errorf("read %d times after the pause", n)
	}
}

func TestRingWorksOnWhilePostgreSQLIsAway(t *testing.T) {
	t.Parallel()
	active := newKey(t, Active)
	ring, source, now := newRing(t, active)
	source.set(errAway)
	if _, err := ring.Signer(t.Context()); !errors.Is(err, ErrUnavailable) || !errors.Is(err, errAway) {
		t.Errorf("before there are keys: %v", err)
	}
	if _, err := ring.Set(t.Context()); !errors.Is(err, ErrUnavailable) {
		t.Errorf("before there are keys: %v", err)
	}
	source.set(nil, active)
	now.Advance(shortPause)
	if _, err := ring.Signer(t.Context()); err != nil {
		t.Fatalf("it has not come back: %v", err)
	}
	loaded := now.Now()
	source.set(errAway)
	for now.Now().Sub(loaded) < StaleAfter-time.Minute {
		now.Advance(time.Minute)
		if k, err := ring.Signer(t.Context()); err != nil || k.ID != active.ID {
			t.Fatalf("after %s: %v, %v", now.Now().Sub(loaded), k, err)
		}
		ring.settled()
	}
	now.Advance(time.Minute)
	for name, err := range map[string]error{
		"sign":   func() error { _, err := ring.Signer(t.Context()); return err }(),
		"verify": func() error { _, err := ring.Public(t.Context(), active.ID); return err }(),
		"JWKS":   func() error { _, err := ring.Set(t.Context()); return err }(),
	} {
		if !errors.Is(err, ErrUnavailable) {
			t.Errorf("%s with a copy that is too old: %v", name, err)
		}
	}
	source.set(nil, active)
	now.Advance(pause)
	if _, err := ring.Signer(t.Context()); err != nil {
		t.Errorf("PostgreSQL is back, and: %v", err)
	}
}

// A server that does not even refuse costs one reader a moment, and not each.
func TestOneReaderWaitsForAServerThatHangs(t *testing.T) {
	t.Parallel()
	active := newKey(t, Active)
	ring, source, now := newRing(t, active)
	if _, err := ring.Signer(t.Context()); err != nil {
		t.Fatal(err)
	}
	source.mu.Lock()
	source.hang = make(chan struct{})
	source.mu.Unlock()
	now.Advance(refreshBy)
	began := time.Now()
	if k, err := ring.Signer(t.Context()); err != nil || k.ID != active.ID || time.Since(began) > loadTime {
		t.Fatalf("got %v, %v after %s", k, err, time.Since(began))
	}
	ring.settled()
	now.Advance(pause)
	began = time.Now()
	for range 1000 {
		if _, err := ring.Signer(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if took := time.Since(began); took > patience {
		t.Errorf("a thousand readers waited %s", took)
	}
	close(source.hang)
	ring.settled()
}

func TestAnEmptyRingIsNoSet(t *testing.T) {
	t.Parallel()
	ring, source, now := newRing(t)
	if _, err := ring.Set(t.Context()); !errors.Is(err, ErrUnavailable) {
		t.Errorf("got %v", err)
	}
	first := newKey(t, Active)
	source.set(nil, first)
	now.Advance(shortPause)
	if set, err := ring.Set(t.Context()); err != nil || len(set.Keys) != 1 {
		t.Errorf("the first key is not seen: %v", err)
	}
	if k, err := ring.Signer(t.Context()); err != nil || k.ID != first.ID {
		t.Errorf("got %v, %v", k, err)
	}
}

// Readers, refreshes and changes at once, for the race detector.
func TestRingIsSafeForConcurrentUse(t *testing.T) {
	t.Parallel()
	active := newKey(t, Active)
	ring, source, now := newRing(t, active)
	var readers, changes sync.WaitGroup
	stop := make(chan struct{})
	for range 8 {
		readers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				k, err := ring.Signer(t.Context())
				if err != nil {
					t.Errorf("sign: %v", err)
					return
				}
				if _, err := ring.Public(t.Context(), k.ID); err != nil {
					t.Errorf("verify what was just signed: %v", err)
					return
				}
				_, _ = ring.Public(t.Context(), "made up")
			}
		})
	}
	changes.Go(func() {
		keys := []Key{active}
		for range 200 {
			keys = append([]Key{newKey(t, Active)}, keys...)
			keys[1].State = Retiring
			source.set(nil, slices.Clone(keys)...)
			now.Advance(7 * time.Second)
			ring.settled()
		}
	})
	changes.Wait()
	close(stop)
	readers.Wait()
}

func BenchmarkRing(b *testing.B) {
	active := newKey(b, Active)
	ring := NewRing(&table{keys: []Key{active}}, clock.System())
	b.ReportAllocs()
	b.RunParallel(func(p *testing.PB) {
		var k Key
		for p.Next() {
			k, _ = ring.Public(context.Background(), active.ID)
		}
		_ = crypto.PublicKey(k.Public)
	})
}
