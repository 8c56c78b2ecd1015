package guard

import (
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/authway/authway/shared/problem"
)

// Middleware is a handler around a handler.
type Middleware func(http.Handler) http.Handler

// Chain wraps h so that the first middleware is the first to see a request.
func Chain(h http.Handler, m ...Middleware) http.Handler {
	for _, wrap := range slices.Backward(m) {
		h = wrap(h)
	}
	return h
}

// The bodies of a form and of a program's call. The longest thing a form carries is a password.
const (
	SiteBody    = 64 << 10
	ServiceBody = 1 << 20
)

// Guard refuses requests in the words its audience understands.
type Guard struct {
	Problems problem.Writer
	Audience problem.Audience
}

// Site is the chain for pages and the scripts on them. public is the address people see.
func (g Guard) Site(public *url.URL, h http.Handler) http.Handler {
	return Chain(h, Headers(public), g.Recover, g.CrossSite(public), g.Limit(SiteBody), g.ContentTypes())
}

// Service is the chain for callers that are programs. There is no cross-site check: they hold a key and no
// ambient cookie, so there is nothing to forge.
func (g Guard) Service(h http.Handler) http.Handler {
	return Chain(h, Bare, g.Recover, g.Limit(ServiceBody), g.ContentTypes())
}

func (g Guard) refuse(w http.ResponseWriter, r *http.Request, err error) {
	g.Problems.Write(w, r, g.Audience, err)
}

// Recover turns a panic into the internal error. Once the answer has begun nothing can be said any more,
// and the connection is cut so that half an answer is not taken for a whole one.
func (g Guard) Recover(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t := problem.Track(w)
		defer func() {
			v := recover()
			if v == nil {
				return
			}
			if err, ok := v.(error); ok && errors.Is(err, http.ErrAbortHandler) {
				panic(v)
			}
			cause := fmt.Errorf("panic: %v\n%s", v, debug.Stack())
			if t.Begun() {
				if g.Problems.Log != nil {
					g.Problems.Log.ErrorContext(r.Context(), "panic after the answer began",
						"route", r.Pattern, "request_id", problem.Reference(r.Context()), "cause", cause)
				}
				panic(http.ErrAbortHandler)
			}
			g.refuse(w, r, problem.Internal.Because(cause))
		}()
		next.ServeHTTP(t, r)
	})
}

// Limit refuses bodies longer than bytes: at once when the length is declared, otherwise when the reader
// gets there (problem.Of knows that error).
func (g Guard) Limit(bytes int64) Middleware {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.ContentLength > bytes {
				// The rest of the body is not read to keep the connection: that is what was refused.
				w.Header().Set("Connection", "close")
				g.refuse(w, r, problem.TooLarge)
				return
			}
			r.Body = http.MaxBytesReader(w, r.Body, bytes)
			next.ServeHTTP(w, r)
		})
	}
}

// ContentTypes refuses bodies of other types than those named; without names, of other types than
// URL-encoded forms and JSON. text/plain is what a cross-site form can send to smuggle JSON past a
// preflight, and multipart makes the server write files.
func (g Guard) ContentTypes(types ...string) Middleware {
	if len(types) == 0 {
		types = []string{"application/x-www-form-urlencoded", "application/json"}
	}
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.ContentLength != 0 && !accepted(r.Header.Values("Content-Type"), types) {
				g.refuse(w, r, problem.UnsupportedMediaType)
				return
			}
			next.ServeHTTP(w, r)
		})
	}
}

// Exactly one header: with two, which one counts is a matter of taste, and tastes differ between us and
// whoever stands in front of us.
func accepted(headers, types []string) bool {
	if len(headers) != 1 {
		return false
	}
	mediaType, params, err := mime.ParseMediaType(headers[0])
	if err != nil || !slices.Contains(types, mediaType) {
		return false
	}
	charset, named := params["charset"]
	return !named || strings.EqualFold(charset, "utf-8")
}

// CrossSite refuses requests that change something and that a browser says came from another site
// (http.CrossOriginProtection: Sec-Fetch-Site, else Origin). Behind the edge a function may see another
// host than the person does, so the public address is trusted by name.
//
// A request with neither header is let through: it is no browser's of the last years. What a script could
// do from there is stopped by SameSite cookies and by binding a challenge to its browser.
func (g Guard) CrossSite(public *url.URL) Middleware {
	protection := http.NewCrossOriginProtection()
	if public != nil && public.Host != "" {
		// It fails only for what is no origin, and then nothing more is trusted.
		_ = protection.AddTrustedOrigin(public.Scheme + "://" + public.Host)
	}
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if err := protection.Check(r); err != nil {
				g.refuse(w, r, problem.CrossSite.Because(err))
				return
			}
			next.ServeHTTP(w, r)
		})
	}
}
