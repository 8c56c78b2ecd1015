package replica

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/authway/authway/functions/maintenance/backup/wal"
)

// same checks that what was kept is the server's own, without a gap.
func same(t *testing.T, s *server, kept []piece) {
	t.Helper()
	for i, p := range kept {
		if !bytes.Equal(p.data, s.pages(t, p.timeline, p.number, len(p.data))) {
			t.Errorf("%s is not what the server has", p)
		}
		if i > 0 && p.timeline == kept[i-1].timeline && (p.number != kept[i-1].number+1 || len(kept[i-1].data) != int(wal.DefaultSize)) {
			t.Errorf("%s follows %s", p, kept[i-1])
		}
	}
}

// What is drained is the server's WAL byte by byte, and what is not a whole segment
// the server keeps: the next drain begins there.
func TestADrainKeepsWhatTheServerHas(t *testing.T) {
	t.Parallel()
	s := ours(t)
	conn := s.dial(t, "")
	slot := s.slot(t, conn)
	for range 2 {
		s.fill(t, 3)
		upTo, kept := flushed(t, conn), &shelf{}
		reached, err := conn.Drain(t.Context(), slot, upTo, kept)
		if err != nil {
			t.Fatal(err)
		}
		if len(kept.segments) < 4 || reached < upTo {
			t.Fatalf("up to %s and not %s: %v", reached, upTo, kept.segments)
		}
		same(t, s, kept.segments)
		first, last := kept.segments[0], kept.segments[len(kept.segments)-1]
		if first.number != wal.DefaultSize.Number(slot.Restart) || last.end() != reached {
			t.Errorf("from %s and up to %s: %v", slot.Restart, reached, kept.segments)
		}
		if got, want := s.restart(t, slot), wal.DefaultSize.Start(reached); got != want {
			t.Errorf("the server keeps WAL from %s on, and the first that is not whole begins at %s", got, want)
		}
		if slot, err = conn.Slot(t.Context(), slot.Name); err != nil {
			t.Fatal(err)
		}
	}
}

var errFull = errors.New("the store is full")

// The server forgets nothing that the keeper has not said it has, whichever of the
// segments it is that does not fit.
func TestNothingIsAcknowledgedThatIsNotKept(t *testing.T) {
	t.Parallel()
	s := ours(t)
	for fails := range 4 {
		t.Run(fmt.Sprint(fails), func(t *testing.T) {
			t.Parallel()
			conn := s.dial(t, "")
			slot := s.slot(t, conn)
			s.fill(t, 3)
			upTo := flushed(t, conn)
			kept := &shelf{before: func(_ context.Context, there int) error {
				if there == fails {
					return errFull
				}
				return nil
			}}
			if _, err := conn.Drain(t.Context(), slot, upTo, kept); !errors.Is(err, errFull) {
				t.Fatal(err)
			}
			conn.Close()
			first := wal.DefaultSize.Number(slot.Restart) + uint64(fails)
			if got := s.restart(t, slot); got > max(slot.Restart, wal.LSN(first*uint64(wal.DefaultSize))) {
				t.Errorf("the server keeps WAL from %s on, and segment %d was not kept", got, first)
			}
			again := s.dial(t, "")
			left, err := again.Slot(t.Context(), slot.Name)
			if err != nil {
				t.Fatal(err)
			}
			kept.before = nil
			rest := &shelf{}
			if _, err := again.Drain(t.Context(), left, upTo, rest); err != nil {
				t.Fatal(err)
			}
			if rest.segments[0].number > first {
				t.Errorf("%v and then %v", kept.segments, rest.segments)
			}
			same(t, s, rest.segments)
		})
	}
}

// A store that takes longer than wal_sender_timeout does not lose the connection.
func TestASlowKeeperIsWaitedFor(t *testing.T) {
	t.Parallel()
	s := ours(t)
	conn := s.dial(t, "&options=-c%20wal_sender_timeout%3D1s")
	conn.alive = 100 * time.Millisecond
	slot := s.slot(t, conn)
	s.fill(t, 2)
	kept := &shelf{before: func(ctx context.Context, there int) error {
		if there > 0 {
			return nil
		}
		var began time.Time
		if err := s.db.QueryRowContext(ctx, "SELECT clock_timestamp()").Scan(&began); err != nil {
			return err
		}
		// It is an error when the connection is not there any more.
		return s.await(ctx, fmt.Sprintf(`SELECT coalesce(reply_time > '%s'::timestamptz + interval '2500 ms', false) FROM pg_stat_replication
			JOIN pg_replication_slots ON active_pid = pid WHERE slot_name = '%s'`, began.Format(time.RFC3339Nano), slot.Name))
	}}
	upTo := flushed(t, conn)
	if reached, err := conn.Drain(t.Context(), slot, upTo, kept); err != nil || reached < upTo {
		t.Fatalf("up to %s and not %s: %v", reached, upTo, err)
	}
	same(t, s, kept.segments)
}

// Of two that drain a slot one is told that it is in use. Its connection is good for
// trying again.
func TestASlotIsForOneAtATime(t *testing.T) {
	t.Parallel()
	s := ours(t)
	first, second := s.dial(t, ""), s.dial(t, "")
	slot := s.slot(t, first)
	s.fill(t, 1)
	at, release := make(chan struct{}), make(chan struct{})
	kept := &shelf{before: func(_ context.Context, there int) error {
		if there == 0 {
			close(at)
			<-release
		}
		return nil
	}}
	upTo, done := flushed(t, first), make(chan error)
	go func() {
		_, err := first.Drain(t.Context(), slot, upTo, kept)
		done <- err
	}()
	<-at
	for range 2 {
		if _, err := second.Drain(t.Context(), slot, upTo, &shelf{}); !errors.Is(err, ErrBusy) {
			t.Errorf("the second: %v", err)
		}
	}
	close(release)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	s.restart(t, slot)
	left, err := second.Slot(t.Context(), slot.Name)
	if err != nil {
		t.Fatal(err)
	}
	rest := &shelf{}
	if _, err := second.Drain(t.Context(), left, upTo, rest); err != nil || len(rest.segments) != 1 {
		t.Fatalf("%v: %v", rest.segments, err)
	}
}

// Whoever is told to stop does so: while WAL is stored, and while there is none.
func TestADrainStopsWhenItIsToldTo(t *testing.T) {
	t.Parallel()
	s := ours(t)
	for name, stop := range map[string]func(slot string, end func(), s *shelf){
		"while one is kept": func(_ string, end func(), k *shelf) {
			k.before = func(ctx context.Context, _ int) error {
				end()
				return ctx.Err()
			}
		},
		"after one was kept": func(_ string, end func(), k *shelf) {
			k.before = func(context.Context, int) error {
				end()
				return nil
			}
		},
		"while nothing comes": func(slot string, end func(), _ *shelf) {
			go func() {
				_ = s.await(context.WithoutCancel(t.Context()),
					"SELECT sent_lsn = pg_current_wal_flush_lsn() FROM pg_stat_replication JOIN pg_replication_slots ON active_pid = pid WHERE slot_name = '"+slot+"'")
				end()
			}()
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, end := context.WithCancel(t.Context())
			defer end()
			conn := s.dial(t, "")
			slot := s.slot(t, conn)
			s.fill(t, 2)
			kept := &shelf{}
			stop(slot.Name, end, kept)
			if _, err := conn.Drain(ctx, slot, flushed(t, conn)+1<<40, kept); !errors.Is(err, context.Canceled) {
				t.Errorf("got %v", err)
			}
		})
	}
}
