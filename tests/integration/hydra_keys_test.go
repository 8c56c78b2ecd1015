package integration_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/authway/authway/functions/maintenance/keys"
	"github.com/authway/authway/shared/clock"
	"github.com/authway/authway/shared/hydra"
	signing "github.com/authway/authway/shared/keyring"
	"github.com/authway/authway/shared/session"
	"github.com/authway/authway/tests/harness"
)

// hydraKeys turns the real Hydra's keys, by a memory and a clock of its own.
type hydraKeys struct {
	t       *testing.T
	system  *harness.System
	now     *clock.Fixed
	rotator keys.Rotator
}

func newHydraKeys(t *testing.T) hydraKeys {
	t.Helper()
	system, db, now := harness.Run(t), harness.NewDatabase(t).As(t, "maintenance"), clock.NewFixed(time.Now())
	admin, err := url.Parse(system.Endpoints.HydraAdminURL)
	if err != nil {
		t.Fatal(err)
	}
	return hydraKeys{t: t, system: system, now: now, rotator: keys.Rotator{
		Keys:      signing.Store{DB: db, Box: testBox(t), Clock: now},
		HydraKeys: signing.HydraKeys{DB: db, Clock: now}, Hydra: hydra.New(admin), TurnHydra: true, Clock: now,
	}}
}

func (h hydraKeys) turn(due bool) string {
	h.t.Helper()
	job := h.rotator.Job()
	if is, err := job.Due(h.t.Context(), h.now.Now()); err != nil || is != due {
		h.t.Errorf("due is %v, %v, want %v", is, err, due)
	}
	said, err := job.Do(h.t.Context())
	if err != nil {
		h.t.Fatal(err)
	}
	return said
}

func (h hydraKeys) ids(set string) (ids []string) {
	h.t.Helper()
	there, err := h.rotator.Hydra.SigningKeys(h.t.Context(), set)
	if err != nil {
		h.t.Fatal(err)
	}
	for _, k := range there {
		ids = append(ids, k.ID)
	}
	return ids
}

func tokenKid(t *testing.T, raw any) string {
	t.Helper()
	token, err := jose.ParseSigned(raw.(string), []jose.SignatureAlgorithm{jose.ES256})
	if err != nil {
		t.Fatal(err)
	}
	return token.Signatures[0].Header.KeyID
}

// again is the same person at the same application, in another browser.
func (j journey) again() harness.Arrival {
	j.t.Helper()
	j.visitor = harness.NewVisitor(j.t)
	return j.through()
}

// Not parallel: it removes keys that other tests' ID tokens were signed with.
// Tests that are parallel begin when all that are not have ended.
func TestHydrasKeysTurnUnderPeoplesHands(t *testing.T) {
	h := newHydraKeys(t)
	idSet := hydra.KeySets[0]
	first := h.ids(idSet)
	if said := h.turn(true); !strings.Contains(said, first[0]+" found ("+idSet+")") {
		t.Errorf("the first look: %s", said)
	}
	h.turn(false)
	j := begin(t, nil)
	before := j.through()

	// The answer to a key's making was lost; the key is there.
	h.now.Advance(signing.Period)
	second, err := h.rotator.HydraKeys.Begin(t.Context(), idSet)
	if err != nil {
		t.Fatal(err)
	}
	h.system.HydraAdmin(t, http.MethodPost, "/admin/keys/"+idSet, map[string]string{"alg": "ES256", "use": "sig", "kid": second}, nil)
	h.now.Advance(time.Hour)
	h.turn(true)
	h.turn(false)
	if ids := h.ids(idSet); ids[0] != second || len(ids) != len(first)+1 {
		t.Errorf("got %v after %v", ids, first)
	}
	// The application has the keys from before, and meets the new one.
	// The application has the keys from before, and meets the new one.
	after := j.again()
	if was, is := tokenKid(t, before.Tokens.Extra("id_token")), tokenKid(t, after.Tokens.Extra("id_token")); was != first[0] || is != second {
		t.Errorf("signed by %s, then by %s", was, is)
	}
	h.now.Advance(session.Absolute + signing.Skew - 2*time.Hour)
	h.turn(true) // One of our own keys has nothing to verify any more.
	if ids := h.ids(idSet); !slices.Contains(ids, first[0]) {
		t.Errorf("the key is gone while its tokens are still hints of a logout: %v", ids)
	}
	h.now.Advance(2 * time.Hour)
	h.turn(true)
	ids := h.ids(idSet)
	if slices.Contains(ids, first[0]) || !slices.Contains(ids, second) {
		t.Errorf("got %v", ids)
	}

	// Somebody else has the key that signs.
	said, err := h.rotator.Compromised(ids[0]).Do(t.Context())
	if now := h.ids(idSet); err != nil || slices.Contains(now, ids[0]) || !strings.Contains(said, ids[0]+" gone") {
		t.Errorf("got %s, %v, with %v", said, err, now)
	}
	if _, err := h.rotator.Compromised(ids[0]).Do(t.Context()); err == nil {
		t.Error("a key that is gone was taken out")
	}
	if kid := tokenKid(t, j.again().Tokens.Extra("id_token")); kid != h.ids(idSet)[0] {
		t.Errorf("after that, %s signs", kid)
	}
}
