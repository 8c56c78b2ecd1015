package client

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/authway/authway/shared/grant"
	"github.com/authway/authway/shared/oauth2"
	"github.com/authway/authway/shared/word"
)

// Level is how much a finding matters.
type Level string

// Levels.
const (
	Error   Level = "error"
	Warning Level = "warning"
)

// Finding is something that is wrong with settings.
type Finding struct {
	// Field is the setting, with its place in a list behind a dot.
	Field string `json:"field"`
	Code  string `json:"code"`
	Level Level  `json:"level"`
	// Title is for people.
	Title string `json:"title"`

	// value is what was found, so that one that was there before is known again.
	value string
}

// Draft is a registration to be.
type Draft struct {
	// ID is checked if it is there.
	ID       string
	Kind     Kind
	Settings Settings
	// Before are the settings it replaces, or nil for a new one.
	Before *Settings
	// Own is Authway's public address.
	Own *url.URL
	// Inside lets addresses that Hydra asks be ones of the network that it is in. Whoever
	// writes the file or owns the installation says so: for anybody else Hydra would open
	// what they cannot reach.
	Inside bool
}

// How much of everything there may be.
const (
	maxName      = 200
	maxScopes    = 100
	maxAudiences = 50
	maxContacts  = 10
	maxKeys      = 64 << 10
	minLife      = 60
	maxLife      = 366 * 24 * 60 * 60
	// maxTrusted is for tokens of a program that administers: what is taken from its registration ends with them
	// wherever Authway is not asked.
	maxTrusted = 60 * 60
)

// isScope refuses the wildcard (*): what it stands for is for whoever compares to say.
func isScope(s string) bool {
	return len(s) <= 255 && oauth2.IsScope(s) && !strings.Contains(s, "*")
}

func isAudience(s string) bool { return word.Visible(s, 255) }

// isContact wants a mail address, and not one that mail has been sent to.
func isContact(s string) bool {
	box, domain, _ := strings.Cut(s, "@")
	return box != "" && domain != "" && utf8.RuneCountInString(box) <= 64 && utf8.RuneCountInString(domain) <= 255 &&
		!strings.ContainsAny(box+domain, "@ \t\n\f\r")
}

// Check says what is wrong with the draft. Only what has no error among its findings
// may be registered.
func Check(d Draft) []Finding {
	found := findings(d.ID, d.Settings.Whole(), d)
	if d.Before == nil {
		return found
	}
	had := map[string]bool{}
	for _, f := range findings("", d.Before.Whole(), d) {
		had[f.key()] = true
	}
	for i, f := range found {
		if had[f.key()] {
			found[i].Level = Warning
		}
	}
	return found
}

// addresses are other things in the place of an id in the API and the dashboard.
var addresses = []string{"check", "drift", "new"}

// key is the finding without its place in a list.
func (f Finding) key() string {
	field, _, _ := strings.Cut(f.Field, ".")
	return field + "\x00" + f.Code + "\x00" + f.value
}

// FirstError is the first finding that forbids, or nil.
func FirstError(found []Finding) *Finding {
	for i := range found {
		if found[i].Level == Error {
			return &found[i]
		}
	}
	return nil
}

// checker gathers findings.
type checker struct {
	kind   Kind
	own    *url.URL
	inside bool
	found  []Finding
}

func (c *checker) add(level Level, field, code, value string) {
	c.found = append(c.found, Finding{Field: field, Code: code, Level: level, Title: titles[code], value: value})
}

func (c *checker) refuse(field, code, value string) { c.add(Error, field, code, value) }

