package telemetry_test

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/authway/authway/shared/telemetry"
)

func TestALoggedErrorLosesTheQueriesOfItsAddresses(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	l := telemetry.NewLogger(&log, "token", slog.LevelInfo)
	l.Debug("below the level")
	l.Info("failed", "error", errors.New(`Get "http://h/a?code=s3cret": EOF`), "none", error(nil))
	if strings.Contains(log.String(), "s3cret") || !strings.Contains(log.String(), "EOF") || strings.Contains(log.String(), "below") {
		t.Errorf("log: %s", log.String())
	}
}

func TestFiveFunctionsCanShareAProcess(t *testing.T) {
	t.Parallel()
	var all prometheus.Gatherers
	for _, name := range []string{"login", "consent", "token"} {
		all = append(all, telemetry.NewMetrics(name).Registry)
	}
	if _, err := all.Gather(); err != nil {
		t.Fatal(err)
	}
	if got := len(series(t, all, "go_goroutines")); got != 3 {
		t.Errorf("%d series, want one per function", got)
	}
}

func TestTheOpsPortServesMetricsAndProfiles(t *testing.T) {
	t.Parallel()
	h := telemetry.OpsHandler(telemetry.NewMetrics("login").Registry)
	for path, want := range map[string]string{
		"/metrics":                       "process_start_time_seconds",
		"/debug/pprof/":                  "goroutine",
		"/debug/pprof/goroutine?debug=1": "goroutine profile",
		"/debug/pprof/cmdline":           "",
	} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		body, err := io.ReadAll(w.Body)
		if err != nil || w.Code != http.StatusOK || !strings.Contains(string(body), want) {
			t.Errorf("%s answered %d %.60q", path, w.Code, body)
		}
	}
}
