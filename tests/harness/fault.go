package harness

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
)

// Wire is a TCP connection to a server that a test can cut.
type Wire struct {
	listener net.Listener
	target   string
	// heard passes on what the client says.
	heard func(io.Reader) io.Reader
	mu    sync.Mutex
	open  map[net.Conn]struct{}
	cut   bool
}

// NewWire makes a wire to target (host:port).
func NewWire(t testing.TB, target string) *Wire {
	t.Helper()
	return newWire(t, target, func(said io.Reader) io.Reader { return said })
}

func newWire(t testing.TB, target string, heard func(io.Reader) io.Reader) *Wire {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &Wire{listener: listener, target: target, heard: heard, open: map[net.Conn]struct{}{}}
	var carrying sync.WaitGroup
	carrying.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			carrying.Go(func() { w.carry(conn) })
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		w.Cut()
		carrying.Wait()
	})
	return w
}

// Address is where the wire begins.
func (w *Wire) Address() string { return w.listener.Addr().String() }

// Cut ends every connection and lets no new one through, as when the server
// has stopped.
func (w *Wire) Cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cut = true
	for conn := range w.open {
		_ = conn.Close()
	}
}

// Mend lets new connections through again.
func (w *Wire) Mend() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cut = false
}

func (w *Wire) hold(conn net.Conn) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.cut {
		_ = conn.Close()
		return false
	}
	w.open[conn] = struct{}{}
	return true
}

func (w *Wire) release(conn net.Conn) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.open, conn)
	_ = conn.Close()
}

func (w *Wire) carry(near net.Conn) {
	if !w.hold(near) {
		return
	}
	defer w.release(near)
	far, err := (&net.Dialer{}).DialContext(context.Background(), "tcp", w.target)
	if err != nil || !w.hold(far) {
		return
	}
	defer w.release(far)
	done := make(chan struct{}, 2)
	pass := func(to io.Writer, from io.Reader) {
		_, _ = io.Copy(to, from)
		done <- struct{}{}
	}
	go pass(near, far)
	go pass(far, w.heard(near))
	<-done
}

// Relay is a server in front of an HTTP server that a test can make refuse.
type Relay struct {
	URL     string
	refuses atomic.Pointer[func(*http.Request) bool]
	status  atomic.Int64
}

// NewRelay makes a relay to target.
func NewRelay(t testing.TB, target string) *Relay {
	t.Helper()
	to, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	relay := &Relay{}
	onward := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(to) }}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if refuses := relay.refuses.Load(); refuses != nil && (*refuses)(r) {
			w.WriteHeader(int(relay.status.Load()))
			return
		}
		onward.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	relay.URL = server.URL
	return relay
}

// Refuse makes the relay answer 502 to the requests that match.
func (r *Relay) Refuse(match func(*http.Request) bool) { r.Answer(http.StatusBadGateway, match) }

// Answer makes the relay answer with a bare status to the requests that match.
func (r *Relay) Answer(status int, match func(*http.Request) bool) {
	r.status.Store(int64(status))
	r.refuses.Store(&match)
}

// Recover ends Refuse.
func (r *Relay) Recover() { r.refuses.Store(nil) }
