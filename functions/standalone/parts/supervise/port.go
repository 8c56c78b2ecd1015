package supervise

import (
	"errors"
	"net"
)

// Reservation holds free loopback ports until the server that gets them is
// about to start. Between Release and that server's listen they are anybody's,
// so a server is started a second time when it finds its port taken.
type Reservation struct{ listeners []net.Listener }

// Reserve finds n free ports on 127.0.0.1.
func Reserve(n int) (*Reservation, error) {
	r := &Reservation{}
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, errors.Join(err, r.Release())
		}
		r.listeners = append(r.listeners, l)
	}
	return r, nil
}

// Port is the i-th reserved port.
func (r *Reservation) Port(i int) int { return r.listeners[i].Addr().(*net.TCPAddr).Port }

// Release frees the ports for the server they are meant for.
func (r *Reservation) Release() error {
	var all error
	for _, l := range r.listeners {
		if err := l.Close(); !errors.Is(err, net.ErrClosed) {
			all = errors.Join(all, err)
		}
	}
	return all
}
