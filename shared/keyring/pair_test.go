package keyring

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"strings"
	"testing"
)

var b64 = base64.RawURLEncoding.EncodeToString

func pemOf(t testing.TB, kind string, der []byte, err error) string {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

func pkcs8(t testing.TB, private any) string {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(private)
	return pemOf(t, "PRIVATE KEY", der, err)
}

func spki(t testing.TB, public any) string {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(public)
	return pemOf(t, "PUBLIC KEY", der, err)
}

func newEC(t testing.TB, curve elliptic.Curve) *ecdsa.PrivateKey {
	t.Helper()
	private, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return private
}

func newRSA(t testing.TB, bits int) *rsa.PrivateKey {
	t.Helper()
	private, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		t.Fatal(err)
	}
	return private
}

func TestPairsOfBothKindsInEveryForm(t *testing.T) {
	t.Parallel()
	ec, big := newEC(t, elliptic.P256()), newRSA(t, 2048)
	sec1, err := x509.MarshalECPrivateKey(ec)
	ecPEM := pemOf(t, "EC PRIVATE KEY", sec1, err)
	parameters := pemOf(t, "EC PARAMETERS", []byte{6, 8, 42, 134, 72, 206, 61, 3, 1, 7}, nil)
	wrapped := base64.StdEncoding.EncodeToString([]byte(pkcs8(t, ec)))
	for name, c := range map[string]struct {
		text      string
		algorithm Algorithm
		public    crypto.PublicKey
	}{
		"PKCS #8, ECDSA":      {pkcs8(t, ec), ES256, &ec.PublicKey},
		"PKCS #8, RSA":        {pkcs8(t, big), RS256, &big.PublicKey},
		"SEC 1":               {ecPEM, ES256, &ec.PublicKey},
		"with its parameters": {parameters + ecPEM, ES256, &ec.PublicKey},
		"PKCS #1":             {pemOf(t, "RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(big), nil), RS256, &big.PublicKey},
		"in base64":           {wrapped, ES256, &ec.PublicKey},
		"in wrapped base64":   {wrapped[:60] + "\n" + wrapped[60:] + "\n", ES256, &ec.PublicKey},
	} {
		pair, err := ParsePrivate(c.text)
		if err != nil || pair.key.Algorithm != c.algorithm {
			t.Errorf("%s: %v, %v", name, pair, err)
			continue
		}
		if err := pair.CheckPublic(spki(t, c.public)); err != nil {
			t.Errorf("%s: its public key: %v", name, err)
		}
		if err := pair.CheckPublic(base64.StdEncoding.EncodeToString([]byte(spki(t, c.public)))); err != nil {
			t.Errorf("%s: its public key in base64: %v", name, err)
		}
	}
	pair, err := ParsePrivate(pkcs8(t, big))
	if err != nil {
		t.Fatal(err)
	}
	if err := pair.CheckPublic(pemOf(t, "RSA PUBLIC KEY", x509.MarshalPKCS1PublicKey(&big.PublicKey), nil)); err != nil {
		t.Errorf("PKCS #1: %v", err)
	}
}

func TestPairsThatAreRefused(t *testing.T) {
	t.Parallel()
	ec := newEC(t, elliptic.P256())
	_, edwards, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	//lint:ignore SA1019 it is the one way to a key this weak
	weak, err := rsa.GenerateMultiPrimeKey(rand.Reader, 2, 1024)
	if err != nil {
		t.Fatal(err)
	}
	good := pkcs8(t, ec)
	for name, c := range map[string]struct {
		text string
		want error
	}{
		"nothing":            {"", errNotPEM},
		"prose":              {"the key is under the mat", errNotPEM},
		"base64 of nothing":  {base64.StdEncoding.EncodeToString([]byte("hello")), errNotPEM},
		"a public key":       {spki(t, &ec.PublicKey), errNotKey},
		"cut short":          {good[:80] + good[len(good)-27:], errNotKey},
		"two keys":           {good + good, errMoreThan},
		"DER of nothing":     {pemOf(t, "PRIVATE KEY", []byte("secret-number"), nil), errNotKey},
		"another curve":      {pkcs8(t, newEC(t, elliptic.P384())), errKind},
		"another algorithm":  {pkcs8(t, edwards), errKind},
		"a weak RSA key":     {pkcs8(t, weak), errWeak},
		"a passphrase":       {pemOf(t, "ENCRYPTED PRIVATE KEY", []byte("x"), nil), errEncrypted},
		"an old passphrase":  {"-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\nAAAA\n-----END RSA PRIVATE KEY-----\n", errEncrypted},
		"a key with a tail":  {good + "and more", errMoreThan},
		"a certificate":      {pemOf(t, "CERTIFICATE", []byte("x"), nil), errNotKey},
		"another in base 64": {base64.StdEncoding.EncodeToString([]byte(pkcs8(t, weak))), errWeak},
	} {
		pair, err := ParsePrivate(c.text)
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v, %v, want %v", name, pair, err, c.want)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: the error repeats the key: %v", name, err)
		}
	}
	pair, err := ParsePrivate(good)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		text string
		want error
	}{
		"another pair's":    {spki(t, &newEC(t, elliptic.P256()).PublicKey), ErrMismatch},
		"another kind":      {spki(t, edwards.Public()), ErrMismatch},
		"the private key":   {good, errNotKey},
		"nothing":           {"", errNotPEM},
		"DER of nothing":    {pemOf(t, "PUBLIC KEY", []byte("x"), nil), errNotKey},
		"an RSA public key": {spki(t, &newRSA(t, 2048).PublicKey), ErrMismatch},
	} {
		if err := pair.CheckPublic(c.text); !errors.Is(err, c.want) {
			t.Errorf("public: %s: %v, want %v", name, err, c.want)
		}
	}
}

func TestSuccessorIsOfTheSameKind(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		before    *Key
		algorithm Algorithm
		bits      int
	}{
		"nobody": {nil, ES256, 0},
		"ES256":  {&Key{Public: &newEC(t, elliptic.P256()).PublicKey}, ES256, 0},
		"RS256":  {&Key{Public: &newRSA(t, 3072).PublicKey}, RS256, 3072},
	} {
		pair, err := successor(c.before)
		if err != nil || pair.key.Algorithm != c.algorithm || len(pair.ID()) != 43 {
			t.Errorf("after %s: %v, %v", name, pair, err)
		}
		if public, ok := pair.key.Public.(*rsa.PublicKey); ok && public.N.BitLen() != c.bits {
			t.Errorf("after %s: %d bits", name, public.N.BitLen())
		}
	}
}

func FuzzParsePrivate(f *testing.F) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(pkcs8(f, private))
	f.Add(base64.StdEncoding.EncodeToString([]byte(pkcs8(f, private))))
	f.Add("-----BEGIN EC PARAMETERS-----\n-----END EC PARAMETERS-----\n")
	f.Fuzz(func(t *testing.T, text string) {
		pair, err := ParsePrivate(text)
		if err == nil && (pair.key.private == nil || pair.CheckPublic(spki(t, pair.key.Public)) != nil) {
			t.Fatal("a pair that does not fit together")
		}
	})
}
