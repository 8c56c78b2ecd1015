package storage_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"github.com/authway/authway/shared/clock"
	"github.com/authway/authway/shared/flow"
	"github.com/authway/authway/shared/proof"
	"github.com/authway/authway/tests/harness"
)

// proving is a store with a flow to prove something in.
type proving struct {
	t     *testing.T
	db    *bun.DB
	now   *clock.Fixed
	store proof.Store
	flow  string
}

func beginProving(t *testing.T) (proving, harness.Database) {
	t.Helper()
	database := harness.NewDatabase(t)
	db, now := database.As(t, "login"), clock.NewFixed(noon)
	begun, err := flow.Store{DB: db, Box: box(t), Clock: now}.Begin(t.Context(), aFlow("challenge", "https://x/?state=1"), "browser")
	if err != nil {
		t.Fatal(err)
	}
	return proving{t: t, db: db, now: now, store: proof.Store{Box: box(t), Clock: now}, flow: begun.ID}, database
}

func (p proving) request() proof.Request {
	return proof.Request{
		TenantID: defaultTenant, FlowID: p.flow, Purpose: proof.VerifyEmail, Address: "ada@example.org", Data: []byte("the-data"),
	}
}

func (p proving) issue(q proof.Request) proof.Issued {
	p.t.Helper()
	issued, err := p.store.Issue(p.t.Context(), p.db, q)
	if err != nil {
		p.t.Fatal(err)
	}
	return issued
}

// in runs do in a transaction that is committed even when the proof is refused.
func (p proving) in(do func(context.Context, bun.IDB) (proof.Proof, error)) (used proof.Proof, refused error) {
	err := p.db.RunInTx(p.t.Context(), nil, func(ctx context.Context, tx bun.Tx) error {
		if used, refused = do(ctx, tx); !proof.Refused(refused) {
			return refused
		}
		return nil
	})
	return used, errors.Join(err, refused)
}

func (p proving) code(code string) (proof.Proof, error) {
	return p.in(func(ctx context.Context, tx bun.IDB) (proof.Proof, error) {
		return p.store.UseCode(ctx, tx, p.flow, proof.VerifyEmail, code)
	})
}

func (p proving) link(token string) (proof.Proof, error) {
	return p.in(func(ctx context.Context, tx bun.IDB) (proof.Proof, error) { return p.store.UseLink(ctx, tx, token) })
}

func wrongOf(code string) string {
	if code == "00000000" {
		return "00000001"
	}
	return "00000000"
}

func TestProofIsUsedOnceByFiftyTries(t *testing.T) {
	t.Parallel()
	p, _ := beginProving(t)
	issued := p.issue(p.request())
	var used atomic.Int64
	var wg sync.WaitGroup
	for i := range 50 {
		wg.Go(func() {
			try := func() (proof.Proof, error) { return p.code(issued.Code) }
			if i%2 == 0 {
				try = func() (proof.Proof, error) { return p.link(issued.Link) }
			}
			got, err := try()
			switch {
			case err == nil && string(got.Data) == "the-data":
				used.Add(1)
			case !errors.Is(err, proof.ErrUsed):
				t.Errorf("got %+v, %v", got, err)
			}
		})
	}
	wg.Wait()
	if used.Load() != 1 {
		t.Errorf("used %d times", used.Load())
	}
	found, err := p.store.ByFlow(t.Context(), p.db, p.flow, proof.VerifyEmail)
	if err != nil || found.UsedAt == nil || found.Data != nil {
		t.Errorf("got %+v, %v", found, err)
	}
}

