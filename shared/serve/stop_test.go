package serve

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/authway/authway/shared/config"
)

// refused waits until nobody listens at address any more.
func refused(t *testing.T, address string) {
	t.Helper()
	for {
		var d net.Dialer
		conn, err := d.DialContext(t.Context(), "tcp", address)
		if err != nil {
			return
		}
		_ = conn.Close()
	}
}

func TestARequestUnderWayOutlivesTheSignal(t *testing.T) {
	t.Parallel()
	reached, release := make(chan struct{}), make(chan struct{})
	f := &fake{}
	f.handle = func(w http.ResponseWriter, r *http.Request) {
		close(reached)
		<-release
		if f.stopped.Load() != 0 {
			t.Error("the function was stopped under its request")
		}
		if r.Context().Err() != nil {
			t.Error("the request was cancelled by the signal")
		}
		_, _ = io.WriteString(w, "done")
	}
	server := begin(t, spec(f), Options{Ops: "127.0.0.1:0"})
	signalled, signal := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- server.Wait(signalled) }()
	got := make(chan answered, 1)
	go func() { got <- get(t, fresh(), "http://"+server.Addr()+"/slow") }()
	<-reached

	signal()
	refused(t, server.Addr())
	select {
	case err := <-ended:
		t.Fatalf("ended with %v while a request was under way", err)
	default:
	}
	close(release)

	if a := <-got; a.err != nil || a.status != http.StatusOK || a.body != "done" {
		t.Errorf("the request under way got %+v", a)
	}
	if err := <-ended; err != nil {
		t.Errorf("ended with %v", err)
	}
	if got := f.stopped.Load(); got != 1 {
		t.Errorf("stopped %d times", got)
	}
	refused(t, server.OpsAddr())
}

func TestWhileStoppingProbesFailAndRequestsStillPass(t *testing.T) {
	t.Parallel()
	server := begin(t, spec(&fake{handle: func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "served")
	}}), Options{quiet: time.Minute})
	url := "http://" + server.Addr()
	if a := get(t, kept(t), url+"/"); a.closed {
		t.Error("a connection is closed although nothing is wrong")
	}
	stop, cut := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- server.Shutdown(stop) }()
	for get(t, fresh(), url+"/readyz").status == http.StatusOK {
	}
	if a := get(t, fresh(), url+"/readyz"); a.status != 503 || !strings.Contains(a.body, `"missing":"stopping"`) {
		t.Errorf("readyz answers %+v", a)
	}
	for !strings.Contains(get(t, fresh(), url+"/", "User-Agent", "kube-probe/1.30").body, "shutting down") {
	}
	if a := get(t, fresh(), url+"/", "K-Network-Probe", "probe", "K-Network-Hash", "h"); a.status != 503 {
		t.Errorf("Knative's probe is answered %+v", a)
	}
	if a := get(t, fresh(), url+"/healthz"); a.status != 200 {
		t.Errorf("healthz answers %+v: a restart would help nobody", a)
	}
	if a := get(t, kept(t), url+"/"); a.status != 200 || a.body != "served" || !a.closed {
		t.Errorf("a late request is answered %+v", a)
	}
	cut()
	if err := <-ended; err != nil && !errors.Is(err, context.Canceled) {
		t.Errorf("ended with %v", err)
	}
}

func TestWhenTimeIsUpRequestsAreCutOffAndTheFunctionStillStops(t *testing.T) {
	t.Parallel()
	reached := make(chan struct{})
	var left time.Duration
	f := &fake{
		handle: func(_ http.ResponseWriter, r *http.Request) {
			close(reached)
			<-r.Context().Done()
		},
		stop: func(ctx context.Context) error {
			deadline, _ := ctx.Deadline()
			left = time.Until(deadline)
			return errors.New("outbox not empty")
		},
	}
	server := begin(t, spec(f), Options{})
	go get(t, fresh(), "http://"+server.Addr()+"/stuck")
	<-reached
	ctx, cancel := context.WithTimeout(t.Context(), 400*time.Millisecond)
	defer cancel()
	err := server.Shutdown(ctx)
	if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "sample: outbox not empty") {
		t.Errorf("says %v", err)
	}
	if left <= 0 {
		t.Error("no time was left for the function to stop")
	}
	if again := server.Shutdown(t.Context()); again != err || f.stopped.Load() != 1 {
		t.Errorf("again: %v, stopped %d times", again, f.stopped.Load())
	}
}

// leaver is a function that goes on answering until it has to leave.
type leaver struct {
	*fake
	left chan struct{}
}

func (l leaver) Leave() { close(l.left) }

func TestWhatGoesOnIsToldToEnd(t *testing.T) {
	t.Parallel()
	answering, l := make(chan struct{}), leaver{&fake{}, make(chan struct{})}
	l.handle = func(http.ResponseWriter, *http.Request) {
		close(answering)
		<-l.left
	}
	server := begin(t, spec(l), Options{})
	heard := make(chan answered)
	go func() { heard <- get(t, fresh(), "http://"+server.Addr()+"/") }()
	<-answering
	if err := server.Shutdown(t.Context()); err != nil {
		t.Errorf("what was told to end was cut off: %v", err)
	}
	if a := <-heard; a.status != http.StatusOK {
		t.Errorf("answered %+v", a)
	}
}

func TestALostListenerEndsTheWait(t *testing.T) {
	t.Parallel()
	server := begin(t, spec(&fake{}), Options{})
	_ = server.listener.Close()
	if err := server.Wait(t.Context()); err == nil || !strings.Contains(err.Error(), "sample stopped listening") {
		t.Errorf("says %v", err)
	}
}

func TestTheContextOfOpenLivesAsLongAsTheFunction(t *testing.T) {
	t.Parallel()
	var life context.Context
	f := &fake{stop: func(context.Context) error {
		if life.Err() != nil {
			t.Error("it ended before the function was stopped")
		}
		return nil
	}}
	starting, cancel := context.WithCancel(t.Context())
	server, err := Start(starting, Spec{Name: "sample", Open: func(ctx context.Context, _ Setup) (Function, error) {
		life = ctx
		return f, nil
	}}, Options{Listen: "127.0.0.1:0", Lookup: config.Map(nil)})
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	if life.Err() != nil {
		t.Error("it ended with the signal")
	}
	if err := server.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if life.Err() == nil {
		t.Error("it goes on after the end")
	}
}
