package storage_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/authway/authway/functions/maintenance/job"
	keyjobs "github.com/authway/authway/functions/maintenance/keys"
	"github.com/authway/authway/shared/client"
	"github.com/authway/authway/shared/clock"
	"github.com/authway/authway/shared/factor"
	"github.com/authway/authway/shared/flow"
	"github.com/authway/authway/shared/journal"
	"github.com/authway/authway/shared/keyring"
	"github.com/authway/authway/shared/outbox"
	"github.com/authway/authway/shared/passkey"
	"github.com/authway/authway/shared/proof"
	"github.com/authway/authway/shared/seal"
	"github.com/authway/authway/shared/sealed"
	"github.com/authway/authway/shared/session"
	"github.com/authway/authway/tests/harness"
)

// boxOf opens with keys of one byte each; the first seals.
func boxOf(t testing.TB, fills ...byte) *seal.Box {
	t.Helper()
	var masterKeys []string
	for _, fill := range fills {
		masterKeys = append(masterKeys, base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{fill}, 32)))
	}
	b, err := seal.New(masterKeys)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// vault is a database in which everything that can be sealed is sealed once,
// under the master key 7.
type vault struct {
	t    *testing.T
	db   harness.Database
	now  *clock.Fixed
	user factor.Owner
	flow string
	// session is one whose ceremony is under way.
	session session.Session
	app     string
}

func newVault(t *testing.T) *vault {
	t.Helper()
	v := &vault{t: t, db: harness.NewDatabase(t), now: clock.NewFixed(noon)}
	ctx, login, b := t.Context(), v.db.As(t, "login"), box(t)
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	u := addUser(t, login, "ada@example.org")
	v.user = factor.Owner{TenantID: u.TenantID, UserID: u.ID}
	factors := factor.Store{DB: login, Box: b, Clock: v.now}
	begun, err := factors.Begin(ctx, v.user, "here", "Authway", "ada")
	check(err)
	v.app = begun.Secret
	check(factors.IssueCodes(ctx, v.user))
	_, err = keyring.Store{DB: v.db.As(t, "maintenance"), Box: b, Clock: v.now}.Turn(ctx, nil)
	check(err)
	check(outbox.Store{Box: b, Clock: v.now}.AddMail(ctx, login, u.TenantID, outbox.Mail{To: "ada@example.org", Template: outbox.PasswordChanged}))
	flows := flow.Store{DB: login, Box: b, Clock: v.now}
	f, err := flows.Begin(ctx, aFlow("challenge", "https://x/?state=1"), "browser")
	check(err)
	v.flow = f.ID
	check(flows.KeepProvider(ctx, f.ID, []byte("state")))
	_, err = flow.Answers{DB: login, Box: b, Clock: v.now}.Once(ctx, "challenge",
		flow.Unrecorded(func(context.Context) (string, error) { return "https://x/", nil }))
	check(err)
	_, err = proof.Store{Box: b, Clock: v.now}.Issue(ctx, login, proof.Request{
		TenantID: u.TenantID, FlowID: f.ID, Purpose: proof.VerifyEmail, Address: "ada@example.org", Data: []byte("data"),
	})
	check(err)
	clients := client.Secrets{DB: v.db.As(t, "admin"), Box: b}
	for range 2 {
		_, err = clients.Put(ctx, u.TenantID, "shop", client.NewSecret(), 48*time.Hour, v.now.Now())
		check(err)
	}
	sessions := session.Store{DB: login, Cache: noCache{}, Clock: v.now, Box: b}
	v.session, _, err = sessions.Create(ctx, login, session.Session{TenantID: u.TenantID, UserID: u.ID, AMR: []string{"pwd"}})
	check(err)
	check(sessions.KeepProvider(ctx, v.session.ID, []byte("state")))
	v.ceremonies(b)
	return v
}

// ceremonies asks an authenticator for something in the sign-in and in the session.
func (v *vault) ceremonies(b *seal.Box) {
	v.t.Helper()
	public, err := url.Parse(publicURL)
	if err != nil {
		v.t.Fatal(err)
	}
	store := passkey.Store{DB: v.db.As(v.t, "login"), Box: b, Clock: v.now, Public: public}
	for _, at := range []passkey.Place{passkey.InFlow(v.flow), passkey.InSession(v.session.ID)} {
		if _, err := store.BeginSignIn(v.t.Context(), at); err != nil {
			v.t.Fatal(err)
		}
	}
}

func (v *vault) store(b *seal.Box) sealed.Store {
	return sealed.Store{DB: v.db.As(v.t, "maintenance"), Box: b, Clock: v.now}
}

func (v *vault) counts(b *seal.Box) sealed.Counts {
	v.t.Helper()
	counts, err := v.store(b).Counts(v.t.Context())
	if err != nil {
		v.t.Fatal(err)
	}
	return counts
}

var everyPlace = []string{
	"answers.redirect_to", "client_secrets.sealed", "credentials.recovery", "credentials.totp", "flows.challenge", "flows.passkey", "flows.provider",
	"flows.request_url", "outbox.payload", "proofs.data", "sessions.passkey", "sessions.provider", "signing_keys.private_key",
}

