package edge

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"time"

	"github.com/authway/authway/shared/problem"
)

const (
	connectTimeout = 2 * time.Second
	// answerTimeout is longer than the 30 s that a function gives itself, so that
	// its own error arrives and not ours.
	answerTimeout = 35 * time.Second

	// connections to a function, and to Hydra. Hydra stands still when more
	// requests are under way than it has database connections (a hundred), and the
	// functions' own calls to it count as well.
	connections      = 256
	hydraConnections = 64
)

type proxy struct {
	target  *url.URL
	forward *httputil.ReverseProxy
}

// forwardedByUs are headers that a proxy in front might have set and nobody is in front.
var forwardedByUs = []string{"X-Real-Ip", "X-Forwarded-Port", "X-Forwarded-Prefix", "X-Forwarded-Server", "X-Original-Url", "X-Rewrite-Url"}

func newProxy(name Upstream, target, public *url.URL, failed func(http.ResponseWriter, *http.Request, error)) *proxy {
	limit := connections
	if name == Hydra {
		limit = hydraConnections
	}
	return &proxy{target: target, forward: &httputil.ReverseProxy{
		Transport: &http.Transport{
			DialContext:           (&net.Dialer{Timeout: connectTimeout}).DialContext,
			ResponseHeaderTimeout: answerTimeout,
			MaxConnsPerHost:       limit,
			MaxIdleConnsPerHost:   limit,
			IdleConnTimeout:       90 * time.Second,
			// What an upstream compressed is passed on as it is.
			DisableCompression: true,
		},
		Rewrite: func(p *httputil.ProxyRequest) {
			// Before this, ReverseProxy has dropped Forwarded and X-Forwarded-* of the client.
			p.SetURL(target)
			p.SetXForwarded()
			h := p.Out.Header
			h.Set("X-Forwarded-Proto", public.Scheme)
			h.Set("X-Forwarded-Host", public.Host)
			h.Set("X-Request-Id", problem.Reference(p.In.Context()))
			for _, name := range forwardedByUs {
				h.Del(name)
			}
		},
		ModifyResponse: func(res *http.Response) error {
			// The answer carries ours already.
			res.Header.Del("X-Request-Id")
			if public, _ := res.Request.Context().Value(publicRoute{}).(bool); public {
				res.Header.Del("Access-Control-Allow-Credentials")
				res.Header.Set("Access-Control-Allow-Origin", "*")
			}
			return nil
		},
		ErrorHandler: failed,
	}}
}

// publicRoute is the key of Route.Public in a request's context.
type publicRoute struct{}

func (p *proxy) serve(w http.ResponseWriter, r *http.Request, route Route) {
	if route.Public {
		r = r.WithContext(context.WithValue(r.Context(), publicRoute{}, true))
	}
	if route.At != "" {
		r = r.Clone(r.Context())
		r.URL.Path, r.URL.RawPath = route.At, ""
	}
	p.forward.ServeHTTP(w, r)
}

// failed answers for an upstream that did not.
func (e *edge) failed(w http.ResponseWriter, r *http.Request, err error) {
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		e.refuse(w, r, problem.TooLarge.Because(err))
	case r.Context().Err() != nil:
		// The browser left. Nobody reads the answer; the log gets the status that nginx writes for it.
		w.WriteHeader(499)
	default:
		e.refuse(w, r, problem.Unavailable.Because(err))
	}
}
