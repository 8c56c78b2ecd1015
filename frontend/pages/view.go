package pages

import (
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// View is everything a page shows. Its twin is src/login/view.ts.
type View struct {
	// Page is login, register, consent, logout, signed-out, message or continue, or a step of a sign-in:
	// verify, confirm, recover, recover-code, recover-password, factor, enrol, codes, restore or invited.
	Page string `json:"page"`
	// Locale is chosen by Locale(r) when empty.
	Locale string `json:"locale"`
	// Reference is the request's id, to tell support.
	Reference string `json:"reference"`
	// Alert is the code of what went wrong, or on a message page of what it says.
	Alert string `json:"alert"`
	// Field is the name of the field Alert is about.
	Field string `json:"field"`
	// Wait is how long to wait before another try, as Wait writes it, or "".
	Wait   string `json:"wait"`
	Client Client `json:"client"`
	// Email and Name are what was typed before, or hinted.
	Email    string `json:"email"`
	Name     string `json:"name"`
	Remember bool   `json:"remember"`
	// Account is the e-mail address of the account in use.
	Account string  `json:"account"`
	Scopes  []Scope `json:"scopes"`
	// Next is where "continue" or "start again" leads.
	Next string `json:"next"`
	// Purpose is what a mail's link is for: verify_email or recover; of the page invited also invite, invite_name
	// (which asks for a name as well) and setup.
	Purpose string `json:"purpose"`
	// ResendAfter is how many seconds have to pass before another code is sent.
	ResendAfter int `json:"resendAfter"`
	// Methods are the second factors of the account, totp or recovery, and Method the one asked for.
	Methods []string `json:"methods"`
	Method  string   `json:"method"`
	// CodesLeft is how many recovery codes are left. It is told when few are.
	CodesLeft int `json:"codesLeft"`
	// Secret is a new key for an authenticator app, in groups, and URI the same as an otpauth: link.
	Secret string `json:"secret"`
	URI    string `json:"uri"`
	// Flow names the sign-in in further addresses. It is empty where nobody knows it yet.
	Flow string `json:"flow"`
	// Providers are those one may sign in at instead.
	Providers []Provider `json:"providers"`
	// DeleteAt is when the account is going to be deleted (RFC 3339). Its day is shown.
	DeleteAt string `json:"deleteAt"`
	// Codes are new recovery codes.
	Codes []string `json:"codes"`
	Look  Look     `json:"look"`
	// Closed says that nobody can make an account who is not invited.
	Closed bool `json:"closed"`
	// Least is how many characters a new password has at least.
	Least int `json:"least"`
}

// usualLeast is Least where nobody says more.
const usualLeast = 12

// OwnName is what a look is called that is nobody else's.
const OwnName = "Authway"

// Look is how the tenant looks whose people come to the page. Its zero value is Authway's own.
type Look struct {
	// Name is OwnName, or stands in its place.
	Name string `json:"name"`
	// Logo is the path of a picture.
	Logo string `json:"logo"`
	// Accent is a colour as rrggbb: the name of a style sheet below Brand.
	Accent string `json:"accent"`
	// Welcome is a sentence for the sign-in page, in the page's language; Welcomes are those of all languages.
	Welcome  string            `json:"welcome"`
	Welcomes map[string]string `json:"-"`
	// Support is where help is asked for: a page, or a mail address, which Help leads to.
	Support string `json:"support"`
	Help    string `json:"help"`
	Terms   string `json:"terms"`
	Privacy string `json:"privacy"`
}

// Brand is where the style sheets and pictures of tenants are.
const Brand = "/login/brand/"

// Own is the look without what a page must not show: a picture or a style sheet from elsewhere, and links that
// are none.
func (l Look) Own() Look {
	if l.Name == "" {
		l.Name = OwnName
	}
	if !hex(l.Accent, 6) {
		l.Accent = ""
	}
	if sum, own := strings.CutPrefix(l.Logo, Brand); !own || !hex(sum, 64) {
		l.Logo = ""
	}
	l.Terms, l.Privacy, l.Help = link(l.Terms), link(l.Privacy), link(l.Support)
	if mailbox(l.Support) {
		l.Help = "mailto:" + l.Support
	}
	if l.Help == "" {
		l.Support = ""
	}
	return l
}

func hex(s string, digits int) bool {
	return len(s) == digits && strings.Trim(s, "0123456789abcdef") == ""
}

func mailbox(s string) bool {
	box, domain, _ := strings.Cut(s, "@")
	return box != "" && domain != "" && !strings.ContainsAny(box+domain, "@/:?\" \t\n\f\r")
}

// In is Own with the sentence of a language.
func (l Look) In(locale string) Look {
	l = l.Own()
	if l.Welcomes != nil {
		l.Welcome = l.Welcomes[locale]
	}
	l.Welcomes = nil
	return l
}

// Client is the application a person signs in to, in its own words.
type Client struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Logo   string `json:"logo"`
	URI    string `json:"uri"`
	Policy string `json:"policy"`
	Terms  string `json:"terms"`
}