func TestEverythingSealedIsCounted(t *testing.T) {
	t.Parallel()
	v := newVault(t)
	var places []string
	for _, c := range v.counts(boxOf(t, 7)).All() {
		places = append(places, c.Place)
	}
	if !slices.Equal(places, everyPlace) {
		t.Errorf("counted %v", places)
	}
}

// A package that begins to seal has to be counted as well, or a master key is
// dropped from under it.
func TestNobodyElseSeals(t *testing.T) {
	t.Parallel()
	known := []string{"client", "factor", "flow", "keyring", "outbox", "passkey", "proof", "session"}
	var found []string
	for _, folder := range []string{"../../../shared", "../../../functions"} {
		err := filepath.WalkDir(folder, func(name string, _ fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
				return err
			}
			text, err := os.ReadFile(name)
			if strings.Contains(string(text), "ox.Seal(") {
				found = append(found, filepath.Base(filepath.Dir(name)))
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	slices.Sort(found)
	if found = slices.Compact(found); !slices.Equal(found, known) {
		t.Errorf("sealing is done in %v; count it in the view sealed_values, and add it here", found)
	}
}

func TestReencryptionLeavesNothingThatIsKeptUnderTheOldKey(t *testing.T) {
	t.Parallel()
	v := newVault(t)
	both, ctx := boxOf(t, 8, 7), t.Context()
	before := v.counts(both)
	n, err := v.store(both).Reseal(ctx, v.now.Now().Add(time.Minute))
	// Two signing keys, one app, ten codes, one mail, one client's secret.
	if err != nil || n != 15 {
		t.Errorf("sealed %d anew, %v", n, err)
	}
	after := v.counts(both)
	if before.First() != 0 || after.First() != n || after.Older() != before.Older()-n || after.Lost() != 0 {
		t.Errorf("before %+v, after %+v", before, after)
	}
	// What is left ages out, the day after at the latest.
	v.now.Advance(24*time.Hour + time.Second)
	if left := v.counts(both); left.Older() != 0 || left.First() != n {
		t.Errorf("left: %+v", left)
	}
	// The old key is dropped, and whoever has sealed can read.
	alone, login := boxOf(t, 8), v.db.As(t, "login")
	factors := factor.Store{DB: login, Box: alone, Clock: v.now}
	if again, err := factors.Begin(ctx, v.user, "here", "Authway", "ada"); err != nil || again.Secret != v.app {
		t.Errorf("the authenticator app: %v", err)
	}
	if codes, err := factors.UnreadCodes(ctx, v.user.UserID); err != nil || len(codes) != 10 {
		t.Errorf("the recovery codes: %d, %v", len(codes), err)
	}
	living, err := keyring.Store{DB: v.db.As(t, "token"), Box: alone, Clock: v.now}.Living(ctx)
	if err != nil || living[0].Private() == nil {
		t.Errorf("the signing keys: %v", err)
	}
	claimed, err := outbox.Store{DB: v.db.As(t, "maintenance"), Box: alone, Clock: v.now}.Claim(ctx, 5, time.Minute)
	if err != nil || len(claimed) != 1 || claimed[0].Unreadable != nil {
		t.Errorf("the mail: %+v, %v", claimed, err)
	}
	if lost, err := v.store(alone).LostKeys(ctx); err != nil || len(lost) != 0 {
		t.Errorf("lost: %v, %v", lost, err)
	}
}

func TestKeyThatWasDroppedTooEarlyIsNamed(t *testing.T) {
	t.Parallel()
	v := newVault(t)
	dropped := boxOf(t, 7).Keys()[0]
	for _, fills := range [][]byte{{8}, {8, 9}, {1, 200}} {
		b := boxOf(t, fills...)
		lost, err := v.store(b).LostKeys(t.Context())
		if err != nil || !slices.Equal(lost, []seal.KeyID{dropped}) {
			t.Errorf("%v: lost %v, %v, want %v", fills, lost, err, dropped)
		}
		if counts := v.counts(b); counts.Lost() == 0 || counts.First()+counts.Older() != 0 {
			t.Errorf("%v: %+v", fills, counts)
		}
	}
	for _, fills := range [][]byte{{7}, {8, 7}, {7, 1, 200}} {
		if lost, err := v.store(boxOf(t, fills...)).LostKeys(t.Context()); err != nil || len(lost) != 0 {
			t.Errorf("%v: lost %v, %v", fills, lost, err)
		}
	}
}

// People go on using what is sealed anew under their hands.
func TestReencryptionIsOnline(t *testing.T) {
	t.Parallel()
	v := newVault(t)
	owner := v.db.Owner(t)
	both, old, ctx := boxOf(t, 8, 7), boxOf(t, 7), t.Context()
	const people = 1203
	_, err := owner.NewRaw(`INSERT INTO users (id, tenant_id, email, email_key)
		SELECT gen_random_uuid(), ?, 'p' || n || '@example.org', 'p' || n || '@example.org' FROM generate_series(1, ?::int) AS n`, defaultTenant, people).Exec(ctx)
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	if err := owner.NewRaw("SELECT id FROM users WHERE email LIKE 'p%'").Scan(ctx, &ids); err != nil {
		t.Fatal(err)
	}
	for batch := range slices.Chunk(ids, 200) {
		var values []string
		var args []any
		for _, id := range batch {
			values = append(values, "(gen_random_uuid(), ?, ?, 'totp', ?)")
			args = append(args, defaultTenant, id, base64.StdEncoding.EncodeToString(old.Seal("credentials.totp:"+id, []byte("12345678901234567890"))))
		}
		if _, err := owner.NewRaw("INSERT INTO credentials (id, tenant_id, user_id, kind, secret) VALUES "+strings.Join(values, ", "), args...).Exec(ctx); err != nil {
			t.Fatal(err)
		}
	}
	var wg sync.WaitGroup
	// Two instances, and somebody whose app changes meanwhile.
	for range 2 {
		wg.Go(func() {
			if _, err := v.store(both).Reseal(ctx, v.now.Now().Add(time.Minute)); err != nil {
				t.Errorf("reseal: %v", err)
			}
		})
	}
	wg.Go(func() {
		for _, id := range ids[:100] {
			fresh := base64.StdEncoding.EncodeToString(both.Seal("credentials.totp:"+id, []byte("a younger secret....")))
			if _, err := owner.NewRaw("UPDATE credentials SET secret = ? WHERE user_id = ?", fresh, id).Exec(ctx); err != nil {
				t.Error(err)
			}
		}
	})
	wg.Wait()
	var younger int
	for _, id := range ids {
		var text string
		if err := owner.NewRaw("SELECT secret FROM credentials WHERE user_id = ?", id).Scan(ctx, &text); err != nil {
			t.Fatal(err)
		}
		raw, _ := base64.StdEncoding.DecodeString(text)
		value, err := boxOf(t, 8).Open("credentials.totp:"+id, raw)
		if err != nil {
			t.Fatalf("%s: %v", id, err)
		}
		if string(value) == "a younger secret...." {
			younger++
		}
	}
	if younger != 100 {
		t.Errorf("%d of 100 changes were written over", 100-younger)
	}
}

func TestDamagedValuesHoldNobodyUp(t *testing.T) {
	t.Parallel()
	v := newVault(t)
	owner, both := v.db.Owner(t), boxOf(t, 8, 7)
	if _, err := owner.NewRaw("UPDATE signing_keys SET private_key = private_key || 'x'").Exec(t.Context()); err != nil {
		t.Fatal(err)
	}
	n, err := v.store(both).Reseal(t.Context(), v.now.Now().Add(time.Minute))
	if !errors.Is(err, sealed.ErrDamaged) || n != 13 || !strings.Contains(err.Error(), "signing_keys") {
		t.Errorf("sealed %d, %v", n, err)
	}
	if n, err := v.store(both).Reseal(t.Context(), v.now.Now()); n != 0 || err != nil {
		t.Errorf("with no time: %d, %v", n, err)
	}
}

func TestReencryptionJobSaysWhenAKeyMayBeDropped(t *testing.T) {
	t.Parallel()
	v := newVault(t)
	run := func(b *seal.Box) (job.Result, error) {
		r := keyjobs.Reencrypter{Sealed: v.store(b), Box: b, Clock: v.now, Log: slog.New(slog.DiscardHandler)}
		r.Register(prometheus.NewRegistry())
		return runner(t, v.db).Run(t.Context(), r.Job(), journal.Cause{})
	}
	says := func(b *seal.Box, outcome job.Outcome, words ...string) {
		t.Helper()
		result, err := run(b)
		for _, word := range words {
			if said := result.Summary; result.Outcome != outcome || (err == nil) != (outcome != job.Failed) || !strings.Contains(said, word) && (err == nil || !strings.Contains(err.Error(), word)) {
				t.Errorf("got %+v, %v, want %s with %q", result, err, outcome, word)
			}
		}
	}
	says(boxOf(t, 7), job.NotDue, "")
	says(boxOf(t, 8), job.Failed, "dropped too early", boxOf(t, 7).Keys()[0].String())
	both := boxOf(t, 8, 7)
	says(both, job.Succeeded, "sealed 15 values anew", "flows.challenge 1 under "+boxOf(t, 7).Keys()[0].String())
	v.now.Advance(25 * time.Hour)
	says(both, job.Succeeded, "0 under older ones, which may be dropped")
	says(boxOf(t, 8), job.NotDue, "")
}

func TestStartNamesTheKeyThatIsMissing(t *testing.T) {
	t.Parallel()
	v := newVault(t)
	for fill, complains := range map[byte]bool{7: false, 8: true} {
		var log bytes.Buffer
		b := boxOf(t, fill)
		r := keyjobs.Reencrypter{Sealed: v.store(b), Box: b, Clock: v.now, Log: slog.New(slog.NewTextHandler(&log, nil))}
		r.Check(t.Context())
		if got := strings.Contains(log.String(), "level=ERROR"); got != complains || complains && !strings.Contains(log.String(), boxOf(t, 7).Keys()[0].String()) {
			t.Errorf("with key %d: %s", fill, log.String())
		}
	}
}
