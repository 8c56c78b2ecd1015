package guard

import (
	"net/http"
	"net/url"
	"strings"
)

// Policy is the content security policy of every page: our own scripts, styles and images, nothing inline,
// nothing framed, forms that post home only, and no sink for strings that become code.
const Policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"base-uri 'none'; frame-ancestors 'none'; form-action 'self'; " +
	"require-trusted-types-for 'script'; trusted-types 'none'"

const permissions = "camera=(), microphone=(), geolocation=(), payment=(), usb=(), " +
	"publickey-credentials-get=(self), publickey-credentials-create=(self)"

// A year. Without includeSubDomains: Authway may live on the apex of a domain whose other hosts are not its
// to decide about.
const strictTransport = "max-age=31536000"

// Headers sets what every page says to the browser. A handler may override any of it: assets are cached, a
// page that frames something has a policy of its own.
func Headers(public *url.URL) Middleware {
	secure := public != nil && strings.EqualFold(public.Scheme, "https")
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			h := w.Header()
			h.Set("Content-Security-Policy", Policy)
			h.Set("X-Content-Type-Options", "nosniff")
			// Other sites learn nothing, not even that a person came from a sign-in page: its address holds
			// the challenge.
			h.Set("Referrer-Policy", "same-origin")
			h.Set("Cross-Origin-Opener-Policy", "same-origin")
			h.Set("Permissions-Policy", permissions)
			h.Set("Cache-Control", "no-store")
			if secure {
				h.Set("Strict-Transport-Security", strictTransport)
			}
			next.ServeHTTP(w, r)
		})
	}
}

// Bare sets what holds for answers to programs.
func Bare(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}
