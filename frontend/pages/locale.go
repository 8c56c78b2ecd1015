package pages

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// LocaleCookie keeps a chosen language.
const LocaleCookie = "authway_locale"

const fallbackLocale = "en"

// Locales lists the languages the pages speak, the default first.
func Locales() []string { return []string{fallbackLocale, "ko", "ar"} }

// Locale is the language for a request: the chosen one, else the best of Accept-Language, else English.
func Locale(r *http.Request) string {
	if c, err := r.Cookie(LocaleCookie); err == nil && spoken(c.Value) {
		return c.Value
	}
	if best := Negotiate(r.Header.Get("Accept-Language")); best != "" {
		return best
	}
	return fallbackLocale
}

// Chosen is the language of a footer button's action value ("locale:ko"), or "".
func Chosen(action string) string {
	if locale, ok := strings.CutPrefix(action, "locale:"); ok && spoken(locale) {
		return locale
	}
	return ""
}

// Negotiate is the first of our languages in a list of wishes, or "". It takes an Accept-Language header
// (RFC 9110 12.5.4, matched by primary subtag) and the space-separated ui_locales of OpenID Connect.
func Negotiate(wishes string) string {
	// Nobody has a hundred languages; a longer header is an attack on this loop.
	if len(wishes) > 1024 {
		return ""
	}
	wishes = strings.NewReplacer("; ", ";", " ;", ";").Replace(wishes)
	best, bestWeight := "", 0.0
	for wish := range strings.FieldsFuncSeq(wishes, func(c rune) bool { return c == ',' || c == ' ' || c == '\t' }) {
		tag, parameters, _ := strings.Cut(wish, ";")
		primary, _, _ := strings.Cut(strings.ToLower(tag), "-")
		if primary == "*" {
			primary = fallbackLocale
		}
		if weight := quality(parameters); spoken(primary) && weight > bestWeight {
			best, bestWeight = primary, weight
		}
	}
	return best
}

func quality(parameters string) float64 {
	value, ok := strings.CutPrefix(strings.ToLower(parameters), "q=")
	if !ok {
		return 1
	}
	weight, err := strconv.ParseFloat(value, 64)
	if err != nil || !(weight >= 0 && weight <= 1) { // also false for NaN
		return 0
	}
	return weight
}

func spoken(locale string) bool { return slices.Contains(Locales(), locale) }
