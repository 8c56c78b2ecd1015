package seal_test

import (
	"bytes"
	"testing"
)

func TestMACIsBoundToKeyPlaceAndValue(t *testing.T) {
	t.Parallel()
	b := box(t, masterKey(1))
	mac := b.MAC("proofs.code", []byte("12345678"))
	if len(mac) != 32 || !b.CheckMAC("proofs.code", []byte("12345678"), mac) {
		t.Fatalf("a MAC of %d bytes does not check", len(mac))
	}
	if !bytes.Equal(mac, b.MAC("proofs.code", []byte("12345678"))) {
		t.Error("the same value has two MACs")
	}
	changed := bytes.Clone(mac)
	changed[31] ^= 1
	for name, wrong := range map[string]bool{
		"another value":     b.CheckMAC("proofs.code", []byte("12345679"), mac),
		"another place":     b.CheckMAC("proofs.link", []byte("12345678"), mac),
		"a moved byte":      b.CheckMAC("proofs.code1", []byte("2345678"), mac),
		"another key":       box(t, masterKey(2)).CheckMAC("proofs.code", []byte("12345678"), mac),
		"a changed MAC":     b.CheckMAC("proofs.code", []byte("12345678"), changed),
		"a cut MAC":         b.CheckMAC("proofs.code", []byte("12345678"), mac[:31]),
		"nothing as a MAC":  b.CheckMAC("proofs.code", []byte("12345678"), nil),
		"nothing as a code": b.CheckMAC("proofs.code", nil, mac),
	} {
		if wrong {
			t.Errorf("%s is taken", name)
		}
	}
}

func TestMACOutlivesARotation(t *testing.T) {
	t.Parallel()
	mac := box(t, masterKey(1)).MAC("p", []byte("v"))
	rotated := box(t, masterKey(2), masterKey(1))
	if !rotated.CheckMAC("p", []byte("v"), mac) {
		t.Error("a MAC under the older key no longer checks")
	}
	if bytes.Equal(rotated.MAC("p", []byte("v")), mac) {
		t.Error("the older key still makes MACs")
	}
}
