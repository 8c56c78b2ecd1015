package tokens_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/authway/authway/shared/clock"
	"github.com/authway/authway/shared/tokens"
)

var b64 = base64.RawURLEncoding.EncodeToString

// forger writes tokens that no Issuer would.
type forger struct {
	t    testing.TB
	keys keys
}

// token is one with changes to its header and its claims (nil takes one out),
// signed by private, or by the ring's key.
func (f forger) token(header, set map[string]any, private crypto.Signer) string {
	f.t.Helper()
	all := func(good, changes map[string]any) string {
		good = maps.Clone(good)
		maps.Copy(good, changes)
		maps.DeleteFunc(good, func(_ string, v any) bool { return v == nil })
		text, err := json.Marshal(good)
		if err != nil {
			f.t.Fatal(err)
		}
		return b64(text)
	}
	signed := all(map[string]any{"alg": "ES256", "typ": "at+jwt", "kid": f.keys.signer.ID}, header) + "." + all(map[string]any{
		"iss": issuer, "sub": "ada", "aud": audience, "iat": noon.Unix(), "exp": noon.Add(time.Minute).Unix(), "jti": "1",
	}, set)
	if private == nil {
		private = f.keys.signer.Private()
	}
	return signed + "." + b64(f.sign(signed, private))
}

func (f forger) sign(text string, private crypto.Signer) []byte {
	f.t.Helper()
	digest := sha256.Sum256([]byte(text))
	if ec, ok := private.(*ecdsa.PrivateKey); ok {
		r, s, err := ecdsa.Sign(rand.Reader, ec, digest[:])
		if err != nil {
			f.t.Fatal(err)
		}
		return append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...)
	}
	signature, err := private.Sign(rand.Reader, digest[:], crypto.SHA256)
	if err != nil {
		f.t.Fatal(err)
	}
	return signature
}

type set = map[string]any