// Provider is another place to sign in at: the end of its address here, and what people know it by.
type Provider struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Scope is one thing a client asks for.
type Scope struct {
	Name     string `json:"name"`
	Required bool   `json:"required"`
}

var forms = []string{
	"login", "register", "consent", "logout",
	"verify", "confirm", "recover", "recover-code", "recover-password", "factor", "enrol", "codes", "restore", "invited",
}

// With more codes than this left there is nothing to worry about.
const fewCodes = 3

// Nothing can be typed that would help against these: the form gives way to the message and its link.
// App.tsx does the same to a form in the browser.
var final = []string{
	"expired", "unknown_challenge", "finished", "used", "denied", "not_found", "confirmed_elsewhere", "link_elsewhere",
}

// forPage is v as a page may show it. html/template would make an unsafe link inert by itself; here it
// goes away instead, because React draws the same link from the JSON and has no such filter.
func (v View) forPage(r *http.Request) View {
	if v.Alert != "" && slices.Contains(forms, v.Page) && (v.Next != "" || slices.Contains(final, v.Alert)) {
		v.Page = "message"
	}
	v.DeleteAt = day(v.DeleteAt)
	v.Next = link(v.Next)
	v.Client.URI = link(v.Client.URI)
	v.Client.Policy = link(v.Client.Policy)
	v.Client.Terms = link(v.Client.Terms)
	v.Client.Logo = ownImage(v.Client.Logo, publicHost(r))
	v.Look = v.Look.In(v.Locale)
	if v.Client.Logo == "" {
		v.Client.Logo = v.Look.Logo
	}
	if v.Least == 0 {
		v.Least = usualLeast
	}
	if v.Client.Name == "" {
		v.Client.Name = v.Client.ID
	}
	if !strings.HasPrefix(v.URI, "otpauth://") {
		v.URI = ""
	}
	if v.CodesLeft > fewCodes {
		v.CodesLeft = 0
	}
	v.Scopes, v.Methods, v.Codes, v.Providers = list(v.Scopes), list(v.Methods), list(v.Codes), list(v.Providers)
	return v
}

// day is that of a moment, which a page can show without knowing the person's time zone.
func day(moment string) string {
	at, err := time.Parse(time.RFC3339, moment)
	if err != nil {
		return ""
	}
	return at.UTC().Format(time.DateOnly)
}

// Wait writes some seconds as 0:42, 59:30 or 23:59:59, and none as "".
func Wait(seconds int) string {
	h, m, s := seconds/3600, seconds/60%60, seconds%60
	switch {
	case seconds <= 0:
		return ""
	case h == 0:
		return fmt.Sprintf("%d:%02d", m, s)
	}
	return fmt.Sprintf("%d:%02d:%02d", h, m, s)
}

// Null is not a list to React.
func list[T any](items []T) []T {
	if items == nil {
		return []T{}
	}
	return items
}

// KeyLink is URI as html/template shows it: a link to an authenticator app is safe in the eyes of forPage,
// which lets no other scheme through, and not in those of html/template.
func (v View) KeyLink() template.URL { return template.URL(v.URI) }

func link(address string) string {
	u, err := url.Parse(address)
	if err != nil || (u.Scheme != "" && u.Scheme != "http" && u.Scheme != "https") {
		return ""
	}
	return u.String()
}

// publicHost is the host that the person sees: behind the edge a function is called by another one.
func publicHost(r *http.Request) string {
	if host := r.Header.Get("X-Forwarded-Host"); host != "" {
		return host
	}
	return r.Host
}

// The content security policy loads images from our own origin only: a logo from elsewhere would be a hole.
func ownImage(address, host string) string {
	u, err := url.Parse(link(address))
	if err != nil || (u.Host != "" && !strings.EqualFold(u.Host, host)) {
		return ""
	}
	// Browsers find a host here, where the standard has none.
	if u.Host == "" && (u.Scheme != "" || u.User != nil || strings.HasPrefix(u.Path, "//")) {
		return ""
	}
	return u.String()
}
