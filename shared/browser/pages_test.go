package browser_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/authway/authway/shared/problem"
)

func TestHowLongToWaitIsTold(t *testing.T) {
	t.Parallel()
	for wait, want := range map[time.Duration]string{
		time.Millisecond: "0:01", time.Minute: "1:00", 59*time.Minute + 30*time.Second: "59:30", time.Hour: "1:00:00", 24*time.Hour - 1: "24:00:00",
	} {
		w := answer(t, "text/html", func(http.ResponseWriter, *http.Request) error { return problem.TooManyRequests.After(wait) })
		if !strings.Contains(w.Body.String(), "Time to wait: "+want+"<") {
			t.Errorf("%v is not told as %s: %s", wait, want, w.Body)
		}
	}
	w := answer(t, "text/html", func(http.ResponseWriter, *http.Request) error { return problem.BadRequest })
	if strings.Contains(w.Body.String(), "to wait") {
		t.Errorf("a wait that is none: %s", w.Body)
	}
}
