package storage_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"github.com/authway/authway/shared/clock"
	"github.com/authway/authway/shared/flow"
	"github.com/authway/authway/shared/oauth2"
	"github.com/authway/authway/tests/harness"
)

func aFlow(challenge, request string) flow.Flow {
	hash := oauth2.ParseRequest(request).Hash()
	return flow.Flow{TenantID: defaultTenant, ClientID: "app", Challenge: challenge, RequestURL: request, RequestHash: hash[:]}
}

func TestFlowIsBoundToItsBrowser(t *testing.T) {
	t.Parallel()
	store := flow.Store{DB: harness.NewDatabase(t).As(t, "login"), Box: box(t), Clock: clock.NewFixed(noon)}
	begun, err := store.Begin(t.Context(), aFlow("challenge", "https://x/oauth2/auth?state=1"), "browser")
	if err != nil || begun.Challenge != "challenge" || begun.RequestURL != "https://x/oauth2/auth?state=1" {
		t.Fatalf("got %+v, %v", begun, err)
	}
	again, err := store.Begin(t.Context(), aFlow("challenge", "https://x/oauth2/auth?state=1"), "browser")
	if err != nil || again.ID != begun.ID {
		t.Errorf("the same challenge is another flow: %v", err)
	}
	if _, err := store.Begin(t.Context(), aFlow("challenge", "https://x/oauth2/auth"), "stranger"); !errors.Is(err, flow.ErrOtherBrowser) {
		t.Errorf("begin in another browser: %v", err)
	}
	if _, err := store.ByID(t.Context(), begun.ID, "stranger"); !errors.Is(err, flow.ErrOtherBrowser) {
		t.Errorf("by id in another browser: %v", err)
	}
	if _, err := store.ByID(t.Context(), "nobody", "browser"); !errors.Is(err, flow.ErrUnknown) {
		t.Errorf("an unknown id: %v", err)
	}
}

func TestFlowKeepsNothingReadable(t *testing.T) {
	t.Parallel()
	db := harness.NewDatabase(t)
	store := flow.Store{DB: db.As(t, "login"), Box: box(t), Clock: clock.NewFixed(noon)}
	if _, err := store.Begin(t.Context(), aFlow("the-challenge", "https://x/?login_hint=ada@example.org"), "the-browser"); err != nil {
		t.Fatal(err)
	}
	var text string
	if err := db.Owner(t).NewRaw("SELECT flows::text || encode(challenge, 'escape') || encode(request_url, 'escape') FROM flows").
		Scan(t.Context(), &text); err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"the-challenge", "ada@example.org", "the-browser"} {
		if contains(text, secret) {
			t.Errorf("the row shows %q", secret)
		}
	}
}

func TestFlowsOfOneApplicationSupersedeEachOther(t *testing.T) {
	t.Parallel()
	now := clock.NewFixed(noon)
	store := flow.Store{DB: harness.NewDatabase(t).As(t, "login"), Box: box(t), Clock: now}
	begin := func(challenge, browser, client string) flow.Flow {
		t.Helper()
		now.Advance(time.Second)
		f := aFlow(challenge, "https://x/?state="+challenge)
		f.ClientID = client
		begun, err := store.Begin(t.Context(), f, browser)
		if err != nil {
			t.Fatal(err)
		}
		return begun
	}
	first := begin("1", "browser", "app")
	begin("2", "browser", "other app")
	begin("3", "other browser", "app")
	if superseded, err := store.Superseded(t.Context(), first, "browser", false); superseded || err != nil {
		t.Errorf("superseded by another application's or browser's flow: %v, %v", superseded, err)
	}
	second := begin("4", "browser", "app")
	if superseded, err := store.Superseded(t.Context(), first, "browser", false); !superseded || err != nil {
		t.Errorf("the first tab: %v, %v", superseded, err)
	}
	if superseded, err := store.Superseded(t.Context(), second, "browser", false); superseded || err != nil {
		t.Errorf("the second tab: %v, %v", superseded, err)
	}
	if superseded, err := store.Superseded(t.Context(), second, "browser", true); !superseded || err != nil {
		t.Errorf("a tab whose place is not known: %v, %v", superseded, err)
	}
	// A younger tab that has been finished has replaced the cookie all the same.
	if err := store.ReachedConsent(t.Context(), first.ID, "consent"); err != nil {
		t.Fatal(err)
	}
	if superseded, err := store.Superseded(t.Context(), second, "browser", true); !superseded || err != nil {
		t.Errorf("beside a finished tab: %v, %v", superseded, err)
	}
	now.Advance(time.Hour)
	late := begin("5", "browser", "app")
	if superseded, err := store.Superseded(t.Context(), late, "browser", true); superseded || err != nil {
		t.Errorf("flows that Hydra has forgotten count: %v, %v", superseded, err)
	}
}

