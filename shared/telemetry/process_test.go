package telemetry

import (
	"errors"
	"runtime"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"
)

func TestTheAgeOfAProcess(t *testing.T) {
	t.Parallel()
	const rest = " S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 1234500 20 21"
	for name, c := range map[string]struct {
		stat, uptime string
		age          time.Duration
		known        bool
	}{
		"a program":             {"42 (token)" + rest, "12350.25 99.00\n", 5250 * time.Millisecond, true},
		"a name that means ill": {"42 (a) b (c) S 9)" + rest, "12350.25 99.00\n", 5250 * time.Millisecond, true},
		"cut off":               {"42 (token) S 1 2", "12350.25 99.00\n", 0, false},
		"no uptime":             {"42 (token)" + rest, "", 0, false},
	} {
		if age, known := ageOf([]byte(c.stat), []byte(c.uptime)); known != c.known || (age-c.age).Abs() > time.Millisecond {
			t.Errorf("%s: %s, %t", name, age, known)
		}
	}
}

func valuesOf(t *testing.T, m *Metrics, name string) map[string]float64 {
	t.Helper()
	families, err := m.Registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]float64{}
	for _, f := range families {
		if f.GetName() != name {
			continue
		}
		for _, s := range f.GetMetric() {
			all[of(s)] = s.GetGauge().GetValue() + s.GetCounter().GetValue()
		}
	}
	return all
}

// of are a series' labels but function.
func of(s *dto.Metric) (said string) {
	for _, l := range s.GetLabel() {
		if l.GetName() != "function" {
			said += l.GetValue() + " "
		}
	}
	return said
}

func TestTheColdStartIsKnownOnceItIsOver(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("nobody else tells when a process was started")
	}
	m := NewMetrics("login")
	if before := valuesOf(t, m, "authway_cold_start_seconds"); len(before) > 0 {
		t.Errorf("before it listens it has started in %v", before)
	}
	m.Listening()
	first := valuesOf(t, m, "authway_cold_start_seconds")
	if len(first) != 1 || first[""] > 600 {
		t.Errorf("it has started in %v", first)
	}
	// It does not grow.
	for end := time.Now().Add(50 * time.Millisecond); time.Now().Before(end); {
		runtime.Gosched()
	}
	if again := valuesOf(t, m, "authway_cold_start_seconds"); again[""] > first[""]+0.03 || again[""] < first[""]-0.03 {
		t.Errorf("it had started in %v, and now in %v", first, again)
	}
	if build := valuesOf(t, m, "authway_build_info"); len(build) != 1 {
		t.Errorf("what runs is %v", build)
	}
}

func TestLookupsAreCounted(t *testing.T) {
	t.Parallel()
	Lookups{}.Count(true, nil)
	m := NewMetrics("token")
	sessions, meanings := m.Lookups("session"), m.Lookups("introspection")
	sessions.Count(true, nil)
	sessions.Count(false, nil)
	sessions.Count(false, nil)
	meanings.Count(false, errors.New("down"))
	got := valuesOf(t, m, "authway_cache_requests_total")
	for series, want := range map[string]float64{
		"session hit ": 1, "session miss ": 2, "session error ": 0, "introspection hit ": 0, "introspection miss ": 0, "introspection error ": 1,
	} {
		if value, there := got[series]; !there || value != want {
			t.Errorf("%s: %v, %t, want %v", series, value, there, want)
		}
	}
}
