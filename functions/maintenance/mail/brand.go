package mail

import (
	"math"
	"net/mail"
	"net/url"
	"strconv"
	"strings"

	"github.com/authway/authway/shared/tenant"
)

// brand is what a tenant's look adds to a letter. Its zero value adds nothing.
type brand struct {
	// Name and Logo stand above the letter; Logo is never without Name, which is
	// what people see whose mail program loads no pictures.
	Name, Logo string
	// Accent is the button's colour and On what is written on it.
	Accent, On string
	// Support is how the address reads, SupportLink where it leads.
	Support, SupportLink string
}

// Colours of a letter without a brand.
const (
	plainAccent = "#1d4ed8"
	white       = "#ffffff"
	black       = "#000000"
)

// dress makes a letter's brand of a tenant's. The database has checked all of
// it; what does not look right here all the same is left out, because a letter
// without a logo is better than none.
func dress(b tenant.Brand) brand {
	out := brand{Accent: plainAccent, On: white}
	if b.Plain() {
		return out
	}
	out.Name = plain(b.Name)
	if luminance, ok := luminanceOf(b.Accent); ok {
		out.Accent, out.On = b.Accent, writtenOn(luminance)
	}
	if isPage(b.Logo) {
		out.Logo = b.Logo
	}
	if isPage(b.Support) {
		out.Support, out.SupportLink = b.Support, b.Support
	} else if address, err := mail.ParseAddress(b.Support); err == nil && address.Address == b.Support {
		out.Support, out.SupportLink = b.Support, (&url.URL{Scheme: "mailto", Opaque: url.PathEscape(b.Support)}).String()
	}
	return out
}

func isPage(text string) bool {
	u, err := url.Parse(text)
	return err == nil && u.Scheme == "https" && u.Hostname() != "" && u.User == nil && !strings.ContainsFunc(text, notVisible)
}

func notVisible(r rune) bool { return r <= ' ' || r > '~' }

// luminanceOf is the relative luminance of a colour #rrggbb (WCAG 2.2).
func luminanceOf(colour string) (float64, bool) {
	digits, ok := strings.CutPrefix(colour, "#")
	value, err := strconv.ParseUint(digits, 16, 32)
	if !ok || err != nil || len(digits) != 6 {
		return 0, false
	}
	linear := func(channel uint64) float64 {
		c := float64(channel&255) / 255
		if c <= 0.04045 {
			return c / 12.92
		}
		return math.Pow((c+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(value>>16) + 0.7152*linear(value>>8) + 0.0722*linear(value), true
}

// writtenOn is black or white, whichever is read better on a colour. The worse
// one's contrast times the better one's is 21 for any colour, so that the better
// one's is never below the square root, 4.58: more than the 4.5 that text needs
// (WCAG 2.2, 1.4.3).
func writtenOn(luminance float64) string {
	if contrast(1, luminance) >= contrast(luminance, 0) {
		return white
	}
	return black
}

func contrast(light, dark float64) float64 { return (light + 0.05) / (dark + 0.05) }