func TestFirstAskedForgetsFinishedFlows(t *testing.T) {
	t.Parallel()
	now := clock.NewFixed(noon)
	db := harness.NewDatabase(t)
	store := flow.Store{DB: db.As(t, "login"), Box: box(t), Clock: now}
	begin := func(challenge, query string) flow.Flow {
		t.Helper()
		now.Advance(time.Minute)
		begun, err := store.Begin(t.Context(), aFlow(challenge, "https://x/?state=1"+query), "browser")
		if err != nil {
			t.Fatal(err)
		}
		return begun
	}
	first := begin("1", "")
	round := begin("2", "&prompt=login")
	asked, err := store.FirstAsked(t.Context(), round, "browser")
	if err != nil || !asked.Equal(first.CreatedAt) {
		t.Errorf("sent round again: asked %v, want %v, %v", asked, first.CreatedAt, err)
	}
	if err := store.ReachedConsent(t.Context(), round.ID, "consent"); err != nil {
		t.Fatal(err)
	}
	later := begin("3", "&prompt=login")
	asked, err = store.FirstAsked(t.Context(), later, "browser")
	if err != nil || !asked.Equal(later.CreatedAt) {
		t.Errorf("a request that was repeated after its end counts as asked at %v, want %v, %v", asked, later.CreatedAt, err)
	}
}

func TestConsentFindsItsFlow(t *testing.T) {
	t.Parallel()
	db := harness.NewDatabase(t)
	now := clock.NewFixed(noon)
	login := flow.Store{DB: db.As(t, "login"), Box: box(t), Clock: now}
	consent := flow.Store{DB: db.As(t, "consent"), Box: box(t), Clock: now}
	begun, err := login.Begin(t.Context(), aFlow("login", "https://x/?state=1"), "browser")
	if err != nil {
		t.Fatal(err)
	}
	if err := consent.ReachedConsent(t.Context(), begun.ID, "consent"); err != nil {
		t.Fatal(err)
	}
	found, err := consent.ByConsent(t.Context(), "consent")
	if err != nil || found.ID != begun.ID || found.CompletedAt == nil {
		t.Errorf("got %+v, %v", found, err)
	}
	now.Advance(flow.Lifetime + time.Second)
	if _, err := consent.ByConsent(t.Context(), "consent"); !errors.Is(err, flow.ErrUnknown) {
		t.Errorf("past its lifetime: %v", err)
	}
}

func TestAnswerIsGivenOnce(t *testing.T) {
	t.Parallel()
	answers := flow.Answers{DB: harness.NewDatabase(t).As(t, "login"), Box: box(t), Clock: clock.System()}
	var given atomic.Int64
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			got, err := answers.Once(t.Context(), "challenge", flow.Unrecorded(func(context.Context) (string, error) {
				given.Add(1)
				return "https://x/?verifier=1", nil
			}))
			if err != nil || got != "https://x/?verifier=1" {
				t.Errorf("got %q, %v", got, err)
			}
		})
	}
	wg.Wait()
	if given.Load() != 1 {
		t.Errorf("Hydra was asked %d times", given.Load())
	}
}

