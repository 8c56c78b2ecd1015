package token

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httputil"
	"net/url"
	"time"

	"github.com/authway/authway/shared/problem"
	"github.com/authway/authway/shared/revoked"
	"github.com/authway/authway/shared/telemetry"
)

// revoke passes a revocation (RFC 7009) on to Hydra, and then tells everybody who
// keeps what the token meant. What it meant is asked before: Hydra does not say
// afterwards. A refresh token ends the access tokens beside it, and so names what
// the person has granted the application.
func (f *Function) revoke(w http.ResponseWriter, r *http.Request) error {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	var ends []revoked.Name
	if form, err := url.ParseQuery(string(body)); err == nil {
		said, err := f.hydra.Introspect(r.Context(), form.Get("token"))
		if err != nil {
			return problem.Unavailable.Because(err)
		}
		if said.Active {
			ends = append(ends, revoked.Grant(said.Subject, said.ClientID))
			if said.Subject == said.ClientID {
				ends = append(ends, revoked.Client(said.ClientID))
			}
		}
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	answered := &status{ResponseWriter: w}
	f.hydraPublic.ServeHTTP(answered, r)
	if answered.code == http.StatusOK {
		return f.board.Post(context.WithoutCancel(r.Context()), ends...)
	}
	return nil
}

// status notes how Hydra has answered.
type status struct {
	http.ResponseWriter
	code int
}

func (s *status) WriteHeader(code int) {
	s.code = code
	s.ResponseWriter.WriteHeader(code)
}

// Unwrap is for http.ResponseController.
func (s *status) Unwrap() http.ResponseWriter { return s.ResponseWriter }

// hydraWithin is how long Hydra may take to begin an answer. It tries a hook three
// times in three seconds.
const hydraWithin = 30 * time.Second

// passOn is Hydra's public side. Where the browser is and what it called is the
// edge's to say, as for all of Hydra's paths. A client's secret is exchanged on the way
// where that is due.
func passOn(to *url.URL, secrets *overlaps, refuse func(http.ResponseWriter, *http.Request, error)) *httputil.ReverseProxy {
	return &httputil.ReverseProxy{
		Transport: proving{overlaps: secrets, next: telemetry.Traced("hydra", &http.Transport{
			MaxIdleConnsPerHost:   maxPassedOn,
			IdleConnTimeout:       90 * time.Second,
			ResponseHeaderTimeout: hydraWithin,
			// What Hydra compressed is passed on as it is.
			DisableCompression: true,
		})},
		Rewrite: func(p *httputil.ProxyRequest) {
			p.SetURL(to)
			for _, name := range []string{"X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto"} {
				p.Out.Header[name] = p.In.Header[name]
			}
			// With either of them a request is sent once more when its connection breaks, and a code
			// or a refresh token that is shown twice ends everything that came of it (RFC 6749,
			// section 4.1.2).
			p.Out.Header.Del("Idempotency-Key")
			p.Out.Header.Del("X-Idempotency-Key")
		},
		ErrorHandler: func(w http.ResponseWriter, r *http.Request, err error) {
			refuse(w, r, problem.Unavailable.Because(err))
		},
	}
}
