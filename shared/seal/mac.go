package seal

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
)

// infoMAC separates the keys of MAC from every other use of a master key
// (RFC 5869, section 3.2).
const infoMAC = "authway/seal/mac"

func deriveMACKey(master []byte) ([]byte, error) {
	derived, err := hkdf.Key(sha256.New, master, nil, infoMAC, keySize)
	if err != nil {
		return nil, fmt.Errorf("derive the key of MAC: %w", err)
	}
	return derived, nil
}

// MAC is what to keep of a value that is too short to be hashed: of a code of
// eight digits a plain hash is undone in a second, this one only with a master
// key. It is HMAC-SHA-256, 32 bytes, under a key derived from the first master
// key, and bound to place as Seal is.
func (b *Box) MAC(place string, value []byte) []byte { return b.keys[0].sum(place, value) }

// CheckMAC reports whether mac is the MAC of value for place under any of the
// master keys. Its time does not tell how much of mac was right.
func (b *Box) CheckMAC(place string, value, mac []byte) bool {
	right := false
	for _, k := range b.keys {
		right = hmac.Equal(k.sum(place, value), mac) || right
	}
	return right
}

// sum writes the length of place before it, so that no byte can move between
// place and value unseen.
func (k key) sum(place string, value []byte) []byte {
	h := hmac.New(sha256.New, k.mac)
	_, _ = h.Write(binary.BigEndian.AppendUint32(nil, uint32(len(place))))
	_, _ = h.Write([]byte(place))
	_, _ = h.Write(value)
	return h.Sum(nil)
}
