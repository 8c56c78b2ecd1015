package serve

import (
	"context"
	"io"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/authway/authway/shared/config"
)

// fake is a function whose parts are given.
type fake struct {
	handle  http.HandlerFunc
	alive   func(context.Context) (bool, error)
	ready   func(context.Context) (bool, error)
	stop    func(context.Context) error
	stopped atomic.Int32
}

func (f *fake) Handle(w http.ResponseWriter, r *http.Request) {
	if f.handle != nil {
		f.handle(w, r)
	}
}

func (f *fake) Alive(ctx context.Context) (bool, error) {
	if f.alive != nil {
		return f.alive(ctx)
	}
	return true, nil
}

func (f *fake) Ready(ctx context.Context) (bool, error) {
	if f.ready != nil {
		return f.ready(ctx)
	}
	return true, nil
}

func (f *fake) Stop(ctx context.Context) error {
	f.stopped.Add(1)
	if f.stop != nil {
		return f.stop(ctx)
	}
	return nil
}

func spec(f Function) Spec {
	return Spec{Name: "sample", Open: func(context.Context, Setup) (Function, error) { return f, nil }}
}

func begin(t *testing.T, s Spec, o Options) *Server {
	t.Helper()
	o.Listen = "127.0.0.1:0"
	if o.Lookup == nil {
		o.Lookup = config.Map(nil)
	}
	server, err := Start(t.Context(), s, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 10*time.Second)
		defer cancel()
		_ = server.Shutdown(ctx)
	})
	return server
}

type answered struct {
	status int
	body   string
	header http.Header
	// closed tells that the server wants the connection to end with this answer.
	closed bool
	err    error
}

func get(t *testing.T, client *http.Client, url string, headers ...string) answered {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		return answered{err: err}
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	res, err := client.Do(r)
	if err != nil {
		return answered{err: err}
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	return answered{res.StatusCode, string(body), res.Header, res.Close, err}
}

// kept is a client that keeps its connections.
func kept(t *testing.T) *http.Client {
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

// fresh is a client that opens a connection per request.
func fresh() *http.Client {
	return &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
}
