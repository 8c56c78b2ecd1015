package client

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/authway/authway/shared/oauth2"

	"github.com/authway/authway/shared/tenant"
)

// Kind is what sort of program an application is.
type Kind string

// Kinds.
const (
	// Web keeps a secret at a server.
	Web Kind = "web"
	// SPA runs in a browser, Native on a device: neither can keep a secret, and both prove
	// themselves by PKCE (RFC 7636).
	SPA    Kind = "spa"
	Native Kind = "native"
	// Machine acts for nobody but itself (RFC 6749, section 4.4).
	Machine Kind = "machine"
)

// Kinds are all of them.
var Kinds = []Kind{Web, SPA, Native, Machine}

// Grant types, and ways to prove which client asks (RFC 7591, section 2).
const (
	GrantCode      = "authorization_code"
	GrantRefresh   = "refresh_token"
	GrantMachine   = "client_credentials"
	GrantAssertion = "urn:ietf:params:oauth:grant-type:jwt-bearer"
	GrantDevice    = "urn:ietf:params:oauth:grant-type:device_code"

	AuthNone   = "none"
	AuthBasic  = "client_secret_basic"
	AuthPost   = "client_secret_post"
	AuthKey    = "private_key_jwt"
	typeOfCode = "code"
)

// Settings are what an operator may change of an application. The words are those of
// the administration API and of the file that declares applications.
type Settings struct {
	Name string `json:"name"`
	// FirstParty spares people the question for consent.
	FirstParty        bool `json:"firstParty"`
	SkipLogoutConsent bool `json:"skipLogoutConsent"`

	RedirectURIs              []string `json:"redirectUris"`
	PostLogoutRedirectURIs    []string `json:"postLogoutRedirectUris"`
	FrontchannelLogoutURI     string   `json:"frontchannelLogoutUri"`
	FrontchannelLogoutSession bool     `json:"frontchannelLogoutSession"`
	BackchannelLogoutURI      string   `json:"backchannelLogoutUri"`
	BackchannelLogoutSession  bool     `json:"backchannelLogoutSession"`
	// CORSOrigins are those whose scripts may read token answers.
	CORSOrigins []string `json:"corsOrigins"`

	GrantTypes    []string `json:"grantTypes"`
	ResponseTypes []string `json:"responseTypes"`
	Scopes        []string `json:"scopes"`
	Audience      []string `json:"audience"`
	AuthMethod    string   `json:"authMethod"`
	// JWKS are public keys, and JWKSURI where they are: one of the two at most.
	JWKS        json.RawMessage `json:"jwks,omitempty"`
	JWKSURI     string          `json:"jwksUri"`
	SubjectType string          `json:"subjectType"`
	Lifespans   Lifespans       `json:"lifespans"`

	// Claims are what each scope tells the application (package grant).
	Claims map[string][]string `json:"claims"`
	// AllTenants lets a program that has administration's scopes use them everywhere.
	AllTenants bool `json:"allTenants"`

	URI       string   `json:"uri"`
	LogoURI   string   `json:"logoUri"`
	PolicyURI string   `json:"policyUri"`
	TermsURI  string   `json:"termsUri"`
	Contacts  []string `json:"contacts"`
}

// Lifespans are in seconds, for tokens of each grant. 0 is what the installation says.
type Lifespans struct {
	CodeAccess      int `json:"codeAccess"`
	CodeID          int `json:"codeId"`
	CodeRefresh     int `json:"codeRefresh"`
	RefreshAccess   int `json:"refreshAccess"`
	RefreshID       int `json:"refreshId"`
	RefreshRefresh  int `json:"refreshRefresh"`
	MachineAccess   int `json:"machineAccess"`
	AssertionAccess int `json:"assertionAccess"`
}

// Application is a registration.
type Application struct {
	ID string
	// Tenant is the slug of whose people it is for; "" is the default tenant.
	Tenant string
	// Said is the kind that it was made as, or "".
	Said Kind
	Settings
	CreatedAt, UpdatedAt time.Time
	// Version changes with anything in the registration.
	Version string
}

// Kind is what it was made as, unless its settings have become another kind's.
func (a Application) Kind() Kind {
	public := a.AuthMethod == AuthNone
	people := slices.Contains(a.GrantTypes, GrantCode) || slices.Contains(a.GrantTypes, "implicit") || slices.Contains(a.GrantTypes, GrantDevice)
	switch {
	case !people:
		return Machine
	case !public:
		return Web
	case a.Said == Native || a.Said == SPA:
		return a.Said
	case slices.ContainsFunc(a.RedirectURIs, private):
		return Native
	}
	return SPA
}