func TestFailedAnswerMayBeTriedAgain(t *testing.T) {
	t.Parallel()
	answers := flow.Answers{DB: harness.NewDatabase(t).As(t, "login"), Box: box(t), Clock: clock.System()}
	_, err := answers.Once(t.Context(), "challenge", flow.Unrecorded(func(context.Context) (string, error) { return "", errDown }))
	if !errors.Is(err, errDown) {
		t.Fatalf("got %v", err)
	}
	got, err := answers.Once(t.Context(), "challenge", flow.Unrecorded(func(context.Context) (string, error) { return "https://x/", nil }))
	if err != nil || got != "https://x/" {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestAnswerOfACallerWhoWasKilledIsTakenOver(t *testing.T) {
	t.Parallel()
	now := clock.NewFixed(noon)
	answers := flow.Answers{DB: harness.NewDatabase(t).As(t, "login"), Box: box(t), Clock: now}
	claimed, die := make(chan struct{}), make(chan struct{})
	var wg sync.WaitGroup
	defer wg.Wait()
	defer close(die)
	wg.Go(func() {
		_, _ = answers.Once(t.Context(), "challenge", flow.Unrecorded(func(context.Context) (string, error) {
			close(claimed)
			<-die
			return "", errDown
		}))
	})
	<-claimed

	impatient, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := answers.Once(impatient, "challenge", nil); err == nil {
		t.Error("a second caller answered while the first was at it")
	}
	now.Advance(time.Minute)
	got, err := answers.Once(t.Context(), "challenge", flow.Unrecorded(func(context.Context) (string, error) { return "https://x/", nil }))
	if err != nil || got != "https://x/" {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestAnswerIsGivenThoughItsCallerHasGone(t *testing.T) {
	t.Parallel()
	answers := flow.Answers{DB: harness.NewDatabase(t).As(t, "login"), Box: box(t), Clock: clock.System()}
	leaving, leave := context.WithCancel(t.Context())
	_, err := answers.Once(leaving, "challenge", flow.Unrecorded(func(ctx context.Context) (string, error) {
		leave()
		return "https://x/", ctx.Err()
	}))
	if err != nil {
		t.Fatal(err)
	}
	if got, found, err := answers.Given(t.Context(), "challenge"); !found || got != "https://x/" || err != nil {
		t.Errorf("got %q, %v, %v", got, found, err)
	}
}

func TestAnswerAndItsRecordAreOne(t *testing.T) {
	t.Parallel()
	answers := flow.Answers{DB: harness.NewDatabase(t).As(t, "login"), Box: box(t), Clock: clock.System()}
	give := func(record error) flow.Give {
		return func(context.Context) (string, func(context.Context, bun.IDB) error, error) {
			return "https://x/", func(context.Context, bun.IDB) error { return record }, nil
		}
	}
	if _, err := answers.Once(t.Context(), "challenge", give(errDown)); !errors.Is(err, errDown) {
		t.Fatalf("got %v", err)
	}
	if _, found, err := answers.Given(t.Context(), "challenge"); found || err != nil {
		t.Errorf("the answer is kept without its record: %v, %v", found, err)
	}
	if got, err := answers.Once(t.Context(), "challenge", give(nil)); got != "https://x/" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestAnswerOfACallerWhoWasTakenOverIsTheOthers(t *testing.T) {
	t.Parallel()
	now := clock.NewFixed(noon)
	answers := flow.Answers{DB: harness.NewDatabase(t).As(t, "login"), Box: box(t), Clock: now}
	got, err := answers.Once(t.Context(), "challenge", flow.Unrecorded(func(ctx context.Context) (string, error) {
		// Slower than its claim lasts: meanwhile another one answers.
		now.Advance(time.Minute)
		if _, err := answers.Once(ctx, "challenge", flow.Unrecorded(func(context.Context) (string, error) { return "https://second/", nil })); err != nil {
			t.Errorf("the second caller: %v", err)
		}
		return "https://first/", nil
	}))
	if err != nil || got != "https://second/" {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestFlowIDsAreCheckedBeforeTheyAreAskedFor(t *testing.T) {
	t.Parallel()
	store := flow.Store{DB: harness.NewDatabase(t).As(t, "login"), Box: box(t), Clock: clock.NewFixed(noon)}
	for _, id := range []string{"", "\x00", "a\x00", "AAAAAAAAAAAAAAAAAAAAAAAAA\x00", "aaaaaaaaaaaaaaaaaaaaaaaaaa", "\xff"} {
		if _, err := store.ByID(t.Context(), id, "browser"); !errors.Is(err, flow.ErrUnknown) {
			t.Errorf("%q: %v", id, err)
		}
	}
}
