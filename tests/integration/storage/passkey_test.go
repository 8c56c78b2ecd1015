package storage_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"github.com/authway/authway/shared/account"
	"github.com/authway/authway/shared/clock"
	"github.com/authway/authway/shared/flow"
	"github.com/authway/authway/shared/passkey"
	"github.com/authway/authway/shared/session"
	"github.com/authway/authway/tests/harness"
)

const publicURL = "https://id.example.org"

// keys is an account with an authenticator, a session and a sign-in.
type keys struct {
	t       *testing.T
	db      harness.Database
	login   *bun.DB
	now     *clock.Fixed
	store   passkey.Store
	user    account.User
	owner   passkey.Owner
	flow    passkey.Place
	session passkey.Place
	device  *harness.Authenticator
}

func someKeys(t *testing.T) *keys {
	t.Helper()
	k := &keys{t: t, db: harness.NewDatabase(t), now: clock.NewFixed(noon)}
	k.login = k.db.As(t, "login")
	public, err := url.Parse(publicURL)
	if err != nil {
		t.Fatal(err)
	}
	k.store = passkey.Store{DB: k.login, Box: box(t), Clock: k.now, Public: public}
	k.user = addUser(t, k.login, "ada@example.org")
	k.owner = passkey.Owner{TenantID: k.user.TenantID, UserID: k.user.ID}
	k.flow, k.session = k.aFlow("challenge"), k.aSession(k.user)
	k.device = harness.NewAuthenticator(t, publicURL)
	return k
}

func (k *keys) aFlow(challenge string) passkey.Place {
	k.t.Helper()
	store := flow.Store{DB: k.login, Box: box(k.t), Clock: k.now}
	begun, err := store.Begin(k.t.Context(), aFlow(challenge, "https://x/oauth2/auth?state="+challenge), "browser")
	if err != nil {
		k.t.Fatal(err)
	}
	return passkey.InFlow(begun.ID)
}

func (k *keys) aSession(u account.User) passkey.Place {
	k.t.Helper()
	store := session.Store{DB: k.login, Cache: noCache{}, Clock: k.now}
	held, _, err := store.Create(k.t.Context(), k.login, session.Session{TenantID: u.TenantID, UserID: u.ID, AMR: []string{"pwd"}})
	if err != nil {
		k.t.Fatal(err)
	}
	return passkey.InSession(held.ID)
}

func (k *keys) inTx(do func(context.Context, passkey.Store) error) {
	k.t.Helper()
	err := k.login.RunInTx(k.t.Context(), nil, func(ctx context.Context, tx bun.Tx) error { return do(ctx, k.store.In(tx)) })
	if err != nil {
		k.t.Fatal(err)
	}
}

func (k *keys) options(options json.RawMessage, err error) json.RawMessage {
	k.t.Helper()
	if err != nil {
		k.t.Fatal(err)
	}
	return options
}

func (k *keys) askKey() json.RawMessage {
	k.t.Helper()
	return k.options(k.store.BeginRegistration(k.t.Context(), k.session, passkey.Person{Owner: k.owner, Name: k.user.Email, DisplayName: k.user.Name}))
}

func (k *keys) add(answer json.RawMessage) (added passkey.Passkey, refused error) {
	k.t.Helper()
	k.inTx(func(ctx context.Context, s passkey.Store) error {
		if added, refused = s.FinishRegistration(ctx, k.session, k.owner, "Key", answer); refused != nil && !passkey.Refused(refused) {
			return refused
		}
		return nil
	})
	return added, refused
}

// registered has one passkey, of k.device.
func registered(t *testing.T, change func(*harness.Authenticator)) (*keys, passkey.Passkey) {
	t.Helper()
	k := someKeys(t)
	if change != nil {
		change(k.device)
	}
	added, err := k.add(k.device.Register(k.askKey()))
	if err != nil {
		t.Fatal(err)
	}
	return k, added
}

func (k *keys) askSignIn() json.RawMessage {
	k.t.Helper()
	return k.options(k.store.BeginSignIn(k.t.Context(), k.flow))
}

func (k *keys) signIn(tenant uuid.UUID, answer json.RawMessage) (shown passkey.Shown, refused error) {
	k.t.Helper()
	k.inTx(func(ctx context.Context, s passkey.Store) error {
		if shown, refused = s.FinishSignIn(ctx, k.flow, tenant, answer); refused != nil && !passkey.Refused(refused) {
			return refused
		}
		return nil
	})
	return shown, refused
}

func (k *keys) askSecond() json.RawMessage {
	k.t.Helper()
	return k.options(k.store.BeginSecond(k.t.Context(), k.flow, k.user.ID))
}

func (k *keys) second(answer json.RawMessage) (shown passkey.Shown, refused error) {
	k.t.Helper()
	k.inTx(func(ctx context.Context, s passkey.Store) error {
		if shown, refused = s.FinishSecond(ctx, k.flow, k.user.ID, answer); refused != nil && !passkey.Refused(refused) {
			return refused
		}
		return nil
	})
	return shown, refused
}

func (k *keys) refuses(what string, got, want error) {
	k.t.Helper()
	if !errors.Is(got, want) {
		k.t.Errorf("%s: %v, want %v", what, got, want)
	}
}

