package provider

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/authway/authway/shared/oauth2"
	"github.com/authway/authway/shared/word"
)

// Google is the issuer of Google's accounts, and GoogleID the id of its
// provider here.
const (
	Google   = "https://accounts.google.com"
	GoogleID = "google"
)

const (
	maxProviders = 50
	maxName      = 60
)

// Settings are what is known of a provider before it has been asked.
type Settings struct {
	// ID is a slug: it stands in addresses, and beside the identities of people.
	ID string
	// Name is what people know it by.
	Name string
	// Issuer is compared byte by byte with what the provider says of itself.
	Issuer   string
	ClientID string
	// Scopes hold openid.
	Scopes []string
	// Tenants are the slugs of those that may use it; nil is all.
	Tenants []string
	// TrustEmail says that the provider's addresses are verified though it does not
	// say so (email_verified): it made them itself.
	TrustEmail bool

	secret string
}

// Format keeps the secret out of whatever is printed.
func (s Settings) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "provider "+s.ID) }

// ForGoogle are the settings of Google's accounts.
func ForGoogle(clientID, secret string) Settings {
	return Settings{
		ID: GoogleID, Name: "Google", Issuer: Google, ClientID: clientID, Scopes: scopes(nil), secret: secret,
	}
}

// entry is a provider as it is written.
type entry struct {
	ID           string   `json:"id"`
	Name         string   `json:"name"`
	Issuer       string   `json:"issuer"`
	ClientID     string   `json:"client_id"`
	ClientSecret string   `json:"client_secret"`
	Scopes       []string `json:"scopes"`
	Tenants      []string `json:"tenants"`
	TrustEmail   bool     `json:"trust_email"`
}

// Parse reads a list of providers in JSON. Its complaints are all that are to
// be made, a sentence each, and hold no value of the list: one of them is a
// secret, and it may stand in the wrong place.
func Parse(text string) (list []Settings, complaints []string) {
	var raw []json.RawMessage
	if err := json.Unmarshal([]byte(text), &raw); err != nil {
		return nil, []string{"has to be a list in JSON: [{\"id\": …, \"name\": …, \"issuer\": …, \"client_id\": …, \"client_secret\": …}]"}
	}
	if len(raw) > maxProviders {
		return nil, []string{fmt.Sprintf("has more than %d entries", maxProviders)}
	}
	seen := map[string]bool{}
	for i, item := range raw {
		complain := func(sentence string) { complaints = append(complaints, fmt.Sprintf("entry %d: %s", i+1, sentence)) }
		decoder := json.NewDecoder(bytes.NewReader(item))
		decoder.DisallowUnknownFields()
		var e entry
		if err := decoder.Decode(&e); err != nil {
			complain("a field is unknown or of the wrong type; there are id, name, issuer, client_id, client_secret, scopes, tenants and trust_email")
			continue
		}
		e.check(complain)
		if e.ID != "" && seen[e.ID] {
			complain("another entry has the same id")
		}
		seen[e.ID] = true
		list = append(list, Settings{
			ID: e.ID, Name: e.Name, Issuer: e.Issuer, ClientID: e.ClientID, Scopes: scopes(e.Scopes),
			Tenants: e.Tenants, TrustEmail: e.TrustEmail, secret: e.ClientSecret,
		})
	}
	return list, complaints
}

func (e entry) check(complain func(string)) {
	if !word.Provider(e.ID) {
		complain("the id has to be up to 32 small letters, digits and hyphens")
	}
	if strings.TrimSpace(e.Name) != e.Name || e.Name == "" || !utf8.ValidString(e.Name) ||
		utf8.RuneCountInString(e.Name) > maxName || strings.ContainsFunc(e.Name, unicode.IsControl) {
		complain("the name has to be what people know the provider by, up to 60 characters")
	}
	if !issuer(e.Issuer) {
		complain("the issuer has to be an https address without query, such as https://id.example.com (http on this machine alone)")
	}
	if e.ClientID == "" {
		complain("there is no client_id")
	}
	if e.ClientSecret == "" {
		complain("there is no client_secret")
	}
	if slices.ContainsFunc(e.Scopes, func(s string) bool { return !oauth2.IsScope(s) }) {
		complain("the scopes have to be words")
	}
	if e.Tenants != nil && len(e.Tenants) == 0 {
		complain("tenants is empty: leave it out to offer the provider to all")
	}
	if slices.ContainsFunc(e.Tenants, func(s string) bool { return !word.Slug(s) }) {
		complain("the tenants have to be slugs")
	}
}

// issuer reports whether text is one (OpenID Connect Discovery 1.0, section 3).
// Over plain http anybody on the way could be the provider; on this machine
// there is no way.
func issuer(text string) bool {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.User != nil || strings.ContainsAny(text, "?#") {
		return false
	}
	if u.Scheme == "https" {
		return true
	}
	ip := net.ParseIP(u.Hostname())
	return u.Scheme == "http" && (u.Hostname() == "localhost" || ip != nil && ip.IsLoopback())
}

func scopes(chosen []string) []string {
	if chosen == nil {
		chosen = []string{"email", "profile"}
	}
	return append([]string{"openid"}, slices.DeleteFunc(slices.Clone(chosen), func(s string) bool { return s == "openid" })...)
}
