package serve

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/authway/authway/shared/clock"
)

// Out of the time for stopping, what is kept for Function.Stop when requests use up theirs.
const stopReserve = 2 * time.Second

// Wait serves until ctx ends or a listener fails, then shuts down within DRAIN_TIMEOUT.
func (s *Server) Wait(ctx context.Context) error {
	var failure error
	select {
	case <-ctx.Done():
	case failure = <-s.failed:
	}
	// Not from ctx, which has ended: that is why we are here.
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.grace)
	defer cancel()
	return errors.Join(failure, s.Shutdown(stop))
}

// Shutdown drains and stops the server; its error says what was cut off. When ctx ends, requests still under
// way are cut off. Called again it waits for the first call and repeats its answer.
func (s *Server) Shutdown(ctx context.Context) error {
	s.once.Do(func() { s.stopErr = s.stop(ctx) })
	return s.stopErr
}

func (s *Server) stop(ctx context.Context) error {
	s.stopping.Store(true)
	s.log.Info("stopping")
	if leaver, ok := s.function.(Leaver); ok {
		leaver.Leave()
	}
	defer s.endLife()
	requests, cancel := forRequests(ctx)
	defer cancel()
	s.drain(requests)
	err := s.http.Shutdown(requests)
	if err != nil {
		err = fmt.Errorf("%s: requests were cut off: %w", s.name, err)
		s.endLife()
	}
	stopErr := s.function.Stop(ctx)
	if stopErr != nil {
		stopErr = fmt.Errorf("%s: %w", s.name, stopErr)
	}
	s.tracer.Stop(ctx)
	s.close()
	err = errors.Join(err, stopErr)
	if err != nil {
		s.log.Error("stopped", "error", err)
		return err
	}
	s.log.Info("stopped")
	return nil
}

// drain waits for the quiet moment, but not long: where traffic is steady it never comes, and the time is
// needed by the requests under way.
func (s *Server) drain(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, 5*s.quiet)
	defer cancel()
	quiet := make(chan struct{})
	go func() {
		s.drainer.Drain()
		close(quiet)
	}()
	select {
	case <-quiet:
	case <-ctx.Done():
	}
}

func forRequests(ctx context.Context) (context.Context, context.CancelFunc) {
	deadline, ok := ctx.Deadline()
	if !ok {
		return context.WithCancel(ctx)
	}
	left := deadline.Sub(clock.System().Now())
	return context.WithDeadline(ctx, deadline.Add(-min(stopReserve, left/4)))
}

func (s *Server) close() {
	_ = s.http.Close()
	if s.ops != nil {
		_ = s.ops.Close()
	}
}
