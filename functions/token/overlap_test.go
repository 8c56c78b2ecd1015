package token

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/authway/authway/shared/client"
	"github.com/authway/authway/shared/clock"
)

// waits lets a test say when a question is answered.
type waits struct {
	asked  atomic.Int32
	answer chan error
}

func (w *waits) ask(context.Context, time.Time) ([]client.Overlap, error) {
	n := w.asked.Add(1)
	err := <-w.answer
	return []client.Overlap{{ClientID: strings.Repeat("x", int(n))}}, err
}

// until lets others go on until it is so.
func until(t *testing.T, so func() bool) {
	t.Helper()
	for !so() {
		if t.Context().Err() != nil {
			t.Fatal("it never came to be")
		}
		runtime.Gosched()
	}
}

// However many are refused, and however long an answer takes, there are two questions:
// the one under way, and one that has begun since.
func TestTheRefusedShareAQuestion(t *testing.T) {
	t.Parallel()
	w := &waits{answer: make(chan error)}
	o := &overlaps{ask: w.ask, clock: clock.NewFixed(time.Unix(100, 0))}
	var all sync.WaitGroup
	var second atomic.Int32
	all.Go(func() { o.list(t.Context(), overlapsAgain, true) })
	until(t, func() bool { return w.asked.Load() == 1 })
	var under sync.WaitGroup
	for range 100 {
		under.Add(1)
		all.Go(func() {
			a := o.join(true)
			under.Done()
			<-a.done
			if _, since := a.answer.clients["xx"]; since {
				second.Add(1)
			}
		})
	}
	under.Wait()
	w.answer <- nil
	w.answer <- nil
	all.Wait()
	if w.asked.Load() != 2 || second.Load() != 100 {
		t.Errorf("%d questions, and %d have an answer of their time", w.asked.Load(), second.Load())
	}
	// It was answered just now, however long that took.
	if got := o.list(t.Context(), overlapsAgain, true); len(got) != 1 || w.asked.Load() != 2 {
		t.Errorf("it is asked anew: %d", w.asked.Load())
	}
}

func TestAnAnswerIsAsOldAsItsEnd(t *testing.T) {
	t.Parallel()
	now := clock.NewFixed(time.Unix(100, 0))
	var asked atomic.Int32
	o := &overlaps{clock: now, ask: func(context.Context, time.Time) ([]client.Overlap, error) {
		now.Advance(10 * overlapsAgain)
		asked.Add(1)
		return nil, nil
	}}
	o.list(t.Context(), overlapsAgain, true)
	o.list(t.Context(), overlapsAgain, true)
	if asked.Load() != 1 {
		t.Errorf("a slow answer was asked for %d times", asked.Load())
	}
}

func TestWhoLeavesDoesNotWait(t *testing.T) {
	t.Parallel()
	w := &waits{answer: make(chan error, 1)}
	o := &overlaps{ask: w.ask, clock: clock.NewFixed(time.Unix(100, 0))}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if got := o.list(ended, overlapsFor, false); got != nil {
		t.Errorf("who left has %v", got)
	}
	w.answer <- nil
	if got := o.list(t.Context(), overlapsFor, false); len(got) != 1 || w.asked.Load() != 1 {
		t.Errorf("who stayed has %v after %d questions", got, w.asked.Load())
	}
}

func TestAFailedQuestionKeepsWhatWasKnown(t *testing.T) {
	t.Parallel()
	w := &waits{answer: make(chan error, 2)}
	now := clock.NewFixed(time.Unix(100, 0))
	o := &overlaps{ask: w.ask, clock: now}
	w.answer <- nil
	w.answer <- errors.New("down")
	o.list(t.Context(), overlapsFor, false)
	now.Advance(overlapsFor)
	if got := o.list(t.Context(), overlapsFor, false); len(got) != 1 || w.asked.Load() != 2 {
		t.Errorf("%v is left after %d questions", got, w.asked.Load())
	}
}

// refuses is a Hydra that believes nobody.
type refuses struct{}

func (refuses) RoundTrip(*http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusUnauthorized, Body: http.NoBody}, nil
}

func TestWhoShowsNoSecretCostsNoQuestion(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	o := &overlaps{clock: clock.NewFixed(time.Unix(100, 0)), ask: func(context.Context, time.Time) ([]client.Overlap, error) {
		asked.Add(1)
		return nil, nil
	}}
	for _, body := range []string{"grant_type=client_credentials", "client_id=shop", "z=%zz", ""} {
		request := httptest.NewRequest(http.MethodPost, "http://hydra/oauth2/token", strings.NewReader(body))
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if _, err := (proving{o, refuses{}}).RoundTrip(request); err != nil {
			t.Fatal(err)
		}
	}
	if asked.Load() != 0 {
		t.Errorf("strangers without a secret had %d questions asked", asked.Load())
	}
}

// breaks is a Hydra that breaks off every second connection after it has read.
func breaks(t *testing.T) (address string, got *atomic.Int32) {
	t.Helper()
	got = &atomic.Int32{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.ReadAll(r.Body)
		if got.Add(1)%2 == 1 {
			return
		}
		if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
			_ = conn.Close()
		}
	}))
	t.Cleanup(server.Close)
	return server.URL, got
}

// A code that is shown twice ends everything that came of it.
func TestACodeIsSentOnce(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"Idempotency-Key", "X-Idempotency-Key", ""} {
		address, got := breaks(t)
		to, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		o := &overlaps{clock: clock.NewFixed(time.Unix(100, 0)), ask: func(context.Context, time.Time) ([]client.Overlap, error) { return nil, nil }}
		proxy := passOn(to, o, func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusServiceUnavailable) })
		for range 2 {
			request := httptest.NewRequest(http.MethodPost, "/oauth2/token", strings.NewReader("grant_type=authorization_code&code=x&client_id=shop"))
			request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			if name != "" {
				request.Header.Set(name, "1")
			}
			proxy.ServeHTTP(httptest.NewRecorder(), request)
		}
		if got.Load() != 2 {
			t.Errorf("with %q two codes were sent %d times", name, got.Load())
		}
	}
}
