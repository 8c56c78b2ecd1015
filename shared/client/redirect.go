package client

import (
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/authway/authway/shared/word"
)

// How many addresses an application may have, and how long one may be.
const (
	maxURIs = 50
	maxURI  = 2048
)

// ownPaths are Authway's at its public address: what is sent there answers in
// Authway's name.
var ownPaths = []string{
	"/login", "/register", "/logout", "/signed-out", "/error", "/consent", "/account", "/api", "/token", "/admin", "/oauth2",
	"/userinfo", "/.well-known", "/health", "/ui", "/hooks", "/events",
}

// privateScheme is a domain in reverse (RFC 8252, section 7.1): it has a dot, and so
// none of the schemes that browsers give a meaning is one.
func privateScheme(s string) bool {
	return strings.Contains(s, ".") && word.Lower(s, 1, maxURI, "+-.") && s[0] >= 'a' &&
		!strings.Contains(s, "..") && !strings.HasSuffix(s, ".")
}

// Redirect says what is wrong with an address that people are sent back to, or with
// what they are sent to after a logout; "" is nothing. own is Authway's public
// address. Addresses are compared as they are written (RFC 6749, section 3.1.2.3),
// so that whatever makes two spellings of one address, or one of many, is refused.
func Redirect(uri string, k Kind, own *url.URL) (code string, warning bool) {
	u, code := parts(uri)
	if code != "" {
		return code, false
	}
	switch {
	case u.Scheme == "https" || u.Scheme == "http":
		return web(u, own)
	case !privateScheme(u.Scheme):
		return "uri_scheme", false
	case k != Native:
		return "uri_native", false
	case u.Opaque != "" || !strings.HasPrefix(uri, u.Scheme+":/"):
		return "uri_malformed", false
	}
	return "", false
}

// parts reads an address and refuses what none of ours may have.
func parts(uri string) (*url.URL, string) {
	switch {
	case uri == "":
		return nil, "uri_malformed"
	case len(uri) > maxURI:
		return nil, "uri_long"
	case strings.ContainsFunc(uri, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune(`\"<>^{}|`+"`", r) }):
		return nil, "uri_character"
	case strings.Contains(uri, "*"):
		return nil, "uri_wildcard"
	case strings.Contains(uri, "#"):
		return nil, "uri_fragment"
	}
	u, err := url.Parse(uri)
	if err != nil || u.Scheme == "" {
		return nil, "uri_malformed"
	}
	// url.Parse writes the scheme in small letters; Hydra compares what was written.
	if !strings.HasPrefix(uri, u.Scheme+":") {
		return nil, "uri_case"
	}
	if u.User != nil {
		return nil, "uri_userinfo"
	}
	if dotted(u) {
		return nil, "uri_path"
	}
	return u, ""
}

// dotted reports whether a path has a dot segment, plain or encoded, which some
// program on the way would resolve and another would not.
func dotted(u *url.URL) bool {
	return slices.ContainsFunc(strings.Split(u.Path, "/"), func(s string) bool { return s == "." || s == ".." })
}

func web(u *url.URL, own *url.URL) (code string, warning bool) {
	host := u.Hostname()
	if u.Opaque != "" || host == "" || strings.HasSuffix(host, ".") || strings.Contains(host, "%") {
		return "uri_malformed", false
	}
	if host != strings.ToLower(host) {
		return "uri_case", false
	}
	if port := u.Port(); port != "" || strings.HasSuffix(u.Host, ":") {
		if n, err := strconv.Atoi(port); err != nil || n < 1 || n > 65535 || strconv.Itoa(n) != port {
			return "uri_port", false
		}
	}
	if own != nil && sameHost(u, own) && ours(u.Path) {
		return "uri_own", false
	}
	if u.Scheme == "https" {
		return "", false
	}
	switch host {
	case "127.0.0.1", "::1":
		return "", false
	case "localhost":
		// Its name may be resolved to another address than the loopback one (RFC 8252,
		// section 8.3).
		return "uri_localhost", true
	}
	return "uri_insecure", false
}

func sameHost(u, own *url.URL) bool {
	return strings.EqualFold(u.Host, own.Host) || port(u) == port(own) && strings.EqualFold(u.Hostname(), own.Hostname())
}

func port(u *url.URL) string {
	if p := u.Port(); p != "" {
		return p
	}
	return map[string]string{"http": "80", "https": "443"}[u.Scheme]
}

func ours(path string) bool {
	return slices.ContainsFunc(ownPaths, func(p string) bool { return path == p || strings.HasPrefix(path, p+"/") })
}

// Page says what is wrong with the address of a page, a picture or a key set, which
// others open or Hydra asks: a script in the place of a link would run in the page
// that asks for consent.
func page(uri string) (code string, warning bool) {
	u, code := parts(uri)
	if code != "" {
		return code, false
	}
	if u.Scheme != "https" && u.Scheme != "http" {
		return "uri_scheme", false
	}
	return web(u, nil)
}

// notPublic are addresses that only the network at hand knows and netip has no word for:
// this network, shared addresses of carriers and clusters (RFC 6598), IPv4 within IPv6
// (RFC 6052, RFC 3056).
var notPublic = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("198.18.0.0/15"), netip.MustParsePrefix("240.0.0.0/4"), netip.MustParsePrefix("64:ff9b::/96"),
	netip.MustParsePrefix("64:ff9b:1::/48"), netip.MustParsePrefix("2002::/16"),
}

// insideNames end names that mean nothing, or something else, outside (RFC 6761,
// RFC 6762, RFC 9476 and what clusters and clouds use).
var insideNames = []string{".localhost", ".local", ".internal", ".svc", ".home.arpa", ".lan"}

// inside reports whether an address that has passed page leads into the network of
// whoever opens it. A public name may lead there as well, which nobody can see before
// it is opened: the network policy of Hydra is for that.
func inside(uri string) bool {
	u, err := url.Parse(uri)
	if err != nil || u.Scheme != "https" {
		return true
	}
	host := u.Hostname()
	if ip, err := netip.ParseAddr(host); err == nil {
		ip = ip.Unmap()
		return !ip.IsGlobalUnicast() || ip.IsPrivate() || slices.ContainsFunc(notPublic, func(p netip.Prefix) bool { return p.Contains(ip) })
	}
	if !strings.Contains(host, ".") {
		return true
	}
	// 127.1 and 0x7f.0.0.1 are addresses to some resolvers.
	if last := host[strings.LastIndexByte(host, '.')+1:]; strings.Trim(last, "0123456789") == "" || strings.HasPrefix(last, "0x") {
		return true
	}
	return slices.ContainsFunc(insideNames, func(name string) bool { return strings.HasSuffix(host, name) })
}

// origin says what is wrong with the origin of a page (RFC 6454, section 6.1).
func origin(text string) (code string, warning bool) {
	u, code := parts(text)
	if code != "" {
		return code, false
	}
	if u.Scheme+"://"+u.Host != text || u.Scheme != "https" && u.Scheme != "http" {
		return "origin_malformed", false
	}
	return web(u, nil)
}
