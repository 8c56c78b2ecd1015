package publish

import (
	"errors"
	"fmt"
	"testing"

	"github.com/authway/authway/shared/events"
	"github.com/authway/authway/shared/outbox"
)

func TestASinkThatIsBeingSetUpIsTriedAgain(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]string{
		302: putOff, 401: putOff, 403: putOff, 404: putOff, 405: putOff, 408: putOff, 409: putOff, 425: putOff, 429: putOff, 500: putOff,
		400: givenUp, 410: givenUp, 413: givenUp, 415: givenUp, 422: givenUp,
	} {
		failure := fmt.Errorf("post: %w", &events.RefusedError{Status: status})
		if got := judge(outbox.Claimed{Attempt: 1}, failure); got != want {
			t.Errorf("%d: %s, want %s", status, got, want)
		}
		if got := judge(outbox.Claimed{Attempt: outbox.MaxAttempts}, failure); got != givenUp {
			t.Errorf("%d at the last attempt: %s", status, got)
		}
	}
	if got := judge(outbox.Claimed{Attempt: 1}, errors.New("no route")); got != putOff {
		t.Errorf("no answer: %s", got)
	}
	if got := judge(outbox.Claimed{Attempt: 1}, nil); got != delivered {
		t.Errorf("an answer: %s", got)
	}
}
