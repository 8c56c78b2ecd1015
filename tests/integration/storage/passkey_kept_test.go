package storage_test

import (
	"encoding/json"
	"errors"
	"slices"
	"testing"

	"github.com/google/uuid"

	"github.com/authway/authway/shared/factor"
	"github.com/authway/authway/shared/passkey"
	"github.com/authway/authway/tests/harness"
)

func TestPasskeyThatIsUnknown(t *testing.T) {
	t.Parallel()
	k, added := registered(t, nil)
	if err := k.store.Remove(t.Context(), uuid.New(), added.ID); !errors.Is(err, passkey.ErrUnknown) {
		t.Errorf("somebody else removes it: %v", err)
	}
	if err := k.store.Rename(t.Context(), uuid.New(), added.ID, "Mine"); !errors.Is(err, passkey.ErrUnknown) {
		t.Errorf("somebody else renames it: %v", err)
	}
	if err := k.store.Rename(t.Context(), k.user.ID, added.ID, " The blue one "); err != nil {
		t.Error(err)
	}
	if all, err := k.store.Of(t.Context(), k.user.ID); err != nil || len(all) != 1 || all[0].Name != "The blue one" {
		t.Errorf("there is %+v, %v", all, err)
	}
	asked := k.askSecond()
	if err := k.store.Remove(t.Context(), k.user.ID, added.ID); err != nil {
		t.Fatal(err)
	}
	_, err := k.second(k.device.Sign(asked))
	k.refuses("removed while it was asked for", err, passkey.ErrUnknown)
	_, err = k.signIn(defaultTenant, k.device.Sign(k.askSignIn()))
	k.refuses("removed", err, passkey.ErrUnknown)
	if _, err := k.store.BeginSecond(t.Context(), k.flow, k.user.ID); !errors.Is(err, passkey.ErrNone) {
		t.Errorf("asked of somebody who has none: %v", err)
	}
}

func TestPasskeyThatWasCopied(t *testing.T) {
	t.Parallel()
	k, _ := registered(t, nil)
	copied := k.device.Copy()
	for range 2 {
		if _, err := k.signIn(defaultTenant, k.device.Sign(k.askSignIn())); err != nil {
			t.Fatal(err)
		}
	}
	shown, err := k.signIn(defaultTenant, copied.Sign(k.askSignIn()))
	k.refuses("a counter that went back", err, passkey.ErrCloned)
	if shown.UserID != k.user.ID {
		t.Error("it is not said whose it is")
	}
	_, err = k.second(copied.Sign(k.askSecond()))
	k.refuses("a counter that did not grow", err, passkey.ErrCloned)
	if _, err := k.signIn(defaultTenant, k.device.Sign(k.askSignIn())); err != nil {
		t.Errorf("the one that counts on: %v", err)
	}

	synced, _ := registered(t, func(a *harness.Authenticator) { a.Synced, a.Counts = true, true })
	for range 2 {
		shown, err := synced.signIn(defaultTenant, synced.device.Copy().Sign(synced.askSignIn()))
		if err != nil || shown.DeviceBound {
			t.Errorf("a synced passkey: %+v, %v", shown, err)
		}
	}
}

func TestPasskeyThatDoesNotKnowItsOwner(t *testing.T) {
	t.Parallel()
	k, added := registered(t, func(a *harness.Authenticator) { a.Verifies = false })
	if added.Alone {
		t.Error("it is said to be enough")
	}
	_, err := k.signIn(defaultTenant, k.device.Sign(k.askSignIn()))
	k.refuses("alone", err, passkey.ErrUnverified)
	if shown, err := k.second(k.device.Sign(k.askSecond())); err != nil || shown.Verified {
		t.Errorf("beside a password: %+v, %v", shown, err)
	}
	// Whoever found it has given it a PIN.
	k.device.Verifies = true
	_, err = k.signIn(defaultTenant, k.device.Sign(k.askSignIn()))
	k.refuses("alone, with a PIN of a moment ago", err, passkey.ErrUnverified)
	if shown, err := k.second(k.device.Sign(k.askSecond())); err != nil || !shown.Verified {
		t.Errorf("beside a password, with a PIN: %+v, %v", shown, err)
	}
	if shown, err := k.signIn(defaultTenant, k.device.Sign(k.askSignIn())); err != nil || !shown.Verified {
		t.Errorf("alone, after that: %+v, %v", shown, err)
	}
	k.device.Verifies = false
	_, err = k.signIn(defaultTenant, k.device.Sign(k.askSignIn()))
	k.refuses("alone, when it does not verify", err, passkey.ErrInvalid)
}

