package keyring

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
)

// Sizes of RSA keys. RFC 7518 (section 3.3) asks for the smallest; from the
// largest on, signing takes longer than a request may.
const (
	leastRSA = 2048
	mostRSA  = 4096
)

// Pair is a private key and what follows from it.
type Pair struct {
	key Key
}

// ID is the kid that the pair has as a signing key.
func (p Pair) ID() string { return p.key.ID }

// Format prints the id alone.
func (p Pair) Format(f fmt.State, verb rune) { p.key.Format(f, verb) }

// What is wrong with a key, as the end of a sentence that begins with its name.
// None repeats anything of the key.
var (
	errNotPEM    = errors.New("is not a PEM file in base64, as scripts/generate-keys.sh prints it")
	errMoreThan  = errors.New("holds something besides one key")
	errEncrypted = errors.New("is encrypted with a passphrase, which nobody is here to type")
	errNotKey    = errors.New("holds no key that can be read")
	errKind      = errors.New("is neither an ECDSA key on P-256 nor an RSA key")
	errWeak      = fmt.Errorf("is an RSA key of fewer than %d bits", leastRSA)
	errHuge      = fmt.Errorf("is an RSA key of more than %d bits", mostRSA)
	// ErrMismatch says that a public key is another pair's.
	ErrMismatch = errors.New("does not belong to the private key")
)

// ParsePrivate reads a private key: PEM (PKCS #8, SEC 1 or PKCS #1), as it is or
// in base64.
func ParsePrivate(text string) (Pair, error) {
	block, err := parsePEM(text)
	if err != nil {
		return Pair{}, err
	}
	if strings.Contains(block.Type, "ENCRYPTED") || block.Headers["DEK-Info"] != "" {
		return Pair{}, errEncrypted
	}
	private, err := privateKey(block)
	if err != nil {
		return Pair{}, errNotKey
	}
	signer, ok := private.(crypto.Signer)
	if !ok {
		return Pair{}, errKind
	}
	return pairOf(signer)
}

func privateKey(block *pem.Block) (any, error) {
	switch block.Type {
	case "PRIVATE KEY":
		return x509.ParsePKCS8PrivateKey(block.Bytes)
	case "EC PRIVATE KEY":
		return x509.ParseECPrivateKey(block.Bytes)
	case "RSA PRIVATE KEY":
		return x509.ParsePKCS1PrivateKey(block.Bytes)
	}
	return nil, errNotKey
}

// CheckPublic reports whether text is the public key of the pair: PEM
// (SubjectPublicKeyInfo or PKCS #1), as it is or in base64.
func (p Pair) CheckPublic(text string) error {
	block, err := parsePEM(text)
	if err != nil {
		return err
	}
	var public any
	switch block.Type {
	case "PUBLIC KEY":
		public, err = x509.ParsePKIXPublicKey(block.Bytes)
	case "RSA PUBLIC KEY":
		public, err = x509.ParsePKCS1PublicKey(block.Bytes)
	default:
		err = errNotKey
	}
	if err != nil {
		return errNotKey
	}
	if ours, ok := p.key.Public.(interface{ Equal(crypto.PublicKey) bool }); !ok || !ours.Equal(public) {
		return ErrMismatch
	}
	return nil
}

func parsePEM(text string) (*pem.Block, error) {
	text = strings.TrimSpace(text)
	if !strings.HasPrefix(text, "-----BEGIN ") {
		// Wrapped lines are how base64(1) prints.
		raw, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(text), ""))
		if err != nil {
			return nil, errNotPEM
		}
		text = string(raw)
	}
	block, rest := pem.Decode([]byte(text))
	if block != nil && block.Type == "EC PARAMETERS" {
		// openssl ecparam -genkey writes the curve's name before the key.
		block, rest = pem.Decode(rest)
	}
	switch {
	case block == nil:
		return nil, errNotPEM
	case strings.TrimSpace(string(rest)) != "":
		return nil, errMoreThan
	}
	return block, nil
}

// pairOf makes a pair of a private key that is fit to sign with.
func pairOf(private crypto.Signer) (Pair, error) {
	algorithm, err := fit(private.Public())
	if err != nil {
		return Pair{}, err
	}
	id, err := thumbprint(private.Public())
	if err != nil {
		return Pair{}, err
	}
	return Pair{Key{ID: id, Algorithm: algorithm, Public: private.Public(), private: private}}, nil
}

// fit is the algorithm of a public key, if it is strong enough for it.
func fit(public crypto.PublicKey) (Algorithm, error) {
	switch key := public.(type) {
	case *ecdsa.PublicKey:
		if key.Curve == elliptic.P256() {
			return ES256, nil
		}
	case *rsa.PublicKey:
		switch bits := key.N.BitLen(); {
		case bits < leastRSA:
			return "", errWeak
		case bits > mostRSA:
			return "", errHuge
		}
		return RS256, nil
	}
	return "", errKind
}

// successor makes a new pair of the kind of a key, or of ES256 after none: who
// verifies the one was chosen or written for its algorithm.
func successor(before *Key) (Pair, error) {
	if before != nil {
		if key, ok := before.Public.(*rsa.PublicKey); ok {
			private, err := rsa.GenerateKey(rand.Reader, key.N.BitLen())
			if err != nil {
				return Pair{}, fmt.Errorf("keyring: make a key: %w", err)
			}
			return pairOf(private)
		}
	}
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return Pair{}, fmt.Errorf("keyring: make a key: %w", err)
	}
	return pairOf(private)
}

// Key is the pair as a key that nobody has published.
func (p Pair) Key() Key { return p.key }
