package tokens_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/authway/authway/shared/clock"
	"github.com/authway/authway/shared/keyring"
	"github.com/authway/authway/shared/tokens"
)

var noon = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

const (
	issuer   = "https://auth.example.com"
	audience = "https://api.example.com"
)

var expected = tokens.Expect{Issuer: issuer, Audience: audience, Type: tokens.AccessToken}

// keys are a ring of two: one that signs, and one that has signed.
type keys struct {
	signer, other keyring.Key
	err           error
}

func (k keys) Signer(context.Context) (keyring.Key, error) { return k.signer, k.err }

func (k keys) Public(_ context.Context, kid string) (keyring.Key, error) {
	for _, one := range []keyring.Key{k.signer, k.other} {
		if one.ID == kid {
			return one, k.err
		}
	}
	return keyring.Key{}, errors.Join(keyring.ErrUnknown, k.err)
}

func keyOf(t testing.TB, private any) keyring.Key {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	pair, err := keyring.ParsePrivate(string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})))
	if err != nil {
		t.Fatal(err)
	}
	return pair.Key()
}

func newKeys(t testing.TB) keys {
	t.Helper()
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	big, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return keys{signer: keyOf(t, ec), other: keyOf(t, big)}
}

func claims() tokens.Claims {
	return tokens.Claims{
		Type: tokens.AccessToken, Issuer: issuer, Subject: "ada", Audience: []string{audience}, ID: "1",
		IssuedAt: noon, ExpiresAt: noon.Add(time.Minute), More: map[string]any{"scope": "read", "roles": []any{"editor"}},
	}
}

func sign(t testing.TB, i *tokens.Issuer, c tokens.Claims) string {
	t.Helper()
	raw, err := i.Sign(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func decoded(t testing.TB, segment string) string {
	t.Helper()
	text, err := base64.RawURLEncoding.DecodeString(segment)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// What other libraries read.
func TestTokenIsAsItWas(t *testing.T) {
	t.Parallel()
	k := newKeys(t)
	c := claims()
	c.NotBefore = noon
	parts := strings.Split(sign(t, tokens.New(k, clock.NewFixed(noon)), c), ".")
	if got, want := decoded(t, parts[0]), `{"alg":"ES256","kid":"`+k.signer.ID+`","typ":"at+jwt"}`; got != want {
		t.Errorf("header %s, want %s", got, want)
	}
	const want = `{"aud":"https://api.example.com","exp":1777636860,"iat":1777636800,"iss":"https://auth.example.com",` +
		`"jti":"1","nbf":1777636800,"roles":["editor"],"scope":"read","sub":"ada"}`
	if got := decoded(t, parts[1]); got != want {
		t.Errorf("claims %s, want %s", got, want)
	}
}

func TestWhatIsSignedIsVerified(t *testing.T) {
	t.Parallel()
	k := newKeys(t)
	for name, k := range map[string]keys{"ES256": k, "RS256": {signer: k.other, other: k.signer}} {
		i := tokens.New(k, clock.NewFixed(noon))
		c := claims()
		c.Audience = []string{"another", audience}
		got, err := i.Verify(t.Context(), sign(t, i, c), expected)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		want, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		if text, err := json.Marshal(got); err != nil || string(text) != string(want) || got.Type != tokens.AccessToken {
			t.Errorf("%s: got %s, %v, want %s", name, text, err, want)
		}
	}
}

func TestSignFillsInWhatIsMissing(t *testing.T) {
	t.Parallel()
	i := tokens.New(newKeys(t), clock.NewFixed(noon))
	c := claims()
	c.ID, c.IssuedAt = "", time.Time{}
	first, err := i.Verify(t.Context(), sign(t, i, c), expected)
	if err != nil || !first.IssuedAt.Equal(noon) || first.ID == "" {
		t.Errorf("got %+v, %v", first, err)
	}
	if second, err := i.Verify(t.Context(), sign(t, i, c), expected); err != nil || second.ID == first.ID {
		t.Errorf("two tokens have one id: %+v, %v", second, err)
	}
}

func TestSignRefusesWhatNobodyCouldVerify(t *testing.T) {
	t.Parallel()
	k := newKeys(t)
	i := tokens.New(k, clock.NewFixed(noon))
	for name, change := range map[string]func(*tokens.Claims){
		"no type":              func(c *tokens.Claims) { c.Type = "" },
		"no issuer":            func(c *tokens.Claims) { c.Issuer = "" },
		"no subject":           func(c *tokens.Claims) { c.Subject = "" },
		"no audience":          func(c *tokens.Claims) { c.Audience = nil },
		"no end":               func(c *tokens.Claims) { c.ExpiresAt = time.Time{} },
		"longer than its keys": func(c *tokens.Claims) { c.ExpiresAt = noon.Add(keyring.LongestToken + time.Second) },
		"longer, from later on": func(c *tokens.Claims) {
			c.IssuedAt, c.ExpiresAt = noon.Add(time.Hour), noon.Add(keyring.LongestToken+time.Second)
		},
		"too large":    func(c *tokens.Claims) { c.More = map[string]any{"x": strings.Repeat("x", tokens.MaxSize)} },
		"a name twice": func(c *tokens.Claims) { c.More = map[string]any{"iss": "https://evil.example.com"} },
	} {
		c := claims()
		change(&c)
		if raw, err := i.Sign(t.Context(), c); err == nil {
			t.Errorf("%s: %s", name, raw)
		}
	}
	k.err = keyring.ErrUnavailable
	if _, err := tokens.New(k, clock.NewFixed(noon)).Sign(t.Context(), claims()); !errors.Is(err, keyring.ErrUnavailable) {
		t.Errorf("without keys: %v", err)
	}
}

func TestTimesAreKeptWithinTheSkew(t *testing.T) {
	t.Parallel()
	now := clock.NewFixed(noon)
	i := tokens.New(newKeys(t), now)
	c := claims()
	c.NotBefore = noon
	raw := sign(t, i, c)
	for at, good := range map[time.Time]bool{
		noon.Add(-keyring.Skew - time.Second):              false,
		noon.Add(-keyring.Skew):                            true,
		noon.Add(time.Minute + keyring.Skew - time.Second): true,
		noon.Add(time.Minute + keyring.Skew):               false,
	} {
		now.Set(at)
		if _, err := i.Verify(t.Context(), raw, expected); (err == nil) != good || err != nil && !errors.Is(err, tokens.ErrRefused) {
			t.Errorf("at %s: %v", at.Sub(noon), err)
		}
	}
}

func TestKeysThatAreAwayAreNoFaultOfTheToken(t *testing.T) {
	t.Parallel()
	k := newKeys(t)
	raw := sign(t, tokens.New(k, clock.NewFixed(noon)), claims())
	k.err = keyring.ErrUnavailable
	_, err := tokens.New(k, clock.NewFixed(noon)).Verify(t.Context(), raw, expected)
	if !errors.Is(err, keyring.ErrUnavailable) || errors.Is(err, tokens.ErrRefused) {
		t.Errorf("got %v", err)
	}
}

func BenchmarkSign(b *testing.B) {
	i := tokens.New(newKeys(b), clock.System())
	c := claims()
	c.IssuedAt, c.ExpiresAt = time.Time{}, time.Now().Add(time.Minute)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := i.Sign(b.Context(), c); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkVerify(b *testing.B) {
	i := tokens.New(newKeys(b), clock.NewFixed(noon))
	raw := sign(b, i, claims())
	b.ReportAllocs()
	for b.Loop() {
		if _, err := i.Verify(b.Context(), raw, expected); err != nil {
			b.Fatal(err)
		}
	}
}
