package serve

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/authway/authway/shared/config"
	"github.com/authway/authway/shared/problem"
)

func TestAFunctionAnswersWithAnIdAndIsCounted(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	server := begin(t, spec(&fake{handle: func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, problem.Reference(r.Context()))
	}}), Options{Ops: "127.0.0.1:0", LogWriter: &log})
	a := get(t, fresh(), "http://"+server.Addr()+"/x", "X-Request-Id", "abc")
	if a.status != 200 || a.body != "abc" || a.header.Get("X-Request-Id") != "abc" {
		t.Errorf("answered %+v", a)
	}
	m := get(t, fresh(), "http://"+server.OpsAddr()+"/metrics")
	if !strings.Contains(m.body, `http_requests_total{code="200",function="sample",method="GET",route="none"} 1`) {
		t.Errorf("metrics are %s", m.body)
	}
	if a := get(t, fresh(), "http://"+server.Addr()+"/metrics"); strings.Contains(a.body, "http_requests_total") {
		t.Error("metrics are public")
	}
	if err := server.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(log.String(), `"request_id":"abc"`) {
		t.Errorf("log is %s", log.String())
	}
}

func TestProbesSayWhatIsMissingAndNothingElse(t *testing.T) {
	t.Parallel()
	down := fmt.Errorf("dial tcp db.internal:5432 as authway_login: %w", errors.New("refused"))
	parts := func(errs map[string]error) func(context.Context) (bool, error) {
		p := Parts{}
		for name, err := range errs {
			p[name] = func(context.Context) error { return err }
		}
		return p.Ready
	}
	yes, no := func(context.Context) (bool, error) { return true, nil }, func(context.Context) (bool, error) { return false, nil }
	for name, c := range map[string]struct {
		path         string
		alive, ready func(context.Context) (bool, error)
		status       int
		body         string
	}{
		"shallow":                     {"/health", no, no, 200, `{"status":"ok"}`},
		"alive":                       {"/healthz", yes, no, 200, `{"status":"ok"}`},
		"not alive":                   {"/healthz", no, yes, 503, `{"status":"unavailable","missing":"function"}`},
		"ready":                       {"/readyz", no, parts(map[string]error{"postgres": nil}), 200, `{"status":"ok"}`},
		"one part missing":            {"/readyz", yes, parts(map[string]error{"postgres": down, "redis": nil}), 503, `{"status":"unavailable","missing":"postgres"}`},
		"two parts missing":           {"/readyz", yes, parts(map[string]error{"redis": down, "postgres": down}), 503, `{"status":"unavailable","missing":"postgres, redis"}`},
		"a cause without its part":    {"/readyz", yes, func(context.Context) (bool, error) { return false, down }, 503, `{"status":"unavailable","missing":"function"}`},
		"ready, yet with a complaint": {"/readyz", yes, func(context.Context) (bool, error) { return true, fmt.Errorf("hydra: %w", down) }, 503, `{"status":"unavailable","missing":"hydra"}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var log bytes.Buffer
			server := begin(t, spec(&fake{alive: c.alive, ready: c.ready}), Options{LogWriter: &log})
			for _, agent := range []string{"curl", "kube-probe/1.30"} {
				for range 3 {
					a := get(t, fresh(), "http://"+server.Addr()+c.path, "User-Agent", agent)
					if a.status != c.status || strings.TrimSpace(a.body) != c.body {
						t.Errorf("%s: answered %d %s", agent, a.status, a.body)
					}
				}
			}
			if err := server.Shutdown(t.Context()); err != nil {
				t.Fatal(err)
			}
			if got := strings.Count(log.String(), `"missing"`); got > 1 {
				t.Errorf("the log tells it %d times: %s", got, log.String())
			}
		})
	}
}

// Regression: every pod left the balancer at once when their database did, and people waited for a time-out.
func TestWhatHasBeenReadyStaysInService(t *testing.T) {
	t.Parallel()
	var away atomic.Bool
	away.Store(true)
	ready := Parts{"postgres": func(context.Context) error {
		if away.Load() {
			return errors.New("refused")
		}
		return nil
	}}.Ready
	server := begin(t, spec(&fake{ready: ready}), Options{})
	for _, c := range []struct {
		away   bool
		status int
		body   string
	}{
		{true, 503, `{"status":"unavailable","missing":"postgres"}`},
		{false, 200, `{"status":"ok"}`},
		{true, 200, `{"status":"degraded","missing":"postgres"}`},
		{false, 200, `{"status":"ok"}`},
	} {
		away.Store(c.away)
		if a := get(t, fresh(), "http://"+server.Addr()+"/readyz"); a.status != c.status || strings.TrimSpace(a.body) != c.body {
			t.Errorf("away %v: answered %d %s", c.away, a.status, a.body)
		}
	}
}

// Regression: on a busy machine no pod got ready, because each of queue-proxy's probes began a connection and took it
// along when it left.
func TestAProbeThatLeavesDoesNotCutTheCheckOff(t *testing.T) {
	t.Parallel()
	var checks atomic.Int32
	begun, connected := make(chan context.Context, 1), make(chan struct{})
	server := begin(t, spec(&fake{ready: func(ctx context.Context) (bool, error) {
		if checks.Add(1) == 1 {
			begun <- ctx
		}
		<-connected
		return true, ctx.Err()
	}}), Options{})
	ctx, leave := context.WithCancel(t.Context())
	left := make(chan error, 1)
	go func() {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+server.Addr()+"/readyz", nil)
		if err == nil {
			_, err = fresh().Do(r)
		}
		left <- err
	}()
	check := <-begun
	leave()
	if <-left == nil {
		t.Fatal("the probe has not left")
	}
	for range 3 {
		if a := get(t, fresh(), "http://"+server.Addr()+"/readyz"); a.status != 503 {
			t.Errorf("before it is connected: %d %s", a.status, a.body)
		}
	}
	if check.Err() != nil || checks.Load() != 1 {
		t.Errorf("%d checks, the first: %v", checks.Load(), check.Err())
	}
	close(connected)
	for get(t, fresh(), "http://"+server.Addr()+"/readyz").status != http.StatusOK {
	}
}

func TestKnativesProbesAreAnsweredForTheFunction(t *testing.T) {
	t.Parallel()
	server := begin(t, spec(&fake{handle: func(http.ResponseWriter, *http.Request) { t.Error("the function was asked") }}), Options{})
	a := get(t, fresh(), "http://"+server.Addr()+"/login", "K-Network-Probe", "probe", "K-Network-Hash", "a1b2")
	if a.status != 200 || a.header.Get("K-Network-Hash") != "a1b2" {
		t.Errorf("answered %+v", a)
	}
	if a := get(t, fresh(), "http://"+server.Addr()+"/login", "User-Agent", "kube-probe/1.30"); a.status != 200 {
		t.Errorf("answered %+v", a)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+server.Addr()+"/readyz", nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := fresh().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("a POST to a probe is answered %d", res.StatusCode)
	}
}

func TestItListensBeforeTheFunctionIsOpen(t *testing.T) {
	t.Parallel()
	read, write := io.Pipe()
	address := make(chan string, 1)
	go func() {
		lines := bufio.NewScanner(read)
		for lines.Scan() {
			var line struct{ Msg, Address string }
			if json.Unmarshal(lines.Bytes(), &line) == nil && line.Msg == "listening" {
				address <- line.Address
			}
		}
	}()
	held := make(chan answered, 1)
	open := func(context.Context, Setup) (Function, error) {
		url := "http://" + <-address
		for path, want := range map[string]int{"/health": 200, "/healthz": 200, "/readyz": 503} {
			if a := get(t, fresh(), url+path); a.status != want {
				t.Errorf("%s answers %+v before the function is open", path, a)
			}
		}
		go func() { held <- get(t, fresh(), url+"/login") }()
		return &fake{handle: func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "open") }}, nil
	}
	begin(t, Spec{Name: "sample", Open: open}, Options{LogWriter: write})
	if a := <-held; a.status != 200 || a.body != "open" {
		t.Errorf("the first request got %+v", a)
	}
}

func TestAFunctionThatDoesNotOpenLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	wrong := errors.New("AUTHWAY_URL is not set")
	var life context.Context
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := free.Addr().String()
	_ = free.Close()
	_, err = Start(t.Context(), Spec{Name: "sample", Open: func(ctx context.Context, _ Setup) (Function, error) {
		life = ctx
		return nil, wrong
	}}, Options{Listen: address})
	if !errors.Is(err, wrong) || err.Error() != "sample cannot start: AUTHWAY_URL is not set" {
		t.Errorf("says %v", err)
	}
	if life.Err() == nil {
		t.Error("its context goes on")
	}
	refused(t, address)
}

func TestATakenAddressIsSaid(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for name, o := range map[string]Options{
		"sample cannot listen:":             {Listen: taken.Addr().String()},
		"sample cannot listen for metrics:": {Listen: "127.0.0.1:0", Ops: taken.Addr().String()},
	} {
		if _, err := Start(t.Context(), spec(&fake{}), o); err == nil || !strings.HasPrefix(err.Error(), name) {
			t.Errorf("says %v, want %s", err, name)
		}
	}
}

func TestARequestHeadMayBeLongButNotEndless(t *testing.T) {
	t.Parallel()
	server := begin(t, spec(&fake{}), Options{Lookup: config.Map(nil)})
	for size, want := range map[int]int{16 << 10: 200, 64 << 10: 431} {
		a := get(t, fresh(), "http://"+server.Addr()+"/", "Cookie", strings.Repeat("x", size))
		if a.status != want {
			t.Errorf("%d bytes are answered %+v", size, a)
		}
	}
}

func TestARequestDoesNotWaitForEver(t *testing.T) {
	t.Parallel()
	impatient := spec(&fake{handle: func(w http.ResponseWriter, r *http.Request) {
		<-r.Context().Done()
		_, _ = io.WriteString(w, r.Context().Err().Error())
	}})
	impatient.Longest = 50 * time.Millisecond
	server := begin(t, impatient, Options{})
	if a := get(t, fresh(), "http://"+server.Addr()+"/"); a.body != context.DeadlineExceeded.Error() {
		t.Errorf("answered %+v", a)
	}
}