func findings(id string, s Settings, d Draft) []Finding {
	c := &checker{kind: d.Kind, own: d.Own, inside: d.Inside, found: []Finding{}}
	if id != "" && (!word.Mixed(id, 3, 100, "._-") || strings.HasPrefix(id, reserved) || slices.Contains(addresses, id)) {
		c.refuse("id", "id_malformed", id)
	}
	if name := strings.TrimSpace(s.Name); name == "" || len(s.Name) > maxName || strings.ContainsFunc(name, func(r rune) bool { return r < ' ' }) {
		c.refuse("name", "name_malformed", s.Name)
	}
	c.grants(s)
	c.authentication(s)
	c.redirects("redirectUris", s.RedirectURIs)
	c.redirects("postLogoutRedirectUris", s.PostLogoutRedirectURIs)
	c.logout(s)
	for i, o := range c.list("corsOrigins", s.CORSOrigins, maxURIs) {
		code, warning := origin(o)
		c.uri(fmt.Sprintf("corsOrigins.%d", i), code, warning, o)
	}
	c.words("scopes", s.Scopes, maxScopes, isScope, "scope_malformed")
	c.words("audience", s.Audience, maxAudiences, isAudience, "audience_malformed")
	c.words("contacts", s.Contacts, maxContacts, isContact, "contact_malformed")
	c.claims(s)
	c.lifespans(s.Lifespans)
	if s.Reach() != Ordinary && s.Lifespans.MachineAccess > maxTrusted {
		c.refuse("lifespans.machineAccess", "lifespan_trusted", fmt.Sprint(s.Lifespans.MachineAccess))
	}
	for field, uri := range map[string]string{"uri": s.URI, "logoUri": s.LogoURI, "policyUri": s.PolicyURI, "termsUri": s.TermsURI} {
		if uri != "" {
			code, warning := page(uri)
			c.uri(field, code, warning, uri)
		}
	}
	if s.SubjectType != "public" {
		// The token hook knows people by the subject.
		c.refuse("subjectType", "subject_pairwise", s.SubjectType)
	}
	slices.SortStableFunc(c.found, func(a, b Finding) int { return strings.Compare(a.Field+"\x00"+a.value, b.Field+"\x00"+b.value) })
	return c.found
}

func (c *checker) grants(s Settings) {
	for i, g := range c.list("grantTypes", s.GrantTypes, 10) {
		if !slices.Contains([]string{GrantCode, GrantRefresh, GrantMachine, GrantAssertion, GrantDevice}, g) {
			c.refuse(fmt.Sprintf("grantTypes.%d", i), "grant_unknown", g)
		}
	}
	for i, t := range c.list("responseTypes", s.ResponseTypes, 10) {
		if t != typeOfCode {
			// A token in an address is a token in logs and histories (RFC 9700, section 2.1.2).
			c.refuse(fmt.Sprintf("responseTypes.%d", i), "response_type", t)
		}
	}
	people := slices.Contains(s.GrantTypes, GrantCode)
	switch {
	case people && len(s.RedirectURIs) == 0:
		c.refuse("redirectUris", "uri_missing", "")
	case !people && len(s.RedirectURIs) > 0:
		c.refuse("redirectUris", "uri_useless", "")
	}
	if c.kind == Machine && people {
		c.refuse("grantTypes", "grant_machine", "")
	}
	if s.AuthMethod == AuthNone && slices.Contains(s.GrantTypes, GrantMachine) {
		c.refuse("grantTypes", "grant_public", "")
	}
}

func (c *checker) authentication(s Settings) {
	public := c.kind == SPA || c.kind == Native
	switch {
	case !slices.Contains([]string{AuthNone, AuthBasic, AuthPost, AuthKey}, s.AuthMethod):
		c.refuse("authMethod", "auth_unknown", s.AuthMethod)
	case public != (s.AuthMethod == AuthNone):
		c.refuse("authMethod", "auth_kind", s.AuthMethod)
	}
	if s.JWKSURI != "" {
		code, warning := c.asked(s.JWKSURI)
		c.uri("jwksUri", code, warning, s.JWKSURI)
	}
	if len(s.JWKS) > 0 {
		if code := keys(s.JWKS); code != "" {
			c.refuse("jwks", code, string(s.JWKS))
		}
	}
	given := len(s.JWKS) > 0 || s.JWKSURI != ""
	switch {
	case len(s.JWKS) > 0 && s.JWKSURI != "":
		c.refuse("jwksUri", "keys_both", "")
	case s.AuthMethod == AuthKey && !given:
		c.refuse("jwksUri", "keys_missing", "")
	}
}

