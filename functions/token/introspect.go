package token

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"github.com/authway/authway/shared/problem"
	"github.com/authway/authway/shared/resource"
	"github.com/authway/authway/shared/tokens"
)

// introspectionType is the media type of a signed answer (RFC 9701, section 4).
const introspectionType = "application/token-introspection+jwt"

// introspection is an answer of RFC 7662, section 2.2, with our own claims beside
// the registered ones.
type introspection struct {
	Active    bool     `json:"active"`
	Scope     string   `json:"scope,omitempty"`
	ClientID  string   `json:"client_id,omitempty"`
	TokenType string   `json:"token_type,omitempty"`
	ExpiresAt int64    `json:"exp,omitempty"`
	IssuedAt  int64    `json:"iat,omitempty"`
	NotBefore int64    `json:"nbf,omitempty"`
	Subject   string   `json:"sub,omitempty"`
	Audience  []string `json:"aud,omitempty"`
	Issuer    string   `json:"iss,omitempty"`
	Tenant    string   `json:"tenant,omitempty"`
	Roles     []string `json:"roles,omitempty"`
	// Further claims, where the application's metadata has them put into access tokens.
	Email         string `json:"email,omitempty"`
	EmailVerified *bool  `json:"email_verified,omitempty"`
	Name          string `json:"name,omitempty"`
	Locale        string `json:"locale,omitempty"`
	UpdatedAt     int64  `json:"updated_at,omitempty"`
}

// introspectToken answers a resource server (RFC 7662). Of a token that is not for
// it, it learns what it would of one that does not exist.
func (f *Function) introspectToken(w http.ResponseWriter, r *http.Request) error {
	if err := form(r); err != nil {
		return err
	}
	asks, err := f.server(r)
	if err != nil {
		return err
	}
	token, err := once(r.PostForm, "token")
	if err != nil || token == "" {
		return errInvalidRequest
	}
	m, err := f.meaningOf(r.Context(), token)
	if err != nil {
		return unavailable(err)
	}
	if !f.concerns(r.Context(), m, asks) {
		m = meaning{}
	}
	answer := introspection{Active: m.Active}
	if m.Active {
		answer = introspection{
			Active: true, Scope: m.Scope, ClientID: m.ClientID, TokenType: "Bearer", ExpiresAt: m.ExpiresAt,
			IssuedAt: m.IssuedAt, NotBefore: m.NotBefore, Subject: m.Subject, Audience: m.Audience,
			Issuer: f.public.String(), Tenant: m.text("tenant"), Roles: m.roles(),
			Email: m.text("email"), EmailVerified: m.flag("email_verified"), Name: m.text("name"), Locale: m.text("locale"),
			UpdatedAt: m.number("updated_at"),
		}
	}
	if strings.Contains(r.Header.Get("Accept"), introspectionType) {
		return f.signedIntrospection(w, r, asks, answer)
	}
	return writeJSON(w, answer)
}

// concerns reports whether the token is a resource server's to know: of its tenant,
// and made for its audience or for none.
func (f *Function) concerns(ctx context.Context, m meaning, s resource.Server) bool {
	if !m.Active {
		return false
	}
	if len(m.Audience) > 0 && !slices.Contains(m.Audience, s.Audience) {
		return false
	}
	home, err := f.homes.get(digest("tenant", s.TenantID.String()), func() (string, error) {
		t, err := f.tenants.ByID(context.WithoutCancel(ctx), s.TenantID)
		return t.Slug, err
	})
	return err == nil && m.text("tenant") == home
}

// signedIntrospection is the answer as a JWT for this one resource server (RFC 9701,
// section 5), which can keep it as evidence.
func (f *Function) signedIntrospection(w http.ResponseWriter, r *http.Request, to resource.Server, answer introspection) error {
	signed, err := f.issuer.Sign(r.Context(), tokens.Claims{
		Type: tokens.Introspection, Issuer: f.public.String(), Audience: []string{to.ID},
		More: map[string]any{"token_introspection": answer},
	})
	if err != nil {
		return problem.Unavailable.Because(err)
	}
	w.Header().Set("Content-Type", introspectionType)
	w.Header().Set("Cache-Control", "no-store")
	_, err = w.Write([]byte(signed))
	return err
}

func writeJSON(w http.ResponseWriter, value any) error {
	body, err := json.Marshal(value)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_, err = w.Write(body)
	return err
}
