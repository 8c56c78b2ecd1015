package token

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/authway/authway/shared/client"
	"github.com/authway/authway/shared/clock"
	"github.com/authway/authway/shared/problem"
)

// What waits for Hydra and what Hydra asks meanwhile share a pod.
func TestHooksFindRoomInAPod(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../knative/base/services/token.yaml")
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`containerConcurrency: (\d+)`).FindSubmatch(text)
	if found == nil {
		t.Fatal("the manifest bounds nothing")
	}
	if most, err := strconv.Atoi(string(found[1])); err != nil || 2*(maxPassedOn+maxWaiting) > most {
		t.Errorf("%d are passed on or wait, of %d that a pod is given", maxPassedOn+maxWaiting, most)
	}
}

func TestRoomIsBounded(t *testing.T) {
	t.Parallel()
	r := newRoom(1, 1, time.Hour)
	leave, err := r.enter(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	second := make(chan error)
	go func() {
		leave, err := r.enter(t.Context())
		if err == nil {
			leave()
		}
		second <- err
	}()
	for len(r.waiting) == 0 {
		// The other is on its way to the line.
		runtime.Gosched()
	}
	if _, err := r.enter(t.Context()); !errors.Is(err, errBusy) {
		t.Errorf("a third one: %v", err)
	}
	leave()
	if err := <-second; err != nil {
		t.Errorf("who waited: %v", err)
	}
	short := newRoom(0, 1, time.Millisecond)
	if _, err := short.enter(t.Context()); !errors.Is(err, errBusy) {
		t.Errorf("who waited in vain: %v", err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := newRoom(0, 1, time.Hour).enter(ended); !errors.Is(err, context.Canceled) {
		t.Errorf("who left: %v", err)
	}
}

func TestBeyondTheRoomIs503(t *testing.T) {
	t.Parallel()
	f := &Function{room: newRoom(0, 0, time.Hour), hydraPublic: http.NotFoundHandler()}
	err := f.endpoint(httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, "/oauth2/token", nil))
	if !problem.Unavailable.Is(problem.Of(err)) {
		t.Errorf("got %v", err)
	}
}

func TestReadingOfShownSecrets(t *testing.T) {
	t.Parallel()
	basic := func(id, secret string) http.Header {
		r := http.Request{Header: http.Header{}}
		r.SetBasicAuth(id, secret)
		return r.Header
	}
	for name, c := range map[string]struct {
		header     http.Header
		body       string
		id, secret string
	}{
		"basic":                {basic("shop", "s%3A1"), "grant_type=x", "shop", "s:1"},
		"post":                 {http.Header{}, "client_id=shop&client_secret=a%2Bb", "shop", "a+b"},
		"both":                 {basic("shop", "s"), "client_secret=s", "", ""},
		"twice":                {http.Header{}, "client_id=a&client_id=b&client_secret=s", "", ""},
		"two secrets":          {http.Header{}, "client_id=a&client_secret=s&client_secret=t", "", ""},
		"none":                 {http.Header{}, "client_id=shop", "", ""},
		"a bearer and a post":  {http.Header{"Authorization": {"Bearer x"}}, "client_id=a&client_secret=s", "", ""},
		"no form":              {http.Header{}, "client_id=%zz", "", ""},
		"basic that is broken": {basic("shop", "%zz"), "", "", ""},
	} {
		s, ok := read(c.header, []byte(c.body))
		if ok != (c.id != "") || ok && (s.id != c.id || s.secret != c.secret) {
			t.Errorf("%s: %q %q, %t", name, s.id, s.secret, ok)
		}
		if !ok {
			continue
		}
		header, body := s.with("n:e+w", c.header, []byte(c.body))
		again, ok := read(header, body)
		if !ok || again.id != c.id || again.secret != "n:e+w" {
			t.Errorf("%s, with another: %q %q, %t", name, again.id, again.secret, ok)
		}
	}
}

// recorder is Hydra, as far as it says what it got.
type recorder struct{ got []string }

func (r *recorder) RoundTrip(request *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(request.Body)
	r.got = append(r.got, string(body))
	if int64(len(body)) != request.ContentLength && request.ContentLength >= 0 {
		err = errors.Join(err, errors.New("another length than announced"))
	}
	return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody}, err
}

// What is no secret in overlap passes byte for byte, and what is too large to be a
// form unread.
func TestEverythingElsePassesUntouched(t *testing.T) {
	t.Parallel()
	now := time.Unix(100, 0)
	o := &overlaps{clock: clock.NewFixed(now)}
	o.last.Store(&told{at: now, clients: map[string]client.Overlap{"shop": {ClientID: "shop"}}})
	large := "client_id=shop&client_secret=old&x=" + strings.Repeat("y", maxForm)
	for _, body := range []string{
		"", "grant_type=client_credentials&scope=b+a&scope=&client_id=shop&client_secret=old", "z=%zz&&", large, url.Values{"client_id": {"other"}, "client_secret": {"x"}}.Encode(),
	} {
		hydra := &recorder{}
		request := httptest.NewRequest(http.MethodPost, "http://hydra/oauth2/token", strings.NewReader(body))
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
		if _, err := (proving{o, hydra}).RoundTrip(request); err != nil || len(hydra.got) != 1 || hydra.got[0] != body {
			t.Errorf("of %d bytes Hydra got %q, %v", len(body), hydra.got, err)
		}
	}
}
