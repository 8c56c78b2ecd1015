package browser

import (
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/authway/authway/frontend/pages"
	"github.com/authway/authway/shared/session"
)

const (
	sessionCookie = "authway_session"
	// BrowserCookie is the name of the browser's secret, over http: see Browser.
	BrowserCookie = "authway_browser"
	// edgeSecret is how long a secret is that nginx makes: 128 random bits in hexadecimal.
	edgeSecret = 32

	localeFor = 365 * 24 * time.Hour
)

// Cookies writes and reads Authway's cookies. Over https their names carry the
// prefix __Host-, which binds them to exactly this host; over http (a loopback
// address in development) browsers refuse the prefix.
type Cookies struct {
	secure bool
}

// CookiesFor makes the cookies of the public address.
func CookiesFor(public *url.URL) Cookies { return Cookies{secure: public.Scheme == "https"} }

func (c Cookies) name(plain string) string {
	if c.secure {
		return "__Host-" + plain
	}
	return plain
}

func (c Cookies) set(w http.ResponseWriter, name, value string, life time.Duration) {
	cookie := &http.Cookie{
		Name: c.name(name), Value: value, Path: "/", Secure: c.secure, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	}
	if life != 0 {
		cookie.MaxAge = int(life.Seconds())
	}
	http.SetCookie(w, cookie)
}

func (c Cookies) get(r *http.Request, name string) string {
	cookie, err := r.Cookie(c.name(name))
	if err != nil {
		return ""
	}
	return cookie.Value
}

// Session is the token that the browser holds, or "".
func (c Cookies) Session(r *http.Request) session.Token {
	return session.Token(c.get(r, sessionCookie))
}

// SetSession gives the browser a token. A session that is not remembered ends
// with the browser.
func (c Cookies) SetSession(w http.ResponseWriter, token session.Token, remembered bool) {
	var life time.Duration
	if remembered {
		life = session.Absolute
	}
	c.set(w, sessionCookie, string(token), life)
}

// ClearSession takes the token away.
func (c Cookies) ClearSession(w http.ResponseWriter) { c.set(w, sessionCookie, "", -time.Second) }

// Browser is the secret that tells this browser from others, made now if it has
// none. It lasts until the browser is closed and identifies nobody: it binds a
// sign-in to the browser that began it. The edge makes it with the first static page,
// so that all that the page sends at once is of one browser.
func (c Cookies) Browser(w http.ResponseWriter, r *http.Request) string {
	secret := c.get(r, BrowserCookie)
	if len(secret) == len(session.NewToken()) || len(secret) == edgeSecret {
		return secret
	}
	secret = string(session.NewToken())
	c.set(w, BrowserCookie, secret, 0)
	return secret
}

// SetLocale remembers the language that a person chose. The static pages'
// server reads it as well, so it has no prefix.
func (c Cookies) SetLocale(w http.ResponseWriter, locale string) {
	http.SetCookie(w, &http.Cookie{
		Name: pages.LocaleCookie, Value: locale, Path: "/", MaxAge: int(localeFor.Seconds()),
		Secure: c.secure, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

// ClientIP is the address of the person's machine as the edge has seen it: the
// edge overwrites X-Forwarded-For, and what is behind it can only add to it.
func ClientIP(r *http.Request) string {
	first, _, _ := strings.Cut(r.Header.Get("X-Forwarded-For"), ",")
	if address, err := netip.ParseAddr(strings.TrimSpace(first)); err == nil {
		return plainAddress(address)
	}
	if peer, err := netip.ParseAddrPort(r.RemoteAddr); err == nil {
		return plainAddress(peer.Addr())
	}
	return ""
}

// plainAddress leaves out the zone, which may be any text.
func plainAddress(a netip.Addr) string { return a.Unmap().WithZone("").String() }