func TestProofIsTakenOnceByFiftyTries(t *testing.T) {
	t.Parallel()
	p, _ := beginProving(t)
	issued := p.issue(p.request())
	if err := p.store.Take(t.Context(), p.db, issued.ID); !errors.Is(err, proof.ErrUsed) {
		t.Errorf("before it was used: %v", err)
	}
	if _, err := p.link(issued.Link); err != nil {
		t.Fatal(err)
	}
	var taken atomic.Int64
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			switch err := p.store.Take(t.Context(), p.db, issued.ID); {
			case err == nil:
				taken.Add(1)
			case !errors.Is(err, proof.ErrUsed):
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if taken.Load() != 1 {
		t.Errorf("taken %d times", taken.Load())
	}
}

func TestUsedProofDoesNotWaitForEver(t *testing.T) {
	t.Parallel()
	p, _ := beginProving(t)
	issued := p.issue(p.request())
	used, err := p.link(issued.Link)
	if err != nil || !used.Waits(p.now.Now()) {
		t.Fatalf("got %+v, %v", used, err)
	}
	p.now.Advance(proof.Lifetime)
	if used.Waits(p.now.Now()) {
		t.Error("it waits for longer than its lifetime")
	}
	if err := p.store.Take(t.Context(), p.db, issued.ID); !errors.Is(err, proof.ErrUsed) {
		t.Errorf("got %v", err)
	}
}

func TestFiveWrongCodesEndACode(t *testing.T) {
	t.Parallel()
	p, _ := beginProving(t)
	issued := p.issue(p.request())
	var wrong, expired atomic.Int64
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			switch _, err := p.code(wrongOf(issued.Code)); {
			case errors.Is(err, proof.ErrWrong):
				wrong.Add(1)
			case errors.Is(err, proof.ErrExpired):
				expired.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if wrong.Load() != proof.MaxAttempts || expired.Load() != 45 {
		t.Errorf("%d tries were looked at, %d were not", wrong.Load(), expired.Load())
	}
	if _, err := p.code(issued.Code); !errors.Is(err, proof.ErrExpired) {
		t.Errorf("the right code after five wrong ones: %v", err)
	}
	if _, err := p.link(issued.Link); err != nil {
		t.Errorf("guessed codes took the link away: %v", err)
	}
}

func TestProofExpires(t *testing.T) {
	t.Parallel()
	p, _ := beginProving(t)
	issued := p.issue(p.request())
	p.now.Advance(proof.Lifetime)
	if _, err := p.code(issued.Code); !errors.Is(err, proof.ErrExpired) {
		t.Errorf("by code: %v", err)
	}
	if _, err := p.link(issued.Link); !errors.Is(err, proof.ErrExpired) {
		t.Errorf("by link: %v", err)
	}
	if _, err := p.link("made up"); !errors.Is(err, proof.ErrUnknown) {
		t.Errorf("a made-up link: %v", err)
	}
}

func TestResendWaitsAndReplaces(t *testing.T) {
	t.Parallel()
	p, _ := beginProving(t)
	former := p.issue(p.request())
	for sends := 1; sends < proof.MaxSends; sends++ {
		if _, err := p.store.Resend(t.Context(), p.db, former.ID, uuid.Nil, false); !errors.Is(err, proof.ErrEarly) {
			t.Fatalf("at once after %d sends: %v", sends, err)
		}
		p.now.Advance(time.Duration(sends) * 30 * time.Second)
		if _, err := p.code(wrongOf(former.Code)); !errors.Is(err, proof.ErrWrong) {
			t.Fatal(err)
		}
		issued, err := p.store.Resend(t.Context(), p.db, former.ID, uuid.Nil, false)
		if err != nil || !issued.Sent || issued.Sends != sends+1 || issued.Link == former.Link {
			t.Fatalf("got %+v, %v", issued, err)
		}
		if _, err := p.link(former.Link); !errors.Is(err, proof.ErrUnknown) {
			t.Errorf("the former link: %v", err)
		}
		former = issued
	}
	p.now.Advance(proof.Lifetime - time.Second)
	if _, err := p.store.Resend(t.Context(), p.db, former.ID, uuid.Nil, false); !errors.Is(err, proof.ErrEarly) {
		t.Errorf("a sixth time: %v", err)
	}
	used, err := p.code(former.Code)
	if err != nil || string(used.Data) != "the-data" || used.UsedBy != proof.ByCode {
		t.Errorf("the last code: %+v, %v", used, err)
	}
	if _, err := p.store.Resend(t.Context(), p.db, former.ID, uuid.Nil, false); !errors.Is(err, proof.ErrUsed) {
		t.Errorf("after it was used: %v", err)
	}
}

func TestIssuingAgainKeepsWhatIsOnItsWay(t *testing.T) {
	t.Parallel()
	p, _ := beginProving(t)
	first := p.issue(p.request())
	again := p.request()
	again.Data = []byte("newer data")
	if second := p.issue(again); second.Sent || second.ID != first.ID {
		t.Errorf("a second mail is sent at once: %+v", second)
	}
	other := p.request()
	other.Address = "grace@example.org"
	third := p.issue(other)
	if !third.Sent || third.Sends != 1 {
		t.Errorf("another address: %+v", third)
	}
	if _, err := p.link(first.Link); !errors.Is(err, proof.ErrUnknown) {
		t.Errorf("the link to the former address: %v", err)
	}
	used, err := p.code(third.Code)
	if err != nil || used.Address != "grace@example.org" || string(used.Data) != "the-data" {
		t.Errorf("got %+v, %v", used, err)
	}
	if fourth := p.issue(p.request()); !fourth.Sent {
		t.Error("after it was used, none is sent")
	} else if used, err := p.code(fourth.Code); err != nil || string(used.Data) != "the-data" {
		t.Errorf("got %+v, %v", used, err)
	}
}

func TestDecoyLooksLikeAProofAndIsNone(t *testing.T) {
	t.Parallel()
	p, _ := beginProving(t)
	q := p.request()
	q.Decoy = true
	issued := p.issue(q)
	if !issued.Sent {
		t.Error("nothing would be sent")
	}
	if _, err := p.code(issued.Code); !errors.Is(err, proof.ErrWrong) {
		t.Errorf("its code: %v", err)
	}
	if _, err := p.link(issued.Link); !errors.Is(err, proof.ErrUnknown) {
		t.Errorf("its link: %v", err)
	}
}

func TestProofKeepsNothingReadable(t *testing.T) {
	t.Parallel()
	p, database := beginProving(t)
	issued := p.issue(p.request())
	var text string
	err := database.Owner(t).NewRaw("SELECT proofs::text || encode(data, 'escape') || encode(code_hash, 'escape') FROM proofs").Scan(t.Context(), &text)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{issued.Code, issued.Link, "the-data"} {
		if strings.Contains(text, secret) {
			t.Errorf("the row shows %q", secret)
		}
	}
}

func TestProofBelongsToAnAccountOfItsTenant(t *testing.T) {
	t.Parallel()
	p, database := beginProving(t)
	issued := p.issue(p.request())
	u := addUser(t, p.db, "ada@example.org")
	if err := p.store.Belongs(t.Context(), p.db, issued.ID, u.ID); err != nil {
		t.Fatal(err)
	}
	found, err := p.store.ByFlow(t.Context(), p.db, p.flow, proof.VerifyEmail)
	if err != nil || found.UserID != u.ID {
		t.Errorf("got %+v, %v", found, err)
	}
	if _, err := database.Owner(t).NewRaw("INSERT INTO tenants (id, slug, name) VALUES (?, 'acme', 'Acme')", uuid.New()).Exec(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := database.Owner(t).NewRaw("UPDATE proofs SET tenant_id = (SELECT id FROM tenants WHERE slug = 'acme')").Exec(t.Context()); err == nil {
		t.Error("a proof names an account of another tenant")
	}
}

func TestRevokeEndsAnAccountsOtherProofs(t *testing.T) {
	t.Parallel()
	p, _ := beginProving(t)
	u := addUser(t, p.db, "ada@example.org")
	flows := flow.Store{DB: p.db, Box: box(t), Clock: p.now}
	var all []proof.Issued
	for _, challenge := range []string{"done", "used", "living"} {
		begun, err := flows.Begin(t.Context(), aFlow(challenge, "https://x/?state="+challenge), "browser")
		if err != nil {
			t.Fatal(err)
		}
		q := p.request()
		q.FlowID, q.Purpose, q.UserID = begun.ID, proof.Recover, u.ID
		all = append(all, p.issue(q))
	}
	for _, issued := range all[:2] {
		if _, err := p.link(issued.Link); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.store.Revoke(t.Context(), p.db, u.ID, proof.Recover, all[0].ID); err != nil {
		t.Fatal(err)
	}
	if err := p.store.Take(t.Context(), p.db, all[0].ID); err != nil {
		t.Errorf("the one that did it: %v", err)
	}
	if err := p.store.Take(t.Context(), p.db, all[1].ID); !errors.Is(err, proof.ErrUsed) {
		t.Errorf("one that had been used: %v", err)
	}
	if _, err := p.link(all[2].Link); !errors.Is(err, proof.ErrExpired) {
		t.Errorf("one that had not: %v", err)
	}
}