// private reports whether a redirect URI has a scheme that belongs to an installed
// program.
func private(uri string) bool {
	scheme, _, ok := strings.Cut(uri, ":")
	return ok && scheme != "http" && scheme != "https"
}

// HasSecret reports whether it proves itself with a secret.
func (s Settings) HasSecret() bool { return s.AuthMethod == AuthBasic || s.AuthMethod == AuthPost }

// Filled is the settings with what the kind has where they say nothing, and with
// lists that are there if they are empty.
func (s Settings) Filled(k Kind) Settings {
	if len(s.GrantTypes) == 0 {
		s.GrantTypes = []string{GrantCode, GrantRefresh}
		if k == Machine {
			s.GrantTypes = []string{GrantMachine}
		}
	}
	if len(s.ResponseTypes) == 0 {
		// Hydra knows no client without one.
		s.ResponseTypes = []string{typeOfCode}
	}
	if s.AuthMethod == "" {
		s.AuthMethod = AuthBasic
		if k == SPA || k == Native {
			s.AuthMethod = AuthNone
		}
	}
	if s.Scopes == nil && k != Machine {
		s.Scopes = []string{oauth2.ScopeOpenID, "offline_access", oauth2.ScopeProfile, oauth2.ScopeEmail}
	}
	return s.Whole()
}

// Whole is the settings with lists that are there if they are empty.
func (s Settings) Whole() Settings {
	for _, list := range []*[]string{
		&s.RedirectURIs, &s.PostLogoutRedirectURIs, &s.CORSOrigins, &s.GrantTypes, &s.ResponseTypes, &s.Scopes, &s.Audience, &s.Contacts,
	} {
		if *list == nil {
			*list = []string{}
		}
	}
	if s.SubjectType == "" {
		s.SubjectType = "public"
	}
	if s.Claims == nil {
		s.Claims = map[string][]string{}
	}
	if len(s.JWKS) > 0 && (string(s.JWKS) == "null" || string(s.JWKS) == "{}") {
		s.JWKS = nil
	}
	return s
}

// Reach is how much an application may do that others may not.
type Reach int

// Reaches. Whoever changes an application has to be allowed to make one of its reach:
// to add an address to redirect to, or to change its secret, is to act as it.
const (
	// Ordinary is every application that asks people for consent.
	Ordinary Reach = iota
	// Trusted asks nobody, or administers its tenant.
	Trusted
	// Everywhere administers all tenants or the installation.
	Everywhere
)

// Scopes of administration begin with ownScopes; those of the installation with
// systemScopes.
const (
	ownScopes    = "authway."
	systemScopes = "authway.system."
)

// Reach is how far the application's rights go.
func (s Settings) Reach() Reach {
	reach := Ordinary
	if s.FirstParty {
		reach = Trusted
	}
	for _, scope := range s.Scopes {
		if meets(scope, systemScopes) {
			return Everywhere
		}
		if meets(scope, ownScopes) {
			reach = Trusted
		}
	}
	if s.AllTenants {
		return Everywhere
	}
	return reach
}

// meets reports whether a scope begins with the prefix, or could be taken for one that
// does. A registration that somebody else has made may hold wildcards, and a Hydra that
// is told nothing takes "*" and "*.tenants.write" for scopes of administration.
func meets(scope, prefix string) bool {
	literal, _, wild := strings.Cut(scope, "*")
	return strings.HasPrefix(literal, prefix) || wild && strings.HasPrefix(prefix, literal)
}

// Ids of Authway's own applications.
const (
	// Account is the application of the account pages, which lets in whoever
	// administers, too. Each tenant but the default one has one of its own, with its slug
	// behind it (AccountOf).
	Account  = "authway-account"
	reserved = "authway-"
)

// AccountOf is the id of a tenant's account application.
func AccountOf(slug string) string {
	if slug == tenant.Default {
		return Account
	}
	return Account + "-" + slug
}

// BuiltIn reports whether the application is one of Authway's own pages, whose
// registration Authway looks after itself.
func BuiltIn(id string) bool { return id == Account || strings.HasPrefix(id, Account+"-") }

// Readable reports whether id can be the id of a registration in an address: what has
// a dot alone, a space or a slash in it would be another path at Hydra.
func Readable(id string) bool {
	if id == "" || len(id) > 255 || id == "." || id == ".." {
		return false
	}
	return !strings.ContainsFunc(id, func(r rune) bool {
		return r <= ' ' || r > '~' || r == '/' || r == '\\' || r == '?' || r == '#' || r == '%'
	})
}
