package tokens

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/golang-jwt/jwt/v5"
)

// AuditHead is how far the audit log was sealed, signed by a Notary.
const AuditHead Type = "authway-audit-head+jws"

// Notary signs what has to hold for years: statements without an end (RFC 7515), with
// Ed25519 keys (RFC 8037) that are no signing key of package keyring and know no token.
// The first of its keys signs, all verify. It is safe for concurrent use.
type Notary struct {
	keys   []notaryKey
	parser *jwt.Parser
}

type notaryKey struct {
	id      string
	public  ed25519.PublicKey
	private ed25519.PrivateKey
}

// What is wrong with keys, as the end of a sentence that begins with their name. None
// repeats anything of a key.
var (
	errNotaryPEM  = errors.New("has to be PEM files, each in base64, with commas between them")
	errNotaryKind = errors.New("has to hold Ed25519 keys: PKCS #8, or public keys of those that sign no more")
)

// ParseNotary reads a list of keys with commas between them: each PEM (PKCS #8, or
// SubjectPublicKeyInfo for one that only verifies), as it is or in base64.
func ParseNotary(list string) (*Notary, error) {
	n := &Notary{parser: jwt.NewParser(
		jwt.WithValidMethods([]string{jwt.SigningMethodEdDSA.Alg()}), jwt.WithStrictDecoding(), jwt.WithoutClaimsValidation(),
	)}
	for item := range strings.SplitSeq(list, ",") {
		if item = strings.TrimSpace(item); item == "" {
			continue
		}
		if !strings.HasPrefix(item, "-----BEGIN ") {
			raw, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(item), ""))
			if err != nil {
				return nil, errNotaryPEM
			}
			item = string(raw)
		}
		block, rest := pem.Decode([]byte(item))
		for ; block != nil; block, rest = pem.Decode(rest) {
			key, err := notaryKeyOf(block)
			if err != nil {
				return nil, err
			}
			n.keys = append(n.keys, key)
		}
		if strings.TrimSpace(string(rest)) != "" {
			return nil, errNotaryPEM
		}
	}
	if len(n.keys) == 0 {
		return nil, errNotaryPEM
	}
	return n, nil
}

// NewNotaryKey makes a private key as ParseNotary reads it.
func NewNotaryKey() (string, error) {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return "", fmt.Errorf("tokens: make a key: %w", err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return "", fmt.Errorf("tokens: make a key: %w", err)
	}
	return base64.StdEncoding.EncodeToString(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})), nil
}

func notaryKeyOf(block *pem.Block) (k notaryKey, err error) {
	var key any
	switch block.Type {
	case "PRIVATE KEY":
		key, err = x509.ParsePKCS8PrivateKey(block.Bytes)
	case "PUBLIC KEY":
		key, err = x509.ParsePKIXPublicKey(block.Bytes)
	}
	var ok bool
	if k.private, ok = key.(ed25519.PrivateKey); ok {
		k.public, ok = k.private.Public().(ed25519.PublicKey)
	} else {
		k.public, ok = key.(ed25519.PublicKey)
	}
	if err != nil || !ok {
		return notaryKey{}, errNotaryKind
	}
	// The members of the thumbprint in their order (RFC 7638, section 3.2; RFC 8037, section 2).
	sum := sha256.Sum256([]byte(`{"crv":"Ed25519","kty":"OKP","x":"` + base64.RawURLEncoding.EncodeToString(k.public) + `"}`))
	k.id = base64.RawURLEncoding.EncodeToString(sum[:])
	return k, nil
}

// Signs reports whether there is a private key to sign with: the first.
func (n *Notary) Signs() bool { return n != nil && n.keys[0].private != nil }

// Format prints the id of the first key alone, so that no format of any log shows a
// private part.
func (n *Notary) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "notary "+n.keys[0].id) }

// PublicPEM are the public keys, the first first, as PEM.
func (n *Notary) PublicPEM() ([]byte, error) {
	var all []byte
	for _, k := range n.keys {
		der, err := x509.MarshalPKIXPublicKey(k.public)
		if err != nil {
			return nil, fmt.Errorf("tokens: a public key: %w", err)
		}
		all = append(all, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})...)
	}
	return all, nil
}

var errNoNotary = errors.New("tokens: there is no private key to sign a statement with")

// Sign signs a statement, a JSON object, of a type.
func (n *Notary) Sign(t Type, text []byte) (string, error) {
	if !n.Signs() {
		return "", errNoNotary
	}
	token := &jwt.Token{
		Header: map[string]any{"typ": string(t), "alg": jwt.SigningMethodEdDSA.Alg(), "kid": n.keys[0].id},
		Claims: &statement{text: text}, Method: jwt.SigningMethodEdDSA,
	}
	signed, err := token.SignedString(n.keys[0].private)
	switch {
	case err != nil:
		return "", fmt.Errorf("tokens: sign: %w", err)
	case len(signed) > MaxSize:
		return "", errTooLarge
	}
	return signed, nil
}

// Verify returns the statement of a type that one of the keys has signed, as it was
// signed, or ErrRefused. When it was signed is for the caller to read in it.
func (n *Notary) Verify(raw string, t Type) ([]byte, error) {
	if len(raw) > MaxSize || strings.ContainsAny(raw, "\r\n") {
		return nil, refused(errors.New("it is too large, or has more than one line"))
	}
	s := &statement{}
	_, err := n.parser.ParseWithClaims(raw, s, func(token *jwt.Token) (any, error) {
		if token.Header["typ"] != string(t) {
			return nil, errType
		}
		if _, there := token.Header["crit"]; there {
			return nil, errCritical
		}
		for _, k := range n.keys {
			if token.Header["kid"] == k.id {
				return k.public, nil
			}
		}
		return nil, errKey
	})
	if err != nil {
		return nil, refused(err)
	}
	return s.text, nil
}

// statement is claims that the library asks nothing about.
type statement struct {
	jwt.MapClaims
	text json.RawMessage
}

// MarshalJSON writes what is signed.
func (s *statement) MarshalJSON() ([]byte, error) { return s.text, nil }

// UnmarshalJSON keeps what was signed.
func (s *statement) UnmarshalJSON(text []byte) error {
	s.text = append(json.RawMessage(nil), text...)
	return nil
}
