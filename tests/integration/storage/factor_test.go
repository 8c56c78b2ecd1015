package storage_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/pquerna/otp/totp"
	"github.com/uptrace/bun"

	"github.com/authway/authway/shared/account"
	"github.com/authway/authway/shared/clock"
	"github.com/authway/authway/shared/factor"
	"github.com/authway/authway/shared/seal"
	"github.com/authway/authway/tests/harness"
)

// phone is an account with an authenticator app.
type phone struct {
	t     *testing.T
	db    harness.Database
	login *bun.DB
	now   *clock.Fixed
	store factor.Store
	user  account.User
	owner factor.Owner
	key   string
}

func aPhone(t *testing.T) *phone {
	t.Helper()
	p := &phone{t: t, db: harness.NewDatabase(t), now: clock.NewFixed(noon)}
	p.login = p.db.As(t, "login")
	p.store = factor.Store{DB: p.login, Box: box(t), Clock: p.now}
	p.user = addUser(t, p.login, "ada@example.org")
	p.owner = factor.Owner{TenantID: p.user.TenantID, UserID: p.user.ID}
	return p
}

// enrolled has an app that was confirmed by a code of now, and recovery codes.
func enrolled(t *testing.T) *phone {
	t.Helper()
	p := aPhone(t)
	p.begin("flow")
	if result, err := p.store.Confirm(t.Context(), p.user.ID, "flow", p.code(0)); err != nil || !result.Right {
		t.Fatalf("confirm: %+v, %v", result, err)
	}
	if err := p.store.IssueCodes(t.Context(), p.owner); err != nil {
		t.Fatal(err)
	}
	return p
}

func (p *phone) begin(within string) {
	p.t.Helper()
	e, err := p.store.Begin(p.t.Context(), p.owner, within, "id.example.org", p.user.Email)
	if err != nil {
		p.t.Fatal(err)
	}
	p.key = strings.ReplaceAll(e.Secret, " ", "")
}

// code is the app's, so much later.
func (p *phone) code(later time.Duration) string {
	p.t.Helper()
	code, err := totp.GenerateCode(p.key, p.now.Now().Add(later))
	if err != nil {
		p.t.Fatal(err)
	}
	return code
}

// wrong is six digits that are no code around now.
func (p *phone) wrong() string {
	p.t.Helper()
	for _, code := range []string{"000000", "111111", "222222", "333333"} {
		if code != p.code(-30*time.Second) && code != p.code(0) && code != p.code(30*time.Second) {
			return code
		}
	}
	p.t.Fatal("every code is right")
	return ""
}

func (p *phone) check(text string) (result factor.Result) {
	p.t.Helper()
	err := p.login.RunInTx(p.t.Context(), nil, func(ctx context.Context, tx bun.Tx) (err error) {
		result, err = p.store.In(tx).Check(ctx, p.user.ID, text)
		return err
	})
	if err != nil {
		p.t.Errorf("check: %v", err)
	}
	return result
}

// atOnce checks one code 50 times at once and counts how often it was right.
func (p *phone) atOnce(text string) int64 {
	var right atomic.Int64
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			if result := p.check(text); result.Right {
				right.Add(1)
			} else if !result.Replayed {
				p.t.Errorf("got %+v", result)
			}
		})
	}
	wg.Wait()
	return right.Load()
}

func TestAppCountsOnceItIsConfirmed(t *testing.T) {
	t.Parallel()
	p := aPhone(t)
	p.begin("flow")
	first := p.key
	if p.begin("flow"); p.key != first {
		t.Error("the same enrolment shows another key when it is looked at again")
	}
	if e, err := p.store.Of(t.Context(), p.user.ID); err != nil || e.Any() {
		t.Errorf("before it is confirmed: %+v, %v", e, err)
	}
	if result := p.check(p.code(0)); result.Right {
		t.Error("a key that was never confirmed signs in")
	}
	if result, err := p.store.Confirm(t.Context(), p.user.ID, "flow", p.wrong()); err != nil || result.Right {
		t.Errorf("a wrong code confirms: %+v, %v", result, err)
	}
	if _, err := p.store.Confirm(t.Context(), p.user.ID, "another flow", p.code(0)); !errors.Is(err, factor.ErrNotBegun) {
		t.Errorf("confirmed where it was not begun: %v", err)
	}
	code := p.code(0)
	if result, err := p.store.Confirm(t.Context(), p.user.ID, "flow", code); err != nil || !result.Right {
		t.Errorf("the right code: %+v, %v", result, err)
	}
	if e, err := p.store.Of(t.Context(), p.user.ID); err != nil || !e.Any() {
		t.Errorf("after it is confirmed: %+v, %v", e, err)
	}
	if result := p.check(code); result.Right || !result.Replayed {
		t.Errorf("the code that confirmed it signs in too: %+v", result)
	}
	if _, err := p.store.Begin(t.Context(), p.owner, "a third", "x", "y"); !errors.Is(err, factor.ErrEnrolled) {
		t.Errorf("a confirmed key was replaced: %v", err)
	}
}

