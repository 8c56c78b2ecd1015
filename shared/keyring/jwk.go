package keyring

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
)

// jwk is the public part of a key (RFC 7517). The members of the thumbprint come
// first and in its order (RFC 7638, section 3.2); it has no members for a private
// part.
type jwk struct {
	Curve    string `json:"crv,omitempty"`
	Exponent string `json:"e,omitempty"`
	Type     string `json:"kty"`
	Modulus  string `json:"n,omitempty"`
	X        string `json:"x,omitempty"`
	Y        string `json:"y,omitempty"`

	Algorithm Algorithm `json:"alg,omitempty"`
	ID        string    `json:"kid,omitempty"`
	Use       string    `json:"use,omitempty"`
}

func jwkOf(public crypto.PublicKey) (jwk, error) {
	b64 := base64.RawURLEncoding.EncodeToString
	switch key := public.(type) {
	case *ecdsa.PublicKey:
		point, err := key.Bytes()
		if err != nil {
			return jwk{}, fmt.Errorf("keyring: a public key: %w", err)
		}
		// SEC 1, section 2.3.3: 4, then both coordinates in full.
		size := (len(point) - 1) / 2
		return jwk{Type: "EC", Curve: key.Curve.Params().Name, X: b64(point[1 : 1+size]), Y: b64(point[1+size:])}, nil
	case *rsa.PublicKey:
		return jwk{Type: "RSA", Modulus: b64(key.N.Bytes()), Exponent: b64(big.NewInt(int64(key.E)).Bytes())}, nil
	}
	return jwk{}, fmt.Errorf("keyring: a public key of type %T", public)
}

// thumbprint is the key's id: whoever has the same key calls it the same.
func thumbprint(public crypto.PublicKey) (string, error) {
	key, err := jwkOf(public)
	if err != nil {
		return "", err
	}
	text, err := json.Marshal(key)
	sum := sha256.Sum256(text)
	return base64.RawURLEncoding.EncodeToString(sum[:]), err
}

// document is the JWKS of keys: their public parts.
func document(keys []Key) ([]byte, error) {
	all := make([]jwk, len(keys))
	for i, k := range keys {
		key, err := jwkOf(k.Public)
		if err != nil {
			return nil, err
		}
		key.ID, key.Algorithm, key.Use = k.ID, k.Algorithm, "sig"
		all[i] = key
	}
	text, err := json.Marshal(map[string]any{"keys": all})
	return text, err
}
