package standalone

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"syscall"
	"time"
)

const (
	headTimeout = 10 * time.Second
	idleTimeout = 2 * time.Minute
	// maxHeader fits a sign-in redirect with its challenge, its copy in Referer, and cookies.
	maxHeader = 64 << 10
	// portAttempts is for a free port of one address family that is taken in the other.
	portAttempts = 5
)

// TakenError says that a port belongs to another program.
type TakenError struct{ Port int }

func (e *TakenError) Error() string {
	return fmt.Sprintf("port %d is taken by another program", e.Port)
}

// listen opens the port on loopback, in both address families: a browser takes
// whichever it likes for localhost, and must not meet another program there.
// Everywhere, it is one listener for both.
func listen(ctx context.Context, port int, everywhere bool) ([]net.Listener, error) {
	if everywhere {
		l, err := listenOn(ctx, "", port)
		return []net.Listener{l}, err
	}
	for attempt := 1; ; attempt++ {
		four, err := listenOn(ctx, "127.0.0.1", port)
		if err != nil {
			return nil, err
		}
		chosen := four.Addr().(*net.TCPAddr).Port
		six, err := listenOn(ctx, "::1", chosen)
		var taken *TakenError
		switch {
		case err == nil:
			return []net.Listener{four, six}, nil
		case !errors.As(err, &taken):
			// The machine has no IPv6.
			return []net.Listener{four}, nil
		}
		_ = four.Close()
		if port != 0 || attempt == portAttempts {
			return nil, err
		}
	}
}

func listenOn(ctx context.Context, host string, port int) (net.Listener, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", net.JoinHostPort(host, strconv.Itoa(port)))
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, &TakenError{Port: port}
	}
	return l, err
}

// listenOps falls back to a free port: metrics are not worth a failed start.
func listenOps(ctx context.Context, port int) (listeners []net.Listener, moved bool, err error) {
	listeners, err = listen(ctx, port, false)
	var taken *TakenError
	if errors.As(err, &taken) && port != 0 {
		listeners, err = listen(ctx, 0, false)
		return listeners, true, err
	}
	return listeners, false, err
}

func portOf(listeners []net.Listener) int { return listeners[0].Addr().(*net.TCPAddr).Port }

// front is an http.Server on several listeners.
type front struct {
	server    *http.Server
	listeners []net.Listener
}

func newFront(listeners []net.Listener, h http.Handler) *front {
	return &front{listeners: listeners, server: &http.Server{
		Handler: h, ReadHeaderTimeout: headTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeader,
	}}
}

func (f *front) serve(failed func(error)) {
	for _, l := range f.listeners {
		go func() {
			if err := f.server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
				failed(err)
			}
		}()
	}
}

// stop lets requests under way end, and cuts off those that do not.
func (f *front) stop(ctx context.Context) error {
	if f == nil {
		return nil
	}
	err := f.server.Shutdown(ctx)
	if err != nil {
		_ = f.server.Close()
	}
	closeAll(f.listeners)
	return err
}

func closeAll(listeners []net.Listener) {
	for _, l := range listeners {
		_ = l.Close()
	}
}