// keys says what is wrong with a key set. A private key in a registration is read by
// everybody who may read that.
func keys(text json.RawMessage) string {
	var set struct {
		Keys []map[string]any `json:"keys"`
	}
	if len(text) > maxKeys || json.Unmarshal(text, &set) != nil || len(set.Keys) == 0 {
		return "keys_malformed"
	}
	for _, key := range set.Keys {
		for _, part := range []string{"d", "p", "q", "dp", "dq", "qi", "k"} {
			if _, private := key[part]; private {
				return "keys_private"
			}
		}
		if kind, _ := key["kty"].(string); kind == "" {
			return "keys_malformed"
		}
	}
	return ""
}

func (c *checker) redirects(field string, all []string) {
	for i, uri := range c.list(field, all, maxURIs) {
		code, warning := Redirect(uri, c.kind, c.own)
		if field != "redirectUris" && code == "uri_own" {
			code = ""
		}
		c.uri(fmt.Sprintf("%s.%d", field, i), code, warning, uri)
	}
}

func (c *checker) uri(field, code string, warning bool, value string) {
	switch {
	case code == "":
	case warning:
		c.add(Warning, field, code, value)
	default:
		c.refuse(field, code, value)
	}
}

// asked says what is wrong with an address that Hydra asks.
func (c *checker) asked(uri string) (code string, warning bool) {
	code, warning = page(uri)
	if code != "" && !warning || c.inside {
		return code, warning
	}
	if inside(uri) {
		return "uri_inside", false
	}
	return code, warning
}

// logout holds the addresses that hear of a logout to their rules. A server inside of
// the cluster may be told without TLS if it proves itself to Hydra (OpenID Connect
// Back-Channel Logout 1.0, section 2.2): the notice is signed.
func (c *checker) logout(s Settings) {
	if s.FrontchannelLogoutURI != "" {
		code, warning := page(s.FrontchannelLogoutURI)
		c.uri("frontchannelLogoutUri", code, warning, s.FrontchannelLogoutURI)
	}
	if s.BackchannelLogoutURI != "" {
		code, warning := c.asked(s.BackchannelLogoutURI)
		c.uri("backchannelLogoutUri", code, warning || code == "uri_insecure" && c.inside && s.AuthMethod != AuthNone, s.BackchannelLogoutURI)
	}
}

func (c *checker) claims(s Settings) {
	for scope, names := range s.Claims {
		field := "claims"
		if !isScope(scope) || len(s.Claims) > maxScopes {
			c.refuse(field, "scope_malformed", scope)
			continue
		}
		for _, name := range names {
			if !slices.Contains(grant.Names, name) {
				c.refuse(field, "claim_unknown", scope+" "+name)
			}
		}
		if !slices.Contains(s.Scopes, scope) {
			c.add(Warning, field, "claim_scope", scope)
		}
	}
}

func (c *checker) lifespans(l Lifespans) {
	for field, seconds := range map[string]int{
		"codeAccess": l.CodeAccess, "codeId": l.CodeID, "codeRefresh": l.CodeRefresh, "refreshAccess": l.RefreshAccess, "refreshId": l.RefreshID,
		"refreshRefresh": l.RefreshRefresh, "machineAccess": l.MachineAccess, "assertionAccess": l.AssertionAccess,
	} {
		if seconds != 0 && (seconds < minLife || seconds > maxLife) {
			c.refuse("lifespans."+field, "lifespan_range", fmt.Sprint(seconds))
		}
	}
}

// words holds a list to a form.
func (c *checker) words(field string, all []string, limit int, form func(string) bool, code string) {
	for i, said := range c.list(field, all, limit) {
		if !form(said) {
			c.refuse(fmt.Sprintf("%s.%d", field, i), code, said)
		}
	}
}

// list refuses one that is too long or says something twice, and returns what may be
// looked at.
func (c *checker) list(field string, all []string, limit int) []string {
	if len(all) > limit {
		c.refuse(field, "too_many", "")
		return all[:limit]
	}
	for i, one := range all {
		if slices.Contains(all[:i], one) {
			c.refuse(fmt.Sprintf("%s.%d", field, i), "duplicate", one)
		}
	}
	return all
}