func TestAnotherEnrolmentHasAnotherKey(t *testing.T) {
	t.Parallel()
	p := aPhone(t)
	p.begin("somebody else's")
	seen := p.code(0)
	first := p.key
	if p.begin("flow"); p.key == first {
		t.Fatal("the key that another sign-in has shown is shown again")
	}
	if result, err := p.store.Confirm(t.Context(), p.user.ID, "flow", seen); err != nil || result.Right {
		t.Errorf("the former key confirms: %+v, %v", result, err)
	}
	if _, err := p.store.Confirm(t.Context(), p.user.ID, "somebody else's", p.code(0)); !errors.Is(err, factor.ErrNotBegun) {
		t.Errorf("the former enrolment goes on: %v", err)
	}
}

func TestEnrolmentsAtOnceShowOneKey(t *testing.T) {
	t.Parallel()
	p := aPhone(t)
	var keys sync.Map
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			e, err := p.store.Begin(t.Context(), p.owner, "flow", "id.example.org", p.user.Email)
			if err != nil {
				t.Errorf("begin: %v", err)
			}
			keys.Store(e.Secret, true)
		})
	}
	wg.Wait()
	n := 0
	for range keys.Range {
		n++
	}
	if n != 1 {
		t.Errorf("%d keys were shown", n)
	}
}

func TestOneCodeCountsOnce(t *testing.T) {
	t.Parallel()
	p := enrolled(t)
	p.now.Advance(time.Minute)
	if n := p.atOnce(p.code(0)); n != 1 {
		t.Errorf("one code of the app was right %d times", n)
	}
	if result := p.check(p.code(-30 * time.Second)); result.Right {
		t.Error("an older code counts after a younger one")
	}
	if result := p.check(p.code(30 * time.Second)); !result.Right {
		t.Errorf("the next code: %+v", result)
	}
	codes, err := p.store.UnreadCodes(t.Context(), p.user.ID)
	if err != nil || len(codes) != 10 {
		t.Fatalf("%d codes, %v", len(codes), err)
	}
	if n := p.atOnce(codes[3]); n != 1 {
		t.Errorf("one recovery code was right %d times", n)
	}
	if e, err := p.store.Of(t.Context(), p.user.ID); err != nil || e.CodesLeft != 9 {
		t.Errorf("%+v are left, %v", e, err)
	}
}

func TestRecoveryCodes(t *testing.T) {
	t.Parallel()
	p := enrolled(t)
	codes, err := p.store.UnreadCodes(t.Context(), p.user.ID)
	if err != nil || len(codes) != 10 {
		t.Fatalf("%v, %v", codes, err)
	}
	if again, err := p.store.UnreadCodes(t.Context(), p.user.ID); err != nil || strings.Join(again, " ") != strings.Join(codes, " ") {
		t.Errorf("looked at again, the codes are others: %v, %v", again, err)
	}
	if result := p.check(" " + strings.ToLower(strings.ReplaceAll(codes[0], "-", " ")) + " "); !result.Right || result.Left != 9 {
		t.Errorf("in lower case with spaces: %+v", result)
	}
	if result := p.check(codes[0]); result.Right || !result.Replayed {
		t.Errorf("used a second time: %+v", result)
	}
	p.now.Advance(time.Hour)
	if result := p.check(codes[0]); result.Right || result.Replayed {
		t.Errorf("used a second time, later: %+v", result)
	}
	if _, err := p.store.KeptCodes(t.Context(), p.user.ID); err != nil {
		t.Fatal(err)
	}
	if shown, err := p.store.UnreadCodes(t.Context(), p.user.ID); err != nil || len(shown) != 0 {
		t.Errorf("kept codes can be shown again: %v, %v", shown, err)
	}
	if result := p.check(codes[1]); !result.Right || result.Left != 8 {
		t.Errorf("a code after they were kept: %+v", result)
	}
	stranger := addUser(t, p.login, "grace@example.org")
	if result, err := p.store.Check(t.Context(), stranger.ID, codes[2]); err != nil || result.Right {
		t.Errorf("the code of somebody else: %+v, %v", result, err)
	}
	if err := p.store.IssueCodes(t.Context(), p.owner); err != nil {
		t.Fatal(err)
	}
	if result := p.check(codes[2]); result.Right {
		t.Error("a code of the former set counts")
	}
}

