package token

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// seeOther is what a rule's redirect may be.
const seeOther = "303"

// envoyPrefix stands before the rule in what Envoy is told to put before paths.
const envoyPrefix = "/token/envoy/"

// question is what a gateway asks: by which rule, and what the visitor has called.
type question struct {
	rule, host, path, method string
}

// verify answers nginx (auth_request) and Traefik (ForwardAuth), which ask at one
// address, with the rule in its query, and say in headers what was called.
func (f *Function) verify(w http.ResponseWriter, r *http.Request) error {
	q := question{rule: r.URL.RawQuery, host: strings.ToLower(r.Host), path: "/", method: http.MethodGet}
	if host := r.Header.Get("X-Forwarded-Host"); host != "" {
		q.host = strings.ToLower(host)
	}
	if method := r.Header.Get("X-Forwarded-Method"); method != "" {
		q.method = method
	}
	for _, name := range []string{"X-Original-Uri", "X-Forwarded-Uri"} {
		if path := r.Header.Get(name); strings.HasPrefix(path, "/") {
			q.path = path
			break
		}
	}
	return f.answerGateway(w, r, q)
}

// verifyEnvoy answers Envoy (ext_authz over HTTP), which asks with the method, the
// host and the path of the visitor's request and a prefix of its own before the
// path: /token/envoy/RULE. The rule is a part of the path and not a query, which the
// visitor could add to; a path begins with a slash, and the rule ends before it.
func (f *Function) verifyEnvoy(w http.ResponseWriter, r *http.Request) error {
	rule, path, called := strings.Cut(strings.TrimPrefix(r.RequestURI, envoyPrefix), "/")
	if !called || strings.Contains(rule, "?") {
		return errForbidden
	}
	return f.answerGateway(w, r, question{
		rule: rule, host: strings.ToLower(r.Host), path: "/" + path, method: r.Method,
	})
}

// unknown says where a browser signs in, and comes back to what it asked for. The
// sign-in takes a path at our own host and nothing else as the way back.
func (f *Function) unknown(w http.ResponseWriter, r *http.Request, q question, rule url.Values, err error) error {
	to := *f.public
	to.Path = "/account/sign-in"
	to.RawQuery = url.Values{"return": {q.path}}.Encode()
	if f.leads(r, q, rule) {
		http.Redirect(w, r, to.String(), http.StatusSeeOther)
		return nil
	}
	w.Header().Set("X-Auth-Redirect", to.String())
	w.Header().Set("WWW-Authenticate", `Bearer realm="authway"`)
	if r.Header.Get("Authorization") != "" {
		w.Header().Set("WWW-Authenticate", `Bearer realm="authway", error="invalid_token"`)
	}
	return err
}

// leads reports whether the gateway passes our answer on to the browser (its rule
// says redirect=303) and the browser would follow: it opens a page, at the host that
// has the session's cookie and that the rule, if it names any, names. A script is
// told 401: it would follow to a page that is not for it.
func (f *Function) leads(r *http.Request, q question, rule url.Values) bool {
	if rule.Get("redirect") != seeOther || q.host != strings.ToLower(f.public.Host) || r.Header.Get("Authorization") != "" {
		return false
	}
	if hosts := rule["host"]; len(hosts) > 0 && !slices.Contains(hosts, q.host) {
		return false
	}
	if q.method != http.MethodGet && q.method != http.MethodHead {
		return false
	}
	if mode := r.Header.Get("Sec-Fetch-Mode"); mode != "" {
		return mode == "navigate"
	}
	return strings.Contains(r.Header.Get("Accept"), "text/html")
}