func TestPasskeyBelongsToOneAccountOfATenant(t *testing.T) {
	t.Parallel()
	k, _ := registered(t, nil)
	answer := k.device.Copy().Register(strip(t, k.askKey(), "excludeCredentials"))
	if _, err := k.add(answer); err != nil {
		t.Fatal(err)
	}
	_, err := k.db.Owner(t).NewRaw("UPDATE credentials SET credential_id = (SELECT credential_id FROM credentials LIMIT 1)").Exec(t.Context())
	if err == nil {
		t.Error("two passkeys of a tenant have one name")
	}
}

func TestPasskeyCeremonyIsSealed(t *testing.T) {
	t.Parallel()
	k, _ := registered(t, nil)
	var asked struct{ Challenge string }
	if err := json.Unmarshal(k.askSignIn(), &asked); err != nil {
		t.Fatal(err)
	}
	var text string
	if err := k.db.Owner(t).NewRaw("SELECT flows::text || encode(passkey, 'escape') FROM flows").Scan(t.Context(), &text); err != nil {
		t.Fatal(err)
	}
	if asked.Challenge == "" || contains(text, asked.Challenge) {
		t.Errorf("the row shows the challenge %q", asked.Challenge)
	}
}

func TestPasskeyIsASecondFactor(t *testing.T) {
	t.Parallel()
	k, _ := registered(t, nil)
	factors := factor.Store{DB: k.login, Box: box(t), Clock: k.now}
	of := func() factor.Enrolled {
		t.Helper()
		e, err := factors.Of(t.Context(), k.user.ID)
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	if err := factors.IssueCodes(t.Context(), factor.Owner(k.owner)); err != nil {
		t.Fatal(err)
	}
	if e := of(); !e.Any() || e.Asked() || !slices.Equal(e.Kinds, []string{"passkey", "recovery"}) {
		t.Errorf("before the codes are kept: %+v", e)
	}
	if _, err := factors.KeptCodes(t.Context(), k.user.ID); err != nil {
		t.Fatal(err)
	}
	if e := of(); !e.Any() || !e.Asked() {
		t.Errorf("after the codes are kept: %+v", e)
	}
	if err := factors.IssueCodes(t.Context(), factor.Owner(k.owner)); err != nil {
		t.Fatal(err)
	}
	if e := of(); !e.Unread || !e.Asked() {
		t.Errorf("with new codes: %+v", e)
	}
	if _, err := k.add(k.device.Copy().Register(strip(t, k.askKey(), "excludeCredentials"))); err != nil {
		t.Fatal(err)
	}
	if err := factors.AskPasskeys(t.Context(), k.user.ID); err != nil {
		t.Fatal(err)
	}
	if n := k.unasked(); n != 1 {
		t.Errorf("%d passkeys are not asked for before the new codes are kept", n)
	}
	if _, err := factors.KeptCodes(t.Context(), k.user.ID); err != nil {
		t.Fatal(err)
	}
	if n := k.unasked(); n != 0 {
		t.Errorf("%d passkeys are not asked for", n)
	}
	if removed, err := factors.Remove(t.Context(), k.user.ID); err != nil || removed {
		t.Errorf("an app is removed: %v, %v", removed, err)
	}
	if e := of(); e.CodesLeft != 10 {
		t.Errorf("the codes went with an app that was not there: %+v", e)
	}
	all, err := k.store.Of(t.Context(), k.user.ID)
	if err != nil || len(all) != 2 {
		t.Fatalf("there is %+v, %v", all, err)
	}
	for _, one := range all {
		if err := k.store.Remove(t.Context(), k.user.ID, one.ID); err != nil {
			t.Fatal(err)
		}
	}
	if err := factors.DropCodes(t.Context(), k.user.ID); err != nil {
		t.Fatal(err)
	}
	if e := of(); len(e.Kinds) != 0 {
		t.Errorf("the codes outlive what they are for: %+v", e)
	}
}

// unasked counts the passkeys that a password does without.
func (k *keys) unasked() int {
	k.t.Helper()
	n, err := k.db.Owner(k.t).NewSelect().Table("credentials").Where("kind = 'passkey' AND confirmed_at IS NULL").Count(k.t.Context())
	if err != nil {
		k.t.Fatal(err)
	}
	return int(n)
}
