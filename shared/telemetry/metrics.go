package telemetry

import (
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
)

// Metrics are a function's numbers. Registry is for the function's own; every series of one process hangs
// from it and none from the global registry, so that five functions can share a process.
type Metrics struct {
	Registry *prometheus.Registry
	// Own adds the label function, for series that several functions have.
	Own prometheus.Registerer

	listening   atomic.Pointer[time.Time]
	lookupsOnce sync.Once
	lookups     *prometheus.CounterVec

	requests  *prometheus.CounterVec
	durations *prometheus.HistogramVec
}

// NewMetrics registers the series every function has.
func NewMetrics(function string) *Metrics {
	m := &Metrics{
		Registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "http_requests_total",
			Help: "Requests answered, by status code, method and route.",
		}, []string{"code", "method", "route"}),
		durations: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "http_request_duration_seconds",
			Help: "Time from the first byte of the head to the last byte of the answer.",
			// Cached answers take fractions of a millisecond, a password hash tens of them, and an answer
			// that takes longer than five seconds has failed its person.
			Buckets: []float64{0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10},
		}, []string{"route"}),
	}
	m.Own = prometheus.WrapRegistererWith(prometheus.Labels{"function": function}, m.Registry)
	m.Own.MustRegister(m.requests, m.durations, newProcess(m),
		lazily(sync.OnceValue(func() prometheus.Collector { return collectors.NewGoCollector() })),
		lazily(sync.OnceValue(func() prometheus.Collector {
			return collectors.NewProcessCollector(collectors.ProcessCollectorOpts{})
		})))
	return m
}

// lazily makes a collector with the first scrape. Making Go's costs more than all else here together, and a
// cold start would pay for it before its first answer.
type lazily func() prometheus.Collector

// Describe says nothing, which tells the registry not to check in advance.
func (l lazily) Describe(chan<- *prometheus.Desc) {}

// Collect asks the collector.
func (l lazily) Collect(ch chan<- prometheus.Metric) { l().Collect(ch) }

func (m *Metrics) observe(method, route string, status int, took time.Duration) {
	m.requests.WithLabelValues(strconv.Itoa(status), known(method), route).Inc()
	m.durations.WithLabelValues(route).Observe(took.Seconds())
}

// known closes the list of methods: a method is any token a client likes to send (RFC 9110 section 9.1).
func known(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch,
		http.MethodDelete, http.MethodOptions:
		return method
	}
	return "other"
}
