package storage_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/authway/authway/shared/clock"
	"github.com/authway/authway/shared/keyring"
	"github.com/authway/authway/tests/harness"
)

// keychain is the keys of a database, at a time that a test decides.
type keychain struct {
	t   testing.TB
	db  harness.Database
	now *clock.Fixed
	// turning and signing are the two functions that may read keys.
	turning, signing keyring.Store
}

func newKeychain(t *testing.T) keychain {
	t.Helper()
	db, now := harness.NewDatabase(t), clock.NewFixed(noon)
	return keychain{
		t: t, db: db, now: now,
		turning: keyring.Store{DB: db.As(t, "maintenance"), Box: box(t), Clock: now},
		signing: keyring.Store{DB: db.As(t, "token"), Box: box(t), Clock: now},
	}
}

// turns are the states that a turn has brought keys to.
func (c keychain) turns(seed *keyring.Pair) (states []keyring.State) {
	c.t.Helper()
	due, err := c.turning.Due(c.t.Context())
	if err != nil {
		c.t.Fatal(err)
	}
	changes, err := c.turning.Turn(c.t.Context(), seed)
	if err != nil {
		c.t.Fatal(err)
	}
	if due != (len(changes) > 0) {
		c.t.Errorf("due is %v, and the turn did: %s", due, changes)
	}
	for _, change := range changes {
		states = append(states, change.To)
	}
	return states
}

// living are the keys that the token function sees.
func (c keychain) living() map[keyring.State][]keyring.Key {
	c.t.Helper()
	keys, err := c.signing.Living(c.t.Context())
	if err != nil {
		c.t.Fatal(err)
	}
	states := map[keyring.State][]keyring.Key{}
	for _, k := range keys {
		states[k.State] = append(states[k.State], k)
	}
	return states
}

func (c keychain) count(where string) (n int) {
	c.t.Helper()
	if err := c.db.Owner(c.t).NewRaw("SELECT count(*) FROM signing_keys WHERE "+where).Scan(c.t.Context(), &n); err != nil {
		c.t.Fatal(err)
	}
	return n
}

func pairOf(t testing.TB, private any) *keyring.Pair {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	pair, err := keyring.ParsePrivate(string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})))
	if err != nil {
		t.Fatal(err)
	}
	return &pair
}

func newPair(t testing.TB) *keyring.Pair {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return pairOf(t, private)
}

type states = []keyring.State

func TestKeyLivesItsLife(t *testing.T) {
	t.Parallel()
	c := newKeychain(t)
	steps := []struct {
		after time.Duration
		does  states
	}{
		{0, states{keyring.Published, keyring.Active, keyring.Published}},
		{0, nil},
		{keyring.Period - time.Second, nil},
		{time.Second, states{keyring.Retiring, keyring.Active, keyring.Published}},
		{keyring.RetireWait - time.Second, nil},
		{time.Second, states{keyring.Gone}},
		{keyring.Period - keyring.RetireWait, states{keyring.Retiring, keyring.Active, keyring.Published}},
		// Every tick of a year was lost: one turn makes up for all of them.
		{365 * 24 * time.Hour, states{keyring.Gone, keyring.Retiring, keyring.Active, keyring.Published}},
		{keyring.RetireWait, states{keyring.Gone}},
	}
	for i, s := range steps {
		c.now.Advance(s.after)
		if got := c.turns(nil); !slices.Equal(got, s.does) {
			t.Errorf("step %d: %v, want %v", i, got, s.does)
		}
		keys := c.living()
		if len(keys[keyring.Active]) != 1 || len(keys[keyring.Published]) != 1 || keys[keyring.Active][0].Private() == nil {
			t.Errorf("step %d: %v", i, keys)
		}
		for _, k := range keys[keyring.Retiring] {
			if k.Private() != nil {
				t.Errorf("step %d: %v has kept its private part", i, k)
			}
		}
	}
	if n := c.count("state IN ('retiring', 'gone') AND private_key IS NOT NULL"); n != 0 {
		t.Errorf("%d private parts have outlived their use", n)
	}
	var noted int
	err := c.db.Owner(t).NewRaw("SELECT count(*) FROM audit_events WHERE action = 'key.turned' AND detail ->> 'kid' IN (SELECT kid FROM signing_keys)").Scan(t.Context(), &noted)
	if err != nil || noted != 15 {
		t.Errorf("%d steps are in the audit log, %v", noted, err)
	}
}

// A tick may be doubled, and two instances may turn in the same moment.
func TestManyTurnsAtOnceAreOne(t *testing.T) {
	t.Parallel()
	c := newKeychain(t)
	for _, after := range []time.Duration{0, keyring.Period, keyring.RetireWait} {
		c.now.Advance(after)
		var wg sync.WaitGroup
		var mu sync.Mutex
		did := 0
		for range 10 {
			wg.Go(func() {
				changes, err := c.turning.Turn(t.Context(), nil)
				if err != nil {
					t.Errorf("turn: %v", err)
				}
				mu.Lock()
				defer mu.Unlock()
				if len(changes) > 0 {
					did++
				}
			})
		}
		wg.Wait()
		if did != 1 {
			t.Errorf("after %s: %d of 10 did something", after, did)
		}
	}
	if n := c.count("true"); n != 3 {
		t.Errorf("%d keys", n)
	}
}