func TestFactorsKeepNothingReadable(t *testing.T) {
	t.Parallel()
	p := enrolled(t)
	codes, err := p.store.UnreadCodes(t.Context(), p.user.ID)
	if err != nil {
		t.Fatal(err)
	}
	var rows []string
	if err := p.db.Owner(t).NewRaw("SELECT credentials::text FROM credentials").Scan(t.Context(), &rows); err != nil {
		t.Fatal(err)
	}
	all := strings.Join(rows, "\n")
	secrets := append([]string{p.key}, codes...)
	for _, code := range codes {
		secrets = append(secrets, strings.ReplaceAll(code, "-", ""))
	}
	for _, secret := range secrets {
		if strings.Contains(strings.ToUpper(all), secret) {
			t.Errorf("a row shows %q", secret)
		}
	}
	stranger := addUser(t, p.login, "grace@example.org")
	if _, err := p.db.Owner(t).NewRaw("UPDATE credentials SET user_id = ? WHERE kind = 'totp'", stranger.ID).Exec(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.now.Advance(time.Minute)
	if result, err := p.store.Check(t.Context(), stranger.ID, p.code(0)); err == nil || result.Right {
		t.Errorf("a key that was moved to another account opens: %+v", result)
	}
}

func TestGuessingIsStopped(t *testing.T) {
	t.Parallel()
	p := enrolled(t)
	p.now.Advance(time.Minute)
	codes, err := p.store.UnreadCodes(t.Context(), p.user.ID)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 9 {
		if result := p.check(p.wrong()); result.Right || result.Rest != 0 || result.Locked {
			t.Fatalf("wrong code %d: %+v", i+1, result)
		}
	}
	if result := p.check(p.wrong()); result.Rest != time.Minute || !result.Locked {
		t.Errorf("the tenth wrong code: %+v", result)
	}
	p.now.Advance(20 * time.Second)
	if result := p.check(p.code(0)); result.Right || result.Rest != 40*time.Second || result.Locked {
		t.Errorf("the right code while the factor rests: %+v", result)
	}
	if result := p.check("not a code"); result.Right || result.Rest != 0 {
		t.Errorf("what is no code: %+v", result)
	}
	if result := p.check(codes[0]); !result.Right {
		t.Errorf("a recovery code while the app rests: %+v", result)
	}
	p.now.Advance(40 * time.Second)
	if result := p.check(p.wrong()); result.Rest != 2*time.Minute || result.Locked {
		t.Errorf("the eleventh: %+v", result)
	}
	p.now.Advance(2 * time.Minute)
	if result := p.check(p.code(0)); !result.Right {
		t.Errorf("the right code after the rest: %+v", result)
	}
	if result := p.check(p.wrong()); result.Rest != 0 {
		t.Errorf("a right code did not begin the count anew: %+v", result)
	}
}

func TestGuessesAtOnceAreCountedOneByOne(t *testing.T) {
	t.Parallel()
	p := enrolled(t)
	p.now.Advance(time.Minute)
	var looked atomic.Int64
	var wg sync.WaitGroup
	wrong := p.wrong()
	for range 50 {
		wg.Go(func() {
			if result := p.check(wrong); result.Rest == 0 || result.Locked {
				looked.Add(1)
			}
		})
	}
	wg.Wait()
	if looked.Load() != 10 {
		t.Errorf("%d guesses of 50 were looked at", looked.Load())
	}
}

func TestRemovedFactorsAreGone(t *testing.T) {
	t.Parallel()
	p := enrolled(t)
	if removed, err := p.store.Remove(t.Context(), p.user.ID); !removed || err != nil {
		t.Fatalf("%v, %v", removed, err)
	}
	if e, err := p.store.Of(t.Context(), p.user.ID); err != nil || len(e.Kinds) != 0 {
		t.Errorf("left: %+v, %v", e, err)
	}
	if removed, err := p.store.Remove(t.Context(), p.user.ID); removed || err != nil {
		t.Errorf("again: %v, %v", removed, err)
	}
	p.begin("flow")
}

func TestUsedKeysAreSealedUnderTheNewestMasterKey(t *testing.T) {
	t.Parallel()
	p := enrolled(t)
	old := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{7}, 32))
	next := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{8}, 32))
	for _, keys := range [][]string{{next, old}, {next}} {
		box, err := seal.New(keys)
		if err != nil {
			t.Fatal(err)
		}
		p.store.Box = box
		p.now.Advance(time.Minute)
		if result := p.check(p.code(0)); !result.Right {
			t.Errorf("with %d master keys: %+v", len(keys), result)
		}
	}
}

func TestFactorOfAnotherTenantIsRefused(t *testing.T) {
	t.Parallel()
	p := aPhone(t)
	if _, err := p.store.Begin(t.Context(), factor.Owner{TenantID: uuid.New(), UserID: p.user.ID}, "flow", "x", "y"); err == nil {
		t.Error("a factor was attached across tenants")
	}
}
