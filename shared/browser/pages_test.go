package browser_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/authway/authway/shared/problem"
)

func TestLongWaitsAreToldInMinutes(t *testing.T) {
	t.Parallel()
	for wait, want := range map[time.Duration]string{
		time.Second: "Seconds to wait: 1<", 2 * time.Minute: "Seconds to wait: 120<",
		121 * time.Second: "Minutes to wait: 3<", time.Hour: "Minutes to wait: 60<",
	} {
		w := answer(t, "text/html", func(http.ResponseWriter, *http.Request) error { return problem.TooManyRequests.After(wait) })
		if body := w.Body.String(); !strings.Contains(body, want) || strings.Count(body, "to wait: ") != 1 {
			t.Errorf("%v: %s", wait, body)
		}
	}
}
