package demo_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"
)

// fakeProvider is as much of an OpenID provider as the demo talks to. It signs
// with ES256 and claims RS256 in its discovery document, as Hydra does.
type fakeProvider struct {
	*httptest.Server
	key *ecdsa.PrivateKey

	mu sync.Mutex
	// codes maps a code to the authorization request it answers.
	codes map[string]url.Values
	// change is laid over the next ID token's claims.
	change    map[string]any
	refuse    string
	refreshed int
}

func newProvider(t *testing.T) *fakeProvider {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	p := &fakeProvider{key: key, codes: map[string]url.Values{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, map[string]any{
			"issuer": p.URL, "authorization_endpoint": p.URL + "/oauth2/auth", "token_endpoint": p.URL + "/oauth2/token",
			"jwks_uri": p.URL + "/jwks", "userinfo_endpoint": p.URL + "/userinfo",
			"end_session_endpoint":                  p.URL + "/oauth2/sessions/logout",
			"id_token_signing_alg_values_supported": []string{"RS256"},
		})
	})
	mux.HandleFunc("GET /jwks", func(w http.ResponseWriter, _ *http.Request) {
		point, err := key.PublicKey.Bytes()
		if err != nil {
			t.Error(err)
			return
		}
		answer(w, http.StatusOK, map[string]any{"keys": []any{map[string]any{
			"kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": "k1",
			"x": b64(point[1:33]), "y": b64(point[33:]),
		}}})
	})
	mux.HandleFunc("POST /oauth2/token", p.token)
	mux.HandleFunc("GET /userinfo", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer at" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		answer(w, http.StatusOK, map[string]any{"sub": "u1", "email": "info@example.org"})
	})
	p.Server = httptest.NewServer(mux)
	t.Cleanup(p.Close)
	return p
}

func (p *fakeProvider) token(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	no := func(code string) {
		answer(w, http.StatusBadRequest, map[string]any{"error": code, "error_description": "<b>no</b>"})
	}
	if p.refuse != "" {
		no(p.refuse)
		return
	}
	nonce := "of the first sign-in"
	switch r.FormValue("grant_type") {
	case "authorization_code":
		asked, ok := p.codes[r.FormValue("code")]
		sum := sha256.Sum256([]byte(r.FormValue("code_verifier")))
		if !ok || b64(sum[:]) != asked.Get("code_challenge") || asked.Get("code_challenge_method") != "S256" ||
			r.FormValue("redirect_uri") != asked.Get("redirect_uri") || r.FormValue("client_id") != "demo" {
			no("invalid_grant")
			return
		}
		nonce = asked.Get("nonce")
	case "refresh_token":
		p.refreshed++
	}
	answer(w, http.StatusOK, map[string]any{
		"access_token": "at", "refresh_token": "rt", "token_type": "bearer", "expires_in": 3600,
		"scope": "openid email", "id_token": p.sign(nonce),
	})
}

func (p *fakeProvider) sign(nonce string) string {
	now := time.Now()
	claims := map[string]any{
		"iss": p.URL, "aud": []string{"demo"}, "sub": "u1", "nonce": nonce, "name": "Ada <script>", "email": "ada@example.org",
		"iat": now.Unix(), "exp": now.Add(time.Hour).Unix(),
	}
	maps.Copy(claims, p.change)
	header, _ := json.Marshal(map[string]string{"alg": "ES256", "kid": "k1", "typ": "JWT"})
	payload, _ := json.Marshal(claims)
	signed := b64(header) + "." + b64(payload)
	sum := sha256.Sum256([]byte(signed))
	r, s, _ := ecdsa.Sign(rand.Reader, p.key, sum[:])
	signature := append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...)
	return signed + "." + b64(signature)
}

// approve plays the person at the provider: it answers an authorization request
// with the address the browser is sent back to.
func (p *fakeProvider) approve(t *testing.T, location string) string {
	t.Helper()
	u, err := url.Parse(location)
	if err != nil {
		t.Fatal(err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.codes["c1"] = u.Query()
	return "/demo/callback?code=c1&state=" + url.QueryEscape(u.Query().Get("state"))
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