func TestHostileTokensAreRefused(t *testing.T) {
	t.Parallel()
	f := forger{t, newKeys(t)}
	i := tokens.New(f.keys, clock.NewFixed(noon))
	good := f.token(nil, nil, nil)
	if _, err := i.Verify(t.Context(), good, expected); err != nil {
		t.Fatalf("the forger's good token: %v", err)
	}
	thief, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(good, ".")
	// The last letter of 64 bytes carries four bits that nobody reads.
	loose := good[:len(good)-1] + string(good[len(good)-1]+1)
	unsigned := func(alg string) string {
		return strings.Join(strings.Split(f.token(set{"alg": alg}, nil, nil), ".")[:2], ".") + "."
	}
	for name, raw := range map[string]string{
		"none":                      unsigned("none"),
		"None":                      unsigned("None"),
		"none with a signature":     f.token(set{"alg": "none"}, nil, nil),
		"no algorithm":              f.token(set{"alg": nil}, nil, nil),
		"an algorithm of no type":   f.token(set{"alg": 1}, nil, nil),
		"the public key as secret":  f.hmac(),
		"another's algorithm":       f.token(set{"alg": "RS256"}, nil, f.keys.other.Private()),
		"another key of the ring's": f.token(set{"kid": f.keys.other.ID}, nil, nil),
		"a weaker algorithm":        f.token(set{"alg": "PS256"}, nil, f.keys.other.Private()),
		"no kid":                    f.token(set{"kid": nil}, nil, nil),
		"an empty kid":              f.token(set{"kid": ""}, nil, nil),
		"a kid of no type":          f.token(set{"kid": []string{f.keys.signer.ID}}, nil, nil),
		"an unknown kid":            f.token(set{"kid": "../../dev/null"}, nil, nil),
		"a thief's signature":       f.token(nil, nil, thief),
		"a thief's key in it":       f.token(set{"kid": "mine", "jwk": set{"kty": "EC"}, "jku": "https://evil.example.com"}, nil, thief),
		"a critical extension":      f.token(set{"crit": []string{"b64"}, "b64": false}, nil, nil),
		"no typ":                    f.token(set{"typ": nil}, nil, nil),
		"an ID token's typ":         f.token(set{"typ": "JWT"}, nil, nil),
		"a phantom":                 f.token(set{"typ": string(tokens.Phantom)}, nil, nil),
		"another issuer":            f.token(nil, set{"iss": issuer + "/"}, nil),
		"no issuer":                 f.token(nil, set{"iss": nil}, nil),
		"an issuer of no type":      f.token(nil, set{"iss": []string{issuer}}, nil),
		"another audience":          f.token(nil, set{"aud": audience + ".evil.example.com"}, nil),
		"an audience in part":       f.token(nil, set{"aud": audience[:10]}, nil),
		"no audience":               f.token(nil, set{"aud": nil}, nil),
		"an empty audience":         f.token(nil, set{"aud": []string{}}, nil),
		"an audience of no type":    f.token(nil, set{"aud": []any{audience, 1}}, nil),
		"no subject":                f.token(nil, set{"sub": nil}, nil),
		"expired":                   f.token(nil, set{"exp": noon.Add(-time.Minute).Unix()}, nil),
		"without an end":            f.token(nil, set{"exp": nil}, nil),
		"an end of no type":         f.token(nil, set{"exp": "2099"}, nil),
		"an end beyond all ends":    f.token(nil, set{"exp": 1e300}, nil),
		"of the future":             f.token(nil, set{"iat": noon.Add(time.Minute).Unix()}, nil),
		"without a beginning":       f.token(nil, set{"iat": nil}, nil),
		"not yet":                   f.token(nil, set{"nbf": noon.Add(time.Minute).Unix()}, nil),
		"a time before time":        f.token(nil, set{"nbf": -1}, nil),
		"too large":                 f.token(nil, set{"x": strings.Repeat("x", tokens.MaxSize)}, nil),
		"claims that are null":      parts[0] + "." + b64([]byte("null")) + "." + parts[2],
		"a header that is null":     b64([]byte("null")) + "." + parts[1] + "." + parts[2],
		"other claims":              parts[0] + "." + b64([]byte(`{"sub":"eve"}`)) + "." + parts[2],
		"no signature":              parts[0] + "." + parts[1] + ".",
		"half a signature":          parts[0] + "." + parts[1] + "." + parts[2][:43],
		"a loose signature":         loose,
		"padding":                   good + "==",
		"a line's end":              good + "\n",
		"two parts":                 parts[0] + "." + parts[1],
		"five parts":                good + "." + parts[0] + "." + parts[1],
		"nothing":                   "",
		"dots":                      "..",
	} {
		got, err := i.Verify(t.Context(), raw, expected)
		if !errors.Is(err, tokens.ErrRefused) || got.Subject != "" {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

// hmac signs with the public key, which everybody has, as if it were a secret.
func (f forger) hmac() string {
	f.t.Helper()
	der, err := x509.MarshalPKIXPublicKey(f.keys.signer.Public)
	if err != nil {
		f.t.Fatal(err)
	}
	parts := strings.Split(f.token(set{"alg": "HS256"}, nil, nil), ".")
	mac := hmac.New(sha256.New, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
	mac.Write([]byte(parts[0] + "." + parts[1]))
	return parts[0] + "." + parts[1] + "." + b64(mac.Sum(nil))
}

// Whoever forgets to say what is expected gets nothing, and not anything.
func TestAnExpectationIsNeverEmpty(t *testing.T) {
	t.Parallel()
	f := forger{t, newKeys(t)}
	i := tokens.New(f.keys, clock.NewFixed(noon))
	empty := f.token(set{"typ": ""}, set{"iss": "", "aud": ""}, nil)
	for name, want := range map[string]tokens.Expect{
		"no issuer":   {Audience: audience, Type: tokens.AccessToken},
		"no audience": {Issuer: issuer, Type: tokens.AccessToken},
		"no type":     {Issuer: issuer, Audience: audience},
		"nothing":     {},
	} {
		for _, raw := range []string{f.token(nil, nil, nil), empty} {
			if _, err := i.Verify(t.Context(), raw, want); !errors.Is(err, tokens.ErrRefused) {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

func FuzzVerify(f *testing.F) {
	k := newKeys(f)
	forge := forger{f, k}
	i := tokens.New(k, clock.NewFixed(noon))
	good := forge.token(nil, nil, nil)
	f.Add(good)
	f.Add(forge.token(set{"alg": "none"}, nil, nil))
	f.Add(forge.token(nil, set{"aud": []any{audience, nil}, "exp": 1e300}, nil))
	f.Add("e30.e30.")
	f.Add(b64([]byte("null")) + "." + b64([]byte("null")) + ".")
	f.Fuzz(func(t *testing.T, raw string) {
		if _, err := i.Verify(t.Context(), raw, expected); err == nil && raw != good {
			t.Fatalf("a token that nobody has signed: %q", raw)
		} else if err != nil && !errors.Is(err, tokens.ErrRefused) {
			t.Fatalf("got %v", err)
		}
	})
}

// FuzzClaims reads claims that somebody has signed: whatever they are, they are
// written as they were read.
func FuzzClaims(f *testing.F) {
	for _, text := range []string{`{}`, `null`, `[]`, `{"aud":["a","b"],"exp":1,"x":{"y":[1e9,"\ud800"]}}`, `{"iat":-0.5}`, `{"exp":253402300799}`} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var c, again tokens.Claims
		if json.Unmarshal(text, &c) != nil {
			return
		}
		written, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(written, &again); err == nil && again.Subject != c.Subject {
			t.Fatalf("%s was written as %s", text, written)
		}
	})
}
