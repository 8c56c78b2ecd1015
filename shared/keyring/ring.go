package keyring

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/authway/authway/shared/clock"
)

// ErrUnavailable says that there are no keys to work with: none has been made
// yet, or PostgreSQL has been away for longer than StaleAfter.
var ErrUnavailable = errors.New("keyring: no keys are at hand")

const (
	// refreshAfter is how old a copy gets before it is refreshed behind its readers,
	// and refreshBy before a reader waits for that.
	refreshAfter = 15 * time.Second
	refreshBy    = 30 * time.Second
	// pause is between two refreshes, whoever asks for them: for a kid that is not
	// there anybody can ask. It is shorter for a ring that has nothing to sign with.
	pause      = 5 * time.Second
	shortPause = 500 * time.Millisecond
	// loadTime bounds a refresh, and patience how long a reader waits for it who has
	// an older copy to go on with.
	loadTime = 2 * time.Second
	patience = 500 * time.Millisecond
)

// Source gives the living keys: a Store.
type Source interface {
	Living(ctx context.Context) ([]Key, error)
}

// Set is the keys that verifiers have to know.
type Set struct {
	Keys []Key
	// Document is their JWKS (RFC 7517): public parts alone. It must not be changed.
	Document []byte
}

// Ring is one process's copy of the living keys. It is safe for concurrent use,
// reads nothing before it is first asked, and takes no lock for a reader whose
// copy is young.
type Ring struct {
	source  Source
	clock   clock.Clock
	current atomic.Pointer[snapshot]
	// last is the latest refresh: under way, or whatever became of it.
	last atomic.Pointer[load]
}

// snapshot is never changed.
type snapshot struct {
	at     time.Time
	signer *Key
	byID   map[string]Key
	set    Set
}

// load is a refresh, under way until done is closed. err is why it was in vain;
// after says that the one before it was.
type load struct {
	began time.Time
	done  chan struct{}
	err   error
	after bool
}

func (l *load) over() bool {
	select {
	case <-l.done:
		return true
	default:
		return false
	}
}

// NewRing makes a ring of what source gives.
func NewRing(source Source, c clock.Clock) *Ring { return &Ring{source: source, clock: c} }

// Signer is the key that signs, or ErrUnavailable.
func (r *Ring) Signer(ctx context.Context) (Key, error) {
	s, err := r.young(ctx)
	if err == nil && s.signer == nil {
		// The first key is made right after the first start.
		s, err = r.again(ctx, s, shortPause)
	}
	switch {
	case err != nil:
		return Key{}, err
	case s.signer == nil:
		return Key{}, ErrUnavailable
	}
	return *s.signer, nil
}

// Public is the key of a kid, which may come from anybody: ErrUnknown when no
// such key lives.
func (r *Ring) Public(ctx context.Context, kid string) (Key, error) {
	s, err := r.young(ctx)
	if err != nil {
		return Key{}, err
	}
	if k, ok := s.byID[kid]; ok {
		return k, nil
	}
	// Keys are published long before they sign, except after a compromise.
	if s, err = r.again(ctx, s, pause); err != nil {
		return Key{}, err
	}
	if k, ok := s.byID[kid]; ok {
		return k, nil
	}
	return Key{}, ErrUnknown
}

// Set is what verifiers have to know, or ErrUnavailable.
func (r *Ring) Set(ctx context.Context) (Set, error) {
	s, err := r.young(ctx)
	if err == nil && len(s.set.Keys) == 0 {
		s, err = r.again(ctx, s, shortPause)
	}
	switch {
	case err != nil:
		return Set{}, err
	case len(s.set.Keys) == 0:
		// A verifier would keep an empty set for as long as any other.
		return Set{}, ErrUnavailable
	}
	return s.set, nil
}

// young is a copy that may be worked with. All that a reader usually does here is
// to load a pointer and look at the clock.
func (r *Ring) young(ctx context.Context) (*snapshot, error) {
	s, now := r.current.Load(), r.clock.Now()
	if s == nil {
		return r.wait(ctx, nil, r.refresh(now, shortPause))
	}
	switch age := now.Sub(s.at); {
	case age >= 0 && age < refreshAfter:
		return s, nil
	case age >= 0 && age < refreshBy:
		r.refresh(now, pause)
		return s, nil
	}
	return r.wait(ctx, s, r.refresh(now, pause))
}

// again is a copy that was made after somebody has missed something in s, if it is
// time for one.
func (r *Ring) again(ctx context.Context, s *snapshot, pause time.Duration) (*snapshot, error) {
	return r.wait(ctx, s, r.refresh(r.clock.Now(), pause))
}

// wait waits for a refresh, and goes on with an older copy where there is one.
func (r *Ring) wait(ctx context.Context, s *snapshot, l *load) (*snapshot, error) {
	if s != nil && r.old(s) {
		s = nil
	}
	var failed error
	if l != nil {
		failed = r.await(ctx, s, l)
	}
	if fresh := r.current.Load(); fresh != nil {
		s = fresh
	}
	if s == nil || r.old(s) {
		if last := r.last.Load(); failed == nil && last != nil && last.over() {
			failed = last.err
		}
		return nil, errors.Join(ErrUnavailable, failed)
	}
	return s, nil
}

// old reports whether a copy must not be worked with any more.
func (r *Ring) old(s *snapshot) bool { return r.clock.Now().Sub(s.at) >= StaleAfter }

func (r *Ring) await(ctx context.Context, s *snapshot, l *load) error {
	if s != nil && l.after {
		// PostgreSQL is away: one reader has waited for it, and one is enough.
		return nil
	}
	if s != nil {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, patience)
		defer cancel()
	}
	select {
	case <-l.done:
		return l.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// refresh begins to read the keys, unless somebody has, and returns what is under
// way; nil when the last one began less than pause ago.
func (r *Ring) refresh(now time.Time, pause time.Duration) *load {
	last := r.last.Load()
	if last != nil {
		if !last.over() {
			return last
		}
		if since := now.Sub(last.began); since >= 0 && since < pause {
			return nil
		}
	}
	l := &load{began: now, done: make(chan struct{}), after: last != nil && last.err != nil}
	if !r.last.CompareAndSwap(last, l) {
		return r.last.Load()
	}
	go r.load(l)
	return l
}

// load outlives the reader who caused it: others wait for it as well.
func (r *Ring) load(l *load) {
	ctx, cancel := context.WithTimeout(context.Background(), loadTime)
	defer cancel()
	defer close(l.done)
	keys, err := r.source.Living(ctx)
	if err == nil {
		var s *snapshot
		if s, err = newSnapshot(keys, l.began); err == nil {
			r.current.Store(s)
		}
	}
	l.err = err
}

func newSnapshot(keys []Key, at time.Time) (*snapshot, error) {
	text, err := document(keys)
	if err != nil {
		return nil, fmt.Errorf("keyring: the JWKS: %w", err)
	}
	s := &snapshot{at: at, byID: make(map[string]Key, len(keys)), set: Set{Keys: make([]Key, 0, len(keys)), Document: text}}
	for i, k := range keys {
		if k.State == Active {
			s.signer = &keys[i]
		}
		// Verifying needs no private part.
		k.private = nil
		s.byID[k.ID] = k
		s.set.Keys = append(s.set.Keys, k)
	}
	return s, nil
}
