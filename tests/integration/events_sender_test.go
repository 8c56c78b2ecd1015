package integration_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

const eventsAudience = "https://maintenance.authway.svc.cluster.local"

// cluster is what gives the senders of events their tokens. It tells of itself only
// to whom it knows, as a Kubernetes API server does.
type cluster struct {
	*httptest.Server
	t      *testing.T
	key    *ecdsa.PrivateKey
	signer jose.Signer
	mount  string
	down   atomic.Bool
	asked  atomic.Int64
}

const mountedToken = "the token of maintenance's own account"

func startCluster(t *testing.T) *cluster {
	t.Helper()
	c := &cluster{t: t, mount: t.TempDir()}
	c.key, c.signer = newSigner(t, "1")
	c.Server = httptest.NewTLSServer(http.HandlerFunc(c.answer))
	t.Cleanup(c.Close)
	c.write("ca.crt", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Certificate().Raw})))
	c.write("token", mountedToken+"\n")
	return c
}

func newSigner(t *testing.T, kid string) (*ecdsa.PrivateKey, jose.Signer) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: key}, (&jose.SignerOptions{}).WithHeader("kid", kid))
	if err != nil {
		t.Fatal(err)
	}
	return key, signer
}

func (c *cluster) write(name, content string) {
	c.t.Helper()
	if err := os.WriteFile(filepath.Join(c.mount, name), []byte(content), 0o600); err != nil {
		c.t.Fatal(err)
	}
}

func (c *cluster) answer(w http.ResponseWriter, r *http.Request) {
	c.asked.Add(1)
	var said any
	switch {
	case c.down.Load():
		w.WriteHeader(http.StatusInternalServerError)
		return
	case r.Header.Get("Authorization") != "Bearer "+mountedToken:
		w.WriteHeader(http.StatusForbidden)
		return
	case r.URL.Path == "/.well-known/openid-configuration":
		said = map[string]string{"issuer": c.URL, "jwks_uri": c.URL + "/openid/v1/jwks"}
	case r.URL.Path == "/openid/v1/jwks":
		said = jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: c.key.Public(), KeyID: "1", Algorithm: "ES256", Use: "sig"}}}
	}
	_ = json.NewEncoder(w).Encode(said)
}

func (c *cluster) settings() map[string]string {
	return map[string]string{"EVENTS_AUDIENCE": eventsAudience, "EVENTS_ISSUER": c.URL, "EVENTS_ISSUER_MOUNT": c.mount}
}

// signedEvent is the header of an event by a sender with a token.
func signedEvent(t *testing.T, signer jose.Signer, claims jwt.Claims) map[string]string {
	t.Helper()
	token, err := jwt.Signed(signer).Claims(claims).Serialize()
	if err != nil {
		t.Fatal(err)
	}
	return changed(recordedPing, "Authorization", "Bearer "+token)
}

func (c *cluster) claims(audience string, ends time.Duration) jwt.Claims {
	return jwt.Claims{
		Issuer: c.URL, Subject: "system:serviceaccount:authway:outbox-deliver-oidc", Audience: jwt.Audience{audience},
		IssuedAt: jwt.NewNumericDate(time.Now().Add(-time.Hour)), Expiry: jwt.NewNumericDate(time.Now().Add(ends)),
	}
}

func TestSendersHaveToShowWhoTheyAre(t *testing.T) {
	t.Parallel()
	c := startCluster(t)
	k := beginKeeper(t, c.settings())
	k.add("ada@example.org")
	if c.asked.Load() != 0 {
		t.Error("the start waited for the issuer")
	}
	right := c.claims(eventsAudience, time.Hour)
	_, stranger := newSigner(t, "1")
	another := right
	another.Issuer = "https://elsewhere.example"
	for name, header := range map[string]map[string]string{
		"none":             recordedPing,
		"another scheme":   changed(recordedPing, "Authorization", "Basic "+strings.Repeat("x", 20)),
		"no token":         changed(recordedPing, "Authorization", "Bearer x"),
		"another audience": signedEvent(t, c.signer, c.claims("https://another.authway.svc.cluster.local", time.Hour)),
		"expired":          signedEvent(t, c.signer, c.claims(eventsAudience, -time.Minute)),
		"another issuer":   signedEvent(t, c.signer, another),
		"another key":      signedEvent(t, stranger, right),
	} {
		for _, path := range []string{"/events", "/events/dead"} {
			if status, body := k.post(path, header, nil); status != http.StatusUnauthorized || !strings.Contains(body, "event_sender") {
				t.Errorf("%s: %s answers %d %s", name, path, status, body)
			}
		}
	}
	k.receivers()
	if n := k.count("audit_events WHERE action = 'event.refused' AND detail->>'reason' = 'event_sender'"); n != 14 {
		t.Errorf("%d refusals are recorded", n)
	}
	if n := k.count("dead_letters"); n != 0 {
		t.Errorf("%d dead letters are kept", n)
	}
	if status, body := k.post("/events", signedEvent(t, c.signer, right), nil); status != http.StatusNoContent {
		t.Errorf("the right one: got %d %s", status, body)
	}
	k.receivers("ada@example.org")
	if status, body := k.post("/events/dead", signedEvent(t, c.signer, right), nil); status != http.StatusNoContent || k.count("dead_letters") != 1 {
		t.Errorf("the right one: got %d %s", status, body)
	}
}

func TestEventsWaitForAnIssuerThatIsDown(t *testing.T) {
	t.Parallel()
	c := startCluster(t)
	k := beginKeeper(t, c.settings())
	k.add("ada@example.org")
	header := signedEvent(t, c.signer, c.claims(eventsAudience, time.Hour))
	try := func(want int) {
		t.Helper()
		if status, body := k.post("/events", header, nil); status != want || strings.Contains(body, c.URL) {
			t.Errorf("got %d %s, want %d", status, body, want)
		}
	}
	c.down.Store(true)
	try(http.StatusServiceUnavailable)
	c.down.Store(false)
	// A server that the mounted authority does not vouch for is not the cluster.
	real, err := os.ReadFile(filepath.Join(c.mount, "ca.crt"))
	if err != nil {
		t.Fatal(err)
	}
	c.write("ca.crt", strangerAuthority(t))
	try(http.StatusServiceUnavailable)
	c.write("ca.crt", string(real))
	try(http.StatusNoContent)
	k.receivers("ada@example.org")
	// The keys are known, those of another one have to be asked for.
	_, signer := newSigner(t, "2")
	header = signedEvent(t, signer, c.claims(eventsAudience, time.Hour))
	try(http.StatusUnauthorized)
	c.down.Store(true)
	try(http.StatusServiceUnavailable)
	if n := k.count("audit_events WHERE action = 'event.refused'"); n != 1 {
		t.Errorf("%d refusals are recorded", n)
	}
}

// strangerAuthority is the certificate of an authority that nobody knows.
func strangerAuthority(t *testing.T) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true}
	made, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: made}))
}
