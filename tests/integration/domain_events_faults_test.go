package integration_test

import (
	"bytes"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"

	"github.com/authway/authway/shared/outbox"
	"github.com/authway/authway/tests/harness"
)

func TestSinkThatRefuses(t *testing.T) {
	t.Parallel()
	p := beginPublishing(t)
	p.happens("ada", "bob", "ada", "cy")
	for attempt, status := range []int{500, 503, 429, 408, 404, 409, 302} {
		p.answers(func(e event.Event) int {
			if e.Subject() == "ada" {
				return status
			}
			return 0
		})
		p.publish()
		p.tells("bob", "cy")
		if n := p.rows("subject = 'ada' AND attempts = ? AND delivered_at IS NULL AND dead_at IS NULL AND last_error = ?", attempt+1, answered(status)); n != 1 {
			t.Errorf("%d: ada's first is not put off", status)
		}
		p.clock.Advance(outbox.Wait(attempt+1, 1))
	}
	p.answers(nil)
	p.publish()
	p.tells("bob", "cy", "ada", "ada")
	p.onceEach()
}

func answered(status int) string { return "events: answered " + strconv.Itoa(status) }

func (p *publishing) rows(where string, args ...any) (n int) {
	p.delivery.t.Helper()
	if err := p.owner.NewRaw("SELECT count(*) FROM outbox WHERE "+where, args...).Scan(p.delivery.t.Context(), &n); err != nil {
		p.delivery.t.Fatal(err)
	}
	return n
}

// What a sink will never take is dead at once, stays, and is out of the way.
func TestRefusedForGoodIsDead(t *testing.T) {
	t.Parallel()
	p := beginPublishing(t)
	p.happens("ada", "ada", "bob")
	first := true
	p.answers(func(e event.Event) int {
		if e.Subject() == "ada" && first {
			first = false
			return http.StatusBadRequest
		}
		return 0
	})
	if got := p.publish(); got != "3 found, 2 delivered, 0 put off, 1 given up" {
		t.Errorf("got %s", got)
	}
	if n := p.rows("dead_at IS NOT NULL AND subject = 'ada' AND last_error = ?", answered(400)); n != 1 {
		t.Error("the dead row is not there")
	}
	for range 2 {
		p.clock.Advance(time.Hour)
		p.publish()
	}
	if len(p.asked) != 3 {
		t.Errorf("the sink was asked %d times", len(p.asked))
	}
}

func TestEventIsDeadAfterItsLastAttempt(t *testing.T) {
	t.Parallel()
	p := beginPublishing(t)
	p.happens("ada", "ada")
	p.answers(func(event.Event) int { return http.StatusInternalServerError })
	for attempt := range outbox.MaxAttempts {
		if n := p.rows("attempts = ? AND dead_at IS NULL", attempt); attempt > 0 && n != 1 {
			t.Fatalf("after %d attempts: %d rows", attempt, n)
		}
		p.publish()
		p.clock.Advance(outbox.Wait(attempt+1, 1))
	}
	if n := p.rows("attempts = ? AND dead_at IS NOT NULL", outbox.MaxAttempts); n != 1 {
		t.Error("it is not dead")
	}
	p.answers(nil)
	p.publish()
	p.tells("ada")
}

func TestSinkThatIsNotThereOrHangs(t *testing.T) {
	t.Parallel()
	p := beginPublishing(t)
	wire := harness.NewWire(t, p.server.Listener.Addr().String())
	p.publisher.Sink.URL = &url.URL{Scheme: "http", Host: wire.Address(), User: url.UserPassword("u", "hushhush")}
	p.happens("ada", "bob", "ada", "cy")
	wire.Cut()
	p.publish()
	wire.Mend()
	if n := p.rows("attempts > 0 AND last_error LIKE 'connect: %'"); n == 0 {
		t.Error("nothing was put off")
	}
	if n := p.rows("last_error LIKE '%hushhush%' OR claimed_until IS NOT NULL"); n != 0 {
		t.Errorf("%d rows tell the password or are held", n)
	}
	p.clock.Advance(time.Hour)
	release := make(chan struct{})
	p.answers(func(event.Event) int {
		<-release
		return http.StatusInternalServerError
	})
	began := time.Now()
	p.publish()
	if took := time.Since(began); took > 4*time.Second {
		t.Errorf("it took %s", took)
	}
	close(release)
	p.answers(nil)
	p.clock.Advance(time.Hour)
	p.publish()
	if got := p.told(); len(got) != 4 {
		t.Errorf("the sink was told %q", got)
	}
	p.onceEach()
}

// The sink took it and its answer was lost: the second has the same id.
func TestLostAnswerGivesTheSameID(t *testing.T) {
	t.Parallel()
	p := beginPublishing(t)
	p.happens("ada")
	p.answers(func(event.Event) int { panic(http.ErrAbortHandler) })
	p.publish()
	p.answers(nil)
	p.clock.Advance(time.Hour)
	p.publish()
	if len(p.asked) != 2 || p.asked[0].ID() != p.asked[1].ID() || p.asked[0].Source() != p.asked[1].Source() ||
		!bytes.Equal(p.asked[0].Data(), p.asked[1].Data()) {
		t.Errorf("got %v", p.asked)
	}
}

func TestManyProcessesPublishEachEventOnce(t *testing.T) {
	t.Parallel()
	p := beginPublishing(t)
	for i := range 60 {
		p.happens("p" + strconv.Itoa(i%7))
	}
	var processes sync.WaitGroup
	for range 4 {
		publisher := p.process()
		processes.Go(func() {
			if _, err := publisher.Job().Do(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	processes.Wait()
	p.publish()
	if got := p.told(); len(got) != 60 {
		t.Errorf("%d were told", len(got))
	}
	p.onceEach()
	last := map[string]time.Time{}
	for _, e := range p.taken {
		if e.Time().Before(last[e.Subject()]) {
			t.Errorf("%s: out of order", e.Subject())
		}
		last[e.Subject()] = e.Time()
	}
}

// The rows of what was sent are removed after a week, and what is looked at again for
// doubles goes back to the last run: nothing may have happened since, or there was no
// sink.
func TestNothingIsSentAgainAfterAQuietWeek(t *testing.T) {
	t.Parallel()
	p := beginPublishing(t)
	p.happens("ada")
	if got := p.publish(); got != "1 found, 1 delivered, 0 put off, 0 given up" {
		t.Fatalf("it says %s", got)
	}
	p.clock.Advance(8 * 24 * time.Hour)
	clean := func() int64 {
		n, err := p.outbox.Clean(t.Context(), p.clock.Now().Add(-7*24*time.Hour), p.clock.Now(), 10)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	clean()
	if due, err := p.publisher.Job().Due(t.Context(), p.clock.Now()); due || err != nil {
		t.Errorf("it is due: %t, %v", due, err)
	}
	p.happens("bob")
	p.publish()
	if told := p.told(); !slices.Equal(told, []string{"ada user.changed", "bob user.changed"}) {
		t.Errorf("told %v", told)
	}
	// The run has moved on, and the row is of no use any more.
	if n := clean(); n != 1 {
		t.Errorf("%d rows are removed", n)
	}
}