func TestPasskeySignsIn(t *testing.T) {
	t.Parallel()
	k, added := registered(t, nil)
	if added.Name != "Key" || added.UsedAt != nil || added.Synced || !added.Alone {
		t.Errorf("added %+v", added)
	}
	shown, err := k.signIn(defaultTenant, k.device.Sign(k.askSignIn()))
	if want := (passkey.Shown{UserID: k.user.ID, ID: added.ID, Verified: true, DeviceBound: true}); err != nil || shown != want {
		t.Fatalf("shown %+v, %v; want %+v", shown, err, want)
	}
	all, err := k.store.Of(t.Context(), k.user.ID)
	if err != nil || len(all) != 1 || all[0].UsedAt == nil || !all[0].UsedAt.Equal(noon) {
		t.Errorf("afterwards there is %+v, %v", all, err)
	}
	again, err := k.add(k.device.Copy().Register(strip(t, k.askKey(), "excludeCredentials")))
	if err != nil || again.ID == added.ID {
		t.Errorf("another passkey: %+v, %v", again, err)
	}
	var asked struct{ ExcludeCredentials []struct{ ID string } }
	if err := json.Unmarshal(k.askKey(), &asked); err != nil || len(asked.ExcludeCredentials) != 2 {
		t.Errorf("the options leave out %+v, %v", asked, err)
	}
}

// strip takes a member out of options.
func strip(t *testing.T, options json.RawMessage, name string) json.RawMessage {
	t.Helper()
	var all map[string]json.RawMessage
	if err := json.Unmarshal(options, &all); err != nil {
		t.Fatal(err)
	}
	delete(all, name)
	left, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	return left
}

func TestPasskeyCeremonyCountsOnceAndForItsTime(t *testing.T) {
	t.Parallel()
	k, _ := registered(t, nil)
	answer := k.device.Sign(k.askSignIn())
	if _, err := k.signIn(defaultTenant, answer); err != nil {
		t.Fatal(err)
	}
	_, err := k.signIn(defaultTenant, answer)
	k.refuses("the same answer again", err, passkey.ErrExpired)

	answer = k.device.Sign(k.askSignIn())
	k.now.Advance(5 * time.Minute)
	_, err = k.signIn(defaultTenant, answer)
	k.refuses("five minutes later", err, passkey.ErrExpired)

	answer = k.device.Sign(k.askSignIn())
	k.askSignIn()
	_, err = k.signIn(defaultTenant, answer)
	k.refuses("an answer to what was asked before", err, passkey.ErrInvalid)
	_, err = k.signIn(defaultTenant, answer)
	k.refuses("after a wrong answer", err, passkey.ErrExpired)

	_, err = k.signIn(defaultTenant, k.device.Sign(k.askSecond()))
	k.refuses("a second factor's answer as a sign-in", err, passkey.ErrExpired)
	_, err = k.second(k.device.Sign(k.askSignIn()))
	k.refuses("a sign-in's answer as a second factor", err, passkey.ErrExpired)
	k.askKey()
	_, err = k.add(k.device.Sign(k.askSignIn()))
	k.refuses("a signature as a registration", err, passkey.ErrInvalid)

	asked := k.askSignIn()
	k.flow = k.aFlow("another")
	_, err = k.signIn(defaultTenant, k.device.Sign(asked))
	k.refuses("in another flow", err, passkey.ErrExpired)
}

func TestPasskeyAnswerCountsOnceOfFifty(t *testing.T) {
	t.Parallel()
	k, _ := registered(t, func(a *harness.Authenticator) { a.Synced = true })
	answer := k.device.Sign(k.askSignIn())
	var counted atomic.Int64
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			err := k.login.RunInTx(t.Context(), nil, func(ctx context.Context, tx bun.Tx) error {
				_, err := k.store.In(tx).FinishSignIn(ctx, k.flow, defaultTenant, answer)
				if err == nil {
					counted.Add(1)
				} else if !errors.Is(err, passkey.ErrExpired) {
					t.Errorf("got %v", err)
				}
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := counted.Load(); n != 1 {
		t.Errorf("the answer counted %d times", n)
	}
}

func TestPasskeyOfAnotherTenantOrAccountOrOrigin(t *testing.T) {
	t.Parallel()
	k, _ := registered(t, nil)
	other := uuid.New()
	if _, err := k.db.Owner(t).NewRaw("INSERT INTO tenants (id, slug, name) VALUES (?, 'other', 'Other')", other).Exec(t.Context()); err != nil {
		t.Fatal(err)
	}
	shown, err := k.signIn(other, k.device.Sign(k.askSignIn()))
	k.refuses("at another tenant", err, passkey.ErrTenant)
	if shown.UserID != uuid.Nil {
		t.Error("another tenant hears whose it is")
	}

	grace := *k
	grace.user = addUser(t, k.login, "grace@example.org")
	grace.owner = passkey.Owner{TenantID: defaultTenant, UserID: grace.user.ID}
	grace.session, grace.device = k.aSession(grace.user), harness.NewAuthenticator(t, publicURL)
	if _, err := grace.add(grace.device.Register(grace.askKey())); err != nil {
		t.Fatal(err)
	}
	_, err = grace.second(k.device.Sign(strip(t, grace.askSecond(), "allowCredentials")))
	k.refuses("one of another account as a second factor", err, passkey.ErrInvalid)

	asked := k.askKey()
	k.session = grace.session
	_, err = k.add(k.device.Copy().Register(strip(t, asked, "excludeCredentials")))
	k.refuses("a registration in another session", err, passkey.ErrExpired)

	k.device.Origin = "https://id.example.org.evil.example"
	_, err = k.signIn(defaultTenant, k.device.Sign(k.askSignIn()))
	k.refuses("from another origin", err, passkey.ErrInvalid)
}
