package storage_test

import (
	"bytes"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/authway/authway/functions/maintenance/breaches"
	"github.com/authway/authway/functions/maintenance/job"
	"github.com/authway/authway/shared/breached"
	"github.com/authway/authway/shared/clock"
	"github.com/authway/authway/shared/journal"
)

// brought is in the list that Authway brings along.
const brought = "correcthorsebatterystaple"

// refresh is the job breached.refresh beside a list.
type refresh struct {
	lists
	now    *clock.Fixed
	runner *job.Runner
	job    job.Job
}

func newRefresh(t *testing.T, address string) refresh {
	t.Helper()
	l := newLists(t)
	r := refresh{lists: l, now: clock.NewFixed(noon)}
	r.runner = runner(t, l.db)
	r.runner.Clock = r.now
	refresher := breaches.Refresher{Store: l.loader, HTTP: breaches.Client(), Clock: r.now}
	if address != "" {
		var err error
		if refresher.Source, err = breaches.ParseSource(address); err != nil {
			t.Fatal(err)
		}
	}
	r.job = refresher.Job()
	return r
}

func (r refresh) run() (job.Result, error) {
	return r.runner.Run(r.t.Context(), r.job, journal.Cause{})
}

func (r refresh) becomes(outcome job.Outcome, summary string) {
	r.t.Helper()
	result, err := r.run()
	if err != nil || result.Outcome != outcome || !strings.Contains(result.Summary, summary) {
		r.t.Errorf("got %+v, %v, want %s with %q", result, err, outcome, summary)
	}
}

func (r refresh) due() bool {
	r.t.Helper()
	due, err := r.job.Due(r.t.Context(), r.now.Now())
	if err != nil {
		r.t.Fatal(err)
	}
	return due
}

func TestRefreshBringsItsOwnListOnce(t *testing.T) {
	t.Parallel()
	r := newRefresh(t, "")
	r.becomes(job.Succeeded, "brings along")
	if !r.contains(brought) || r.contains("correct horse battery") {
		t.Error("the list is not the one that Authway brings along")
	}
	r.becomes(job.NotDue, "")
	r.now.Advance(365 * 24 * time.Hour)
	r.becomes(job.NotDue, "")
	// The sample of an older release.
	owner := r.db.Owner(t)
	if _, err := owner.NewRaw("UPDATE breached_lists SET checksum = decode(repeat('00', 32), 'hex')").Exec(t.Context()); err != nil {
		t.Fatal(err)
	}
	r.becomes(job.Succeeded, "brings along")
	r.becomes(job.NotDue, "")
	// A list that an operator has loaded is not thrown away with its address.
	if err := r.loader.Load(t.Context(), opened(t, bytes.NewReader(filterOf(t, "theirs"))), false, r.now.Now()); err != nil {
		t.Fatal(err)
	}
	r.becomes(job.NotDue, "")
}

func TestRefreshFollowsItsSource(t *testing.T) {
	t.Parallel()
	var list atomic.Pointer[[]byte]
	serve := func(passwords ...string) {
		filter := filterOf(t, passwords...)
		list.Store(&filter)
	}
	serve("first")
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(*list.Load()) }))
	defer server.Close()
	r := newRefresh(t, server.URL)
	r.becomes(job.Succeeded, "loaded a list of 1 passwords")
	if !r.contains("first") || r.contains(brought) {
		t.Error("the list is not the source's")
	}
	for range 6 {
		r.now.Advance(24 * time.Hour)
		if r.due() {
			t.Fatal("due before a week is over")
		}
	}
	r.now.Advance(24 * time.Hour)
	r.becomes(job.Succeeded, "still the youngest")
	r.becomes(job.NotDue, "")
	serve("second")
	r.now.Advance(7 * 24 * time.Hour)
	r.becomes(job.Succeeded, "loaded a list of 1 passwords")
	if r.contains("first") || !r.contains("second") {
		t.Error("the list is not the young one")
	}
}

func TestRefreshReadsAFile(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "list")
	if err := os.WriteFile(name, filterOf(t, "mounted"), 0o600); err != nil {
		t.Fatal(err)
	}
	r := newRefresh(t, "file://"+name)
	r.becomes(job.Succeeded, "loaded a list")
	if !r.contains("mounted") {
		t.Error("the list is not the file's")
	}
}

// Whatever a source does, there is a list, and the one before stays.
func TestRefreshThatFailsLeavesTheListBefore(t *testing.T) {
	t.Parallel()
	filter := filterOf(t, "first")
	answers := map[string]http.HandlerFunc{
		"/gone":     func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusGone) },
		"/page":     func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(bytes.Repeat([]byte("<html>"), 1000)) },
		"/sums":     func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(breached.Sums([]string{"first"}))) },
		"/cut-off":  func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(filter[:len(filter)-1]) },
		"/too-long": func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(append(bytes.Clone(filter), 0)) },
		"/cut-short": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "9999")
			_, _ = w.Write(filter[:500])
		},
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { answers[r.URL.Path](w, r) }))
	defer server.Close()
	for path, says := range map[string]string{
		"/gone": "410 Gone", "/page": "no filter", "/sums": "maintenance breached build", "/cut-off": "damaged", "/too-long": "damaged", "/cut-short": "damaged",
	} {
		r := newRefresh(t, server.URL+path)
		for range 2 {
			result, err := r.run()
			if err == nil || result.Outcome != job.Failed || !strings.Contains(err.Error(), says) {
				t.Errorf("%s: got %+v, %v", path, result, err)
			}
			if !r.contains(brought) || r.contains("first") || !r.due() {
				t.Errorf("%s: the list before is gone, or it is not tried again", path)
			}
		}
		if lists, _ := r.rows(); lists != 1 {
			t.Errorf("%s: %d lists", path, lists)
		}
	}
}

func TestRefreshIsBounded(t *testing.T) {
	t.Parallel()
	stop := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write(filterOf(t, "first")[:100])
		_ = http.NewResponseController(w).Flush()
		select {
		case <-stop:
		case <-r.Context().Done():
		}
	}))
	defer server.Close()
	defer close(stop)
	r := newRefresh(t, server.URL)
	r.job.Deadline = time.Second
	began := time.Now()
	if _, err := r.run(); err == nil || errors.Is(err, breached.ErrDamaged) || time.Since(began) > 20*time.Second {
		t.Errorf("got %v after %s", err, time.Since(began))
	}
}

func TestTwoRefreshesAtOnceLoadOneList(t *testing.T) {
	t.Parallel()
	r := newRefresh(t, "")
	second := r
	second.runner = runner(t, r.db)
	second.runner.Clock = r.now
	results := make(chan job.Result, 2)
	for _, one := range []refresh{r, second} {
		go func() {
			result, err := one.run()
			if err != nil {
				t.Error(err)
			}
			results <- result
		}()
	}
	<-results
	<-results
	if lists, _ := r.rows(); lists != 1 || !r.contains(brought) {
		t.Errorf("%d lists", lists)
	}
}
