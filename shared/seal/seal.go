// Package seal encrypts small values that are kept in the database: OAuth2
// challenges, request URLs, later the secrets of second factors.
//
// It is AES-256-GCM from the standard library under a list of master keys: the
// first seals, every one of them opens, so that a new key is put in front and
// the old one is dropped once nothing is sealed under it any more. Each value
// is bound to the place it is kept in (the additional data): copied to another
// row or column it does not open.
package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
)

// ErrOpen says that a value was sealed under a key that is not in the list, or
// for another place, or was changed. The cases are not told apart.
var ErrOpen = errors.New("seal: the value does not open under any master key")

const (
	keySize = 32
	idSize  = 4
)

// Box seals, opens and authenticates. It is safe for concurrent use. With random 96-bit
// nonces one key is good for 2^32 values (NIST SP 800-38D, section 8.3), which
// monthly rotation stays far below.
type Box struct {
	keys []key
}

// KeyID names a master key: the beginning of its SHA-256, which stands before
// every value that was sealed under it. Of 256 random bits it gives nothing away.
type KeyID [idSize]byte

// String is the id in hexadecimal.
func (id KeyID) String() string { return hex.EncodeToString(id[:]) }

type key struct {
	id   KeyID
	aead cipher.AEAD
	mac  []byte
}

// New makes a Box from master keys in standard base64, 32 bytes each. The
// errors name the position of a bad key and never its text.
func New(masterKeys []string) (*Box, error) {
	if len(masterKeys) == 0 {
		return nil, errors.New("seal: at least one master key is needed")
	}
	box := &Box{}
	for i, text := range masterKeys {
		raw, err := base64.StdEncoding.DecodeString(text)
		if err != nil || len(raw) != keySize {
			return nil, fmt.Errorf("seal: master key %d is not 32 bytes in standard base64", i+1)
		}
		block, err := aes.NewCipher(raw)
		if err != nil {
			return nil, fmt.Errorf("seal: master key %d: %w", i+1, err)
		}
		aead, err := cipher.NewGCMWithRandomNonce(block)
		if err != nil {
			return nil, fmt.Errorf("seal: master key %d: %w", i+1, err)
		}
		mac, err := deriveMACKey(raw)
		if err != nil {
			return nil, fmt.Errorf("seal: master key %d: %w", i+1, err)
		}
		sum := sha256.Sum256(raw)
		box.keys = append(box.keys, key{id: KeyID(sum[:idSize]), aead: aead, mac: mac})
	}
	return box, nil
}

// Seal encrypts value for place, a constant such as "flows.challenge". The
// result is 32 bytes longer than value.
func (b *Box) Seal(place string, value []byte) []byte {
	first := b.keys[0]
	out := append(make([]byte, 0, idSize+first.aead.Overhead()+len(value)), first.id[:]...)
	return first.aead.Seal(out, nil, value, []byte(place))
}

// Open gives back what Seal was given, or ErrOpen.
func (b *Box) Open(place string, sealed []byte) ([]byte, error) {
	if len(sealed) < idSize {
		return nil, ErrOpen
	}
	for _, k := range b.keys {
		if k.id != KeyID(sealed[:idSize]) {
			continue
		}
		if value, err := k.aead.Open(nil, nil, sealed[idSize:], []byte(place)); err == nil {
			return value, nil
		}
	}
	return nil, ErrOpen
}

// Keys names the master keys, in their order: the first seals.
func (b *Box) Keys() []KeyID {
	ids := make([]KeyID, len(b.keys))
	for i, k := range b.keys {
		ids[i] = k.id
	}
	return ids
}

// Reseal opens a value and seals it anew under the first key, or returns ErrOpen.
func (b *Box) Reseal(place string, sealed []byte) ([]byte, error) {
	value, err := b.Open(place, sealed)
	if err != nil {
		return nil, err
	}
	return b.Seal(place, value), nil
}
