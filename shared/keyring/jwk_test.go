package keyring

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"
)

var update = flag.Bool("update", false, "write the golden files")

// fixed are public keys that never change: one of each kind.
func fixed(t *testing.T) []Key {
	t.Helper()
	var keys []Key
	for _, name := range []string{"es256.pem", "rs256.pem"} {
		text, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		block, _ := pem.Decode(text)
		public, err := x509.ParsePKIXPublicKey(block.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		algorithm, err := fit(public)
		if err != nil {
			t.Fatal(err)
		}
		id, err := thumbprint(public)
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, Key{ID: id, Algorithm: algorithm, Public: public})
	}
	return keys
}

// Applications read it: what changes here changes for them.
func TestDocumentIsAsItWas(t *testing.T) {
	t.Parallel()
	got, err := document(fixed(t))
	if err != nil {
		t.Fatal(err)
	}
	var indented bytes.Buffer
	if err := json.Indent(&indented, got, "", "  "); err != nil {
		t.Fatal(err)
	}
	golden := filepath.Join("testdata", "jwks.json")
	if *update {
		if err := os.WriteFile(golden, append(indented.Bytes(), '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil || indented.String()+"\n" != string(want) {
		t.Errorf("got %s, %v", indented.String(), err)
	}
}

// Another library reads the same keys, and gives them the same thumbprints.
func TestDocumentIsReadByAnotherLibrary(t *testing.T) {
	t.Parallel()
	keys := fixed(t)
	text, err := document(keys)
	if err != nil {
		t.Fatal(err)
	}
	var set jose.JSONWebKeySet
	if err := json.Unmarshal(text, &set); err != nil || len(set.Keys) != len(keys) {
		t.Fatalf("%v, %d keys", err, len(set.Keys))
	}
	for i, k := range set.Keys {
		sum, err := k.Thumbprint(crypto.SHA256)
		if err != nil {
			t.Fatal(err)
		}
		if id := strings.TrimRight(b64(sum), "="); !k.Valid() || !k.IsPublic() || k.Use != "sig" || k.Algorithm != string(keys[i].Algorithm) ||
			k.KeyID != keys[i].ID || id != keys[i].ID || !k.Key.(interface{ Equal(crypto.PublicKey) bool }).Equal(keys[i].Public) {
			t.Errorf("got %+v with the thumbprint %s, want %s", k.KeyID, id, keys[i].ID)
		}
	}
}

// A coordinate that begins with a zero byte keeps it (RFC 7518, section 6.2.1.2).
func TestCoordinatesAreWhole(t *testing.T) {
	t.Parallel()
	for seen := 0; seen < 2; {
		private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		key, err := jwkOf(&private.PublicKey)
		if err != nil || len(key.X) != 43 || len(key.Y) != 43 {
			t.Fatalf("got %+v, %v", key, err)
		}
		if strings.HasPrefix(key.X, "AA") || strings.HasPrefix(key.Y, "AA") || strings.HasPrefix(key.X, "AB") {
			seen++
		}
	}
}

func TestNoFormatShowsAPrivatePart(t *testing.T) {
	t.Parallel()
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	for _, private := range []crypto.Signer{ec, rsaKey} {
		pair, err := pairOf(private)
		if err != nil {
			t.Fatal(err)
		}
		var log bytes.Buffer
		slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "key", pair.key, "pair", pair, "keys", []Key{pair.key})
		slog.New(slog.NewTextHandler(&log, nil)).Info("x", "key", pair.key, "pair", pair, "keys", []Key{pair.key})
		encoded, err := json.Marshal([]any{pair.key, &pair.key, []Key{pair.key}, pair})
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range []string{
			fmt.Sprintf("%v %+v %#v %s %q %x %d", pair.key, pair.key, pair.key, pair.key, pair.key, pair.key, pair.key),
			fmt.Sprintf("%v %+v %#v %s %v", pair, pair, pair, &pair, []Key{pair.key}), log.String(), string(encoded),
		} {
			for _, secret := range secretsOf(private) {
				if strings.Contains(text, secret) {
					t.Fatalf("shown: %s", text)
				}
			}
		}
	}
}

// secretsOf are the ways that a private number could be printed.
func secretsOf(private crypto.Signer) []string {
	switch k := private.(type) {
	case *ecdsa.PrivateKey:
		raw, _ := k.Bytes()
		return []string{fmt.Sprintf("%x", raw), b64(raw), fmt.Sprint(raw)}
	case *rsa.PrivateKey:
		return []string{k.D.String(), fmt.Sprintf("%x", k.D.Bytes()), b64(k.D.Bytes()), k.Primes[0].String()}
	}
	return nil
}
