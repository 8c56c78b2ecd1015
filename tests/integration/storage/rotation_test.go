package storage_test

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	josejwt "github.com/go-jose/go-jose/v4/jwt"

	"github.com/authway/authway/shared/clock"
	"github.com/authway/authway/shared/keyring"
	"github.com/authway/authway/shared/tokens"
)

const (
	tokenIssuer   = "https://auth.example.com"
	tokenAudience = "https://api.example.com"
)

// instance is one process of the token function, with a ring of its own. What it
// hears from PostgreSQL may be as old as lag.
type instance struct {
	ring   *keyring.Ring
	issuer *tokens.Issuer
	shared *asked
	now    *clock.Fixed
	lag    time.Duration
	mu     sync.Mutex
	heard  []keyring.Key
	at     time.Time
}

// asked answers all instances from one reading of the database, for as long as
// nobody has turned: the test has too many moments to read it at each.
type asked struct {
	store  keyring.Store
	mu     sync.Mutex
	keys   []keyring.Key
	turned bool
}

func (a *asked) Living(ctx context.Context) (keys []keyring.Key, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.keys == nil || a.turned {
		a.keys, err = a.store.Living(ctx)
		a.turned = err != nil
	}
	return slices.Clone(a.keys), err
}

func (a *asked) forget() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.turned = true
}

func (i *instance) Living(ctx context.Context) (keys []keyring.Key, err error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if now := i.now.Now(); i.heard == nil || now.Sub(i.at) >= i.lag {
		if i.heard, err = i.shared.Living(ctx); err != nil {
			return nil, err
		}
		i.at = now
	}
	return slices.Clone(i.heard), nil
}

func newInstance(shared *asked, now *clock.Fixed, lag time.Duration) *instance {
	i := &instance{shared: shared, now: now, lag: lag}
	i.ring = keyring.NewRing(i, now)
	i.issuer = tokens.New(i.ring, now)
	return i
}

// verifier is an API with another library that keeps the JWKS for as long as it
// was told, and does not read it again a moment earlier, whatever it meets.
type verifier struct {
	keys jose.JSONWebKeySet
	read time.Time
}

func (v *verifier) verify(t *testing.T, raw string, from *instance, now time.Time) error {
	t.Helper()
	if now.Sub(v.read) >= keyring.VerifierCache {
		set, err := from.ring.Set(t.Context())
		if err != nil {
			return err
		}
		v.keys, v.read = jose.JSONWebKeySet{}, now
		if err := json.Unmarshal(set.Document, &v.keys); err != nil {
			return err
		}
	}
	token, err := josejwt.ParseSigned(raw, []jose.SignatureAlgorithm{jose.ES256})
	if err != nil {
		return err
	}
	var claims josejwt.Claims
	if err := token.Claims(v.keys, &claims); err != nil {
		return err
	}
	return claims.ValidateWithLeeway(josejwt.Expected{Issuer: tokenIssuer, AnyAudience: josejwt.Audience{tokenAudience}, Time: now}, 0)
}

// traffic is tokens that were signed and are still to be shown.
type traffic struct {
	raw  string
	till time.Time
}

// TestRotationsUnderTraffic lives through three rotations. Tokens of the longest
// life are signed by instances that lag behind, one of them for as long as it may,
// and are shown until their last second to verifiers that keep what they have read.
func TestRotationsUnderTraffic(t *testing.T) {
	t.Parallel()
	c := newKeychain(t)
	shared := &asked{store: c.signing}
	instances := []*instance{newInstance(shared, c.now, 0), newInstance(shared, c.now, time.Minute), newInstance(shared, c.now, keyring.StaleAfter-time.Minute)}
	verifiers := make([]verifier, 8)
	chance := rand.New(rand.NewPCG(1, 2))
	var under []traffic
	var signers []string
	checked, near, ticked := 0, time.Time{}, time.Time{}
	end := noon.Add(3*keyring.Period + 24*time.Hour)
	c.tick(shared, true)
	for c.now.Now().Before(end) {
		now := c.now.Now()
		for _, i := range instances {
			raw, err := i.issuer.Sign(t.Context(), tokens.Claims{
				Type: tokens.AccessToken, Issuer: tokenIssuer, Subject: "ada", Audience: []string{tokenAudience},
				ExpiresAt: now.Add(keyring.LongestToken),
			})
			if err != nil {
				t.Fatalf("%s: sign: %v", now, err)
			}
			under = append(under, traffic{raw, now.Add(keyring.LongestToken)})
			if kid := kidOf(t, raw); !slices.Contains(signers, kid) {
				signers = append(signers, kid)
			}
		}
		under = slices.DeleteFunc(under, func(one traffic) bool { return !now.Before(one.till) })
		// The oldest, the youngest, and one between.
		for _, one := range []traffic{under[0], under[len(under)-1], under[chance.IntN(len(under))]} {
			from := instances[chance.IntN(len(instances))]
			if err := verifiers[chance.IntN(len(verifiers))].verify(t, one.raw, from, now); err != nil {
				t.Fatalf("%s: %d verified before: %v", now, checked, err)
			}
			if _, err := from.issuer.Verify(t.Context(), one.raw, tokens.Expect{Issuer: tokenIssuer, Audience: tokenAudience, Type: tokens.AccessToken}); err != nil {
				t.Fatalf("%s: an instance: %v", now, err)
			}
			checked++
		}
		// The tick is late, comes twice, or not at all; the instances have just heard that all is as it was.
		if now.Sub(ticked) >= 5*time.Minute && chance.IntN(3) > 0 {
			ticked = now
			if c.tick(shared, chance.IntN(20) == 0) > 0 {
				near = now
			}
		}
		step := 3 * time.Hour
		if now.Sub(near) < keyring.PublishWait+keyring.RetireWait {
			step = 97 * time.Second
		}
		c.now.Advance(step)
	}
	if len(signers) != 4 || checked < 3000 {
		t.Errorf("%d keys have signed, %d tokens were verified", len(signers), checked)
	}
	t.Logf("%d tokens of %d keys", checked, len(signers))
}

// tick is an event that two instances of maintenance receive. They look whether
// anything is due, as the frame of jobs does, and turn in any case now and then.
func (c keychain) tick(shared *asked, anyhow bool) int {
	c.t.Helper()
	due, err := c.turning.Due(c.t.Context())
	if err != nil {
		c.t.Fatal(err)
	}
	if !due && !anyhow {
		return 0
	}
	var turned atomic.Int64
	var both sync.WaitGroup
	for range 2 {
		both.Go(func() {
			changes, err := c.turning.Turn(c.t.Context(), nil)
			if err != nil {
				c.t.Errorf("turn: %v", err)
			}
			turned.Add(int64(len(changes)))
		})
	}
	both.Wait()
	shared.forget()
	return int(turned.Load())
}

func kidOf(t *testing.T, raw string) string {
	t.Helper()
	token, err := josejwt.ParseSigned(raw, []jose.SignatureAlgorithm{jose.ES256})
	if err != nil {
		t.Fatal(err)
	}
	return token.Headers[0].KeyID
}
