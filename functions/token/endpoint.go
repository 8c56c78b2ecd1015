package token

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/authway/authway/shared/problem"
)

// Hydra calls the hooks of this very function while it holds a request for a token,
// and so those that are passed on must never take all of the room: together these are
// a third of the requests that a pod is given at once (containerConcurrency). And
// up to v26.2.0 Hydra stands still when more of them are under way than it has
// database connections.
const (
	maxPassedOn = 48
	maxWaiting  = 16
	waitFor     = 500 * time.Millisecond
)

var errBusy = errors.New("token: too many requests are passed on")

// room is for requests that are passed on.
type room struct {
	under, waiting chan struct{}
	wait           time.Duration
}

func newRoom(under, waiting int, wait time.Duration) *room {
	return &room{under: make(chan struct{}, under), waiting: make(chan struct{}, waiting), wait: wait}
}

// enter waits for a place, a moment at the longest. leave gives it back.
func (r *room) enter(ctx context.Context) (leave func(), err error) {
	leave = func() { <-r.under }
	select {
	case r.under <- struct{}{}:
		return leave, nil
	default:
	}
	// Those who wait take room as well.
	select {
	case r.waiting <- struct{}{}:
		defer func() { <-r.waiting }()
	default:
		return nil, errBusy
	}
	timer := time.NewTimer(r.wait)
	defer timer.Stop()
	select {
	case r.under <- struct{}{}:
		return leave, nil
	case <-timer.C:
		return nil, errBusy
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// endpoint passes a request for tokens (RFC 6749, section 3.2) on to Hydra. On the way
// a client's former secret, while it is good, becomes the one that Hydra knows
// (overlap.go); nothing else is changed.
func (f *Function) endpoint(w http.ResponseWriter, r *http.Request) error {
	leave, err := f.room.enter(r.Context())
	if err != nil {
		return problem.Unavailable.Because(err)
	}
	defer leave()
	f.hydraPublic.ServeHTTP(w, r)
	return nil
}
