// Package api is an example: an API that accepts Authway's access tokens.
package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"
)

// API answers who may call it.
type API struct {
	verifier *oidc.IDTokenVerifier
}

// New makes an API with the address of Authway and its own audience. The keys are
// read when the first token comes, and again when one names a key that is not
// among them.
func New(ctx context.Context, issuer, audience string) *API {
	keys := oidc.NewRemoteKeySet(ctx, issuer+"/.well-known/authway/jwks.json")
	return &API{verifier: oidc.NewVerifier(issuer, keys, &oidc.Config{
		ClientID: audience, SupportedSigningAlgs: []string{oidc.ES256, oidc.RS256},
	})}
}

// ServeHTTP greets whoever the token is for.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	subject, err := a.subject(r)
	if err != nil {
		// RFC 6750, section 3.
		w.Header().Set("WWW-Authenticate", `Bearer error="invalid_token"`)
		http.Error(w, "unauthorized", http.StatusUnauthorized)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]string{"subject": subject})
}

func (a *API) subject(r *http.Request) (string, error) {
	raw, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok {
		return "", errors.New("no bearer token")
	}
	// The library is made for ID tokens and does not look at the type.
	token, err := jose.ParseSigned(raw, []jose.SignatureAlgorithm{jose.ES256, jose.RS256})
	if err != nil {
		return "", err
	}
	if token.Signatures[0].Header.ExtraHeaders[jose.HeaderType] != "at+jwt" {
		return "", errors.New("not an access token")
	}
	verified, err := a.verifier.Verify(r.Context(), raw)
	if err != nil {
		return "", err
	}
	return verified.Subject, nil
}