// Whatever program writes into it, the table has one signer and one to come.
func TestTheTableHoldsOneOfEach(t *testing.T) {
	t.Parallel()
	c := newKeychain(t)
	c.turns(nil)
	owner := c.db.Owner(t)
	for _, statement := range []string{
		"UPDATE signing_keys SET state = 'active', activated_at = now() WHERE state = 'published'",
		"UPDATE signing_keys SET state = 'published' WHERE state = 'active'",
		"UPDATE signing_keys SET private_key = NULL WHERE state = 'active'",
		"UPDATE signing_keys SET state = 'retiring', retired_at = now() WHERE state = 'active'",
	} {
		if _, err := owner.ExecContext(t.Context(), statement); err == nil {
			t.Errorf("%s: was done", statement)
		}
	}
}

func TestSeedIsTheFirstKeyAndNoLater(t *testing.T) {
	t.Parallel()
	c := newKeychain(t)
	seed := newPair(t)
	c.turns(seed)
	if active := c.living()[keyring.Active][0]; active.ID != seed.ID() {
		t.Errorf("the first key is %v", active)
	}
	c.now.Advance(keyring.Period)
	c.turns(seed)
	c.now.Advance(keyring.RetireWait)
	c.turns(newPair(t))
	if _, err := c.turning.Compromise(t.Context(), c.living()[keyring.Active][0].ID); err != nil {
		t.Fatal(err)
	}
	for _, keys := range c.living() {
		for _, k := range keys {
			if k.ID == seed.ID() {
				t.Errorf("the seed has come back as %s", k.State)
			}
		}
	}
}

func TestSuccessorsAreOfTheSeedsKind(t *testing.T) {
	t.Parallel()
	c := newKeychain(t)
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	c.turns(pairOf(t, private))
	for _, keys := range c.living() {
		if keys[0].Algorithm != keyring.RS256 {
			t.Errorf("got %s", keys[0].Algorithm)
		}
	}
}

func TestCompromisedKeyIsGoneAtOnce(t *testing.T) {
	t.Parallel()
	c := newKeychain(t)
	c.turns(nil)
	c.now.Advance(keyring.Period)
	c.turns(nil)
	for _, state := range (states{keyring.Active, keyring.Published, keyring.Retiring}) {
		before := c.living()
		victim := before[state][0].ID
		if _, err := c.turning.Compromise(t.Context(), victim); err != nil {
			t.Fatal(err)
		}
		after := c.living()
		for now, keys := range after {
			if slices.ContainsFunc(keys, func(k keyring.Key) bool { return k.ID == victim }) {
				t.Errorf("the %s key is still %s", state, now)
			}
		}
		if len(after[keyring.Active]) != 1 || len(after[keyring.Published]) != 1 {
			t.Errorf("after the %s key: %v", state, after)
		}
		// Verifiers have known the one to come for a month.
		if state == keyring.Active && after[keyring.Active][0].ID != before[keyring.Published][0].ID {
			t.Error("the key to come does not sign")
		}
		if _, err := c.turning.Compromise(t.Context(), victim); !errors.Is(err, keyring.ErrUnknown) {
			t.Errorf("a second time: %v", err)
		}
	}
	if n := c.count("compromised AND private_key IS NULL AND state = 'gone'"); n != 3 {
		t.Errorf("%d keys are marked", n)
	}
	if _, err := c.turning.Compromise(t.Context(), "nobody"); !errors.Is(err, keyring.ErrUnknown) {
		t.Errorf("got %v", err)
	}
}

func TestPrivatePartsAreSealed(t *testing.T) {
	t.Parallel()
	c := newKeychain(t)
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c.turns(pairOf(t, private))
	raw, err := private.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	var rows [][]byte
	if err := c.db.Owner(t).NewRaw("SELECT private_key FROM signing_keys").Scan(t.Context(), &rows); err != nil {
		t.Fatal(err)
	}
	for _, kept := range rows {
		if bytes.Contains(kept, raw) || strings.Contains(string(kept), "PRIVATE") {
			t.Error("a private part is in the clear")
		}
	}
	// One row's private part in another row does not open.
	_, err = c.db.Owner(t).ExecContext(t.Context(),
		"UPDATE signing_keys SET private_key = (SELECT private_key FROM signing_keys WHERE state = 'published') WHERE state = 'active'")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.signing.Living(t.Context()); err == nil {
		t.Error("a private part opens in another key's row")
	}
}
