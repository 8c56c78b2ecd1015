package telemetry

import (
	"bytes"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/authway/authway/shared/clock"
)

// Listening notes that the function has opened its port: until then whoever woke it
// has waited.
func (m *Metrics) Listening() {
	now := clock.System().Now()
	m.listening.Store(&now)
}

// process are the series of the process itself, found out when they are asked for.
type process struct {
	m           *Metrics
	build, cold *prometheus.Desc
}

func newProcess(m *Metrics) process {
	return process{
		m:     m,
		build: prometheus.NewDesc("authway_build_info", "1, with what runs.", []string{"version", "goversion"}, nil),
		cold:  prometheus.NewDesc("authway_cold_start_seconds", "From the start of the process until the function listened.", nil, nil),
	}
}

// Describe says nothing, which spares a cold start.
func (process) Describe(chan<- *prometheus.Desc) {}

// Collect finds it out.
func (p process) Collect(to chan<- prometheus.Metric) {
	to <- prometheus.MustNewConstMetric(p.build, prometheus.GaugeValue, 1, version(), runtime.Version())
	listening := p.m.listening.Load()
	if listening == nil {
		return
	}
	if age, ok := age(); ok {
		took := age - clock.System().Now().Sub(*listening)
		to <- prometheus.MustNewConstMetric(p.cold, prometheus.GaugeValue, max(took, 0).Seconds())
	}
}

// version is that of the module, or else the commit that was built.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return s.Value[:min(len(s.Value), 12)]
		}
	}
	return "unknown"
}

// ticks are Linux's USER_HZ, in which /proc counts on every architecture (proc(5)).
const ticks = 100

// age is how long ago the process was started, to a hundredth of a second. It is known
// on Linux alone.
func age() (time.Duration, bool) {
	stat, err := os.ReadFile("/proc/self/stat")
	if err != nil {
		return 0, false
	}
	uptime, err := os.ReadFile("/proc/uptime")
	if err != nil {
		return 0, false
	}
	return ageOf(stat, uptime)
}

func ageOf(stat, uptime []byte) (time.Duration, bool) {
	// The program's name is in brackets and may hold anything; behind it, starttime is the
	// twentieth field.
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	up, _, _ := bytes.Cut(uptime, []byte(" "))
	if len(fields) < 20 {
		return 0, false
	}
	begun, err := strconv.ParseFloat(string(fields[19]), 64)
	if err != nil {
		return 0, false
	}
	now, err := strconv.ParseFloat(string(up), 64)
	if err != nil {
		return 0, false
	}
	return time.Duration((now - begun/ticks) * float64(time.Second)), true
}
