package login

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/authway/authway/functions/login/selfservice"
	"github.com/authway/authway/shared/credential"
	"github.com/authway/authway/shared/factor"
	"github.com/authway/authway/shared/problem"
	"github.com/authway/authway/shared/telemetry"
)

// How people show who they are, as it is counted. A sign-in with two factors is
// counted under both.
const (
	byPassword = "password"
	byPasskey  = "passkey"
	byProvider = "provider"
	// byCode is a code or a link that was mailed.
	byCode         = "code"
	byTOTP         = "totp"
	byRecoveryCode = "recovery_code"
)

// Limits that refuse a request, as they are counted.
const (
	limitAddress  = "address"
	limitGuesser  = "guesser"
	limitAccount  = "account"
	limitStranger = "stranger"
	limitPasskey  = "passkey"
	limitAsker    = "asker"
	limitMailbox  = "mailbox"
	limitResend   = "resend"
	limitFactor   = "factor"
)

var (
	methods = []string{byPassword, byPasskey, byProvider, byCode, byTOTP, byRecoveryCode}
	limits  = []string{
		limitAddress, limitGuesser, limitAccount, limitStranger, limitPasskey, limitAsker, limitMailbox, limitResend, limitFactor,
		selfservice.LimitGuesses, selfservice.LimitMails,
	}
)

// counts are the function's own series. The zero value counts nothing.
type counts struct{ shown, refused *prometheus.CounterVec }

// newCounts registers the series, each from 0 on: what has not happened yet would be no
// rise from nothing to one.
func newCounts(m *telemetry.Metrics) counts {
	c := counts{
		shown: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "authway_sign_ins_total",
			Help: "What people have shown to sign in, by the method and by whether it was right.",
		}, []string{"method", "outcome"}),
		refused: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "authway_rate_limited_total",
			Help: "Requests that were refused because there had been too many, by the limit.",
		}, []string{"limit"}),
	}
	for _, method := range methods {
		c.shown.WithLabelValues(method, "success")
		c.shown.WithLabelValues(method, "failure")
	}
	for _, limit := range limits {
		c.refused.WithLabelValues(limit)
	}
	m.Registry.MustRegister(c.shown, c.refused)
	return c
}

func (c counts) show(method string, right bool) {
	if c.shown == nil {
		return
	}
	outcome := "failure"
	if right {
		outcome = "success"
	}
	c.shown.WithLabelValues(method, outcome).Inc()
}

// refuse counts a request that a limit has refused.
func (c counts) refuse(limit string) {
	if c.refused != nil {
		c.refused.WithLabelValues(limit).Inc()
	}
}

// tooMany is the refusal of a limit, or nil without a wait.
func (c counts) tooMany(limit string, wait time.Duration) error {
	if wait <= 0 {
		return nil
	}
	c.refuse(limit)
	return problem.TooManyRequests.After(wait)
}

// countHashes registers what the hasher and the gate before it know.
func countHashes(m *telemetry.Metrics, h *credential.Hasher, g *gate) {
	counter := func(name, help string, read func() int64) prometheus.Collector {
		return prometheus.NewCounterFunc(prometheus.CounterOpts{Name: name, Help: help}, func() float64 { return float64(read()) })
	}
	gauge := func(name, help string, read func() int) prometheus.Collector {
		return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, func() float64 { return float64(read()) })
	}
	m.Registry.MustRegister(
		counter("authway_password_hashes_total", "Password hashes that were begun, to set a password or to check one.", h.Hashed),
		counter("authway_password_hashes_refused_total", "Password hashes that were not begun, because the line was full or too many were on their way to it.", func() int64 { return h.Refused() + g.refused.Load() }),
		gauge("authway_password_hashes_running", "Password hashes that are being made.", h.Running),
		gauge("authway_password_hashes_waiting", "Password hashes that stand in line.", h.Waiting),
	)
}

// ofCode is how the kind of a code is counted.
func ofCode(kind string) string {
	if kind == factor.Recovery {
		return byRecoveryCode
	}
	return byTOTP
}
