package mail

import (
	"net/mail"
	"net/url"
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
)

// dress makes a letter's brand of a tenant's, whose picture is at the public address. The database has checked all of
// it; what does not look right here all the same is left out, because a letter
// without a logo is better than none.
func dress(public *url.URL, b tenant.Brand) brand {
	out := brand{Accent: plainAccent, On: white}
	if b.Plain() {
		return out
	}
	out.Name = plain(b.Name)
	if on, ok := tenant.WrittenOn(b.Accent); ok {
		out.Accent, out.On = b.Accent, on
	}
	if b.Picture != "" {
		b.Logo = public.JoinPath(b.PicturePath()).String()
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
