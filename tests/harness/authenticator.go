package harness

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"net/url"
	"slices"
	"testing"

	"github.com/go-webauthn/webauthn/protocol/webauthncbor"
)

// Flags of authenticator data (Web Authentication, section 6.1).
const (
	flagPresent  = 1 << 0
	flagVerified = 1 << 2
	flagEligible = 1 << 3
	flagBackedUp = 1 << 4
	flagAttested = 1 << 6
)

// Authenticator is what makes passkeys and signs with them, and the browser in
// front of it: ES256, without attestation.
type Authenticator struct {
	t testing.TB
	// Origin is where the browser says that it is.
	Origin string
	// Verifies says that it knows its owner, by a fingerprint or a PIN.
	Verifies bool
	// Synced says that its keys are copied to other devices; it then does not count,
	// unless Counts says that each of the devices does.
	Synced, Counts bool
	keys           []*deviceKey
}

type deviceKey struct {
	id, handle []byte
	host       string
	private    *ecdsa.PrivateKey
	count      uint32
}

// NewAuthenticator is one that verifies its owner, in a browser at the address.
func NewAuthenticator(t testing.TB, address string) *Authenticator {
	t.Helper()
	at, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return &Authenticator{t: t, Origin: at.Scheme + "://" + at.Host, Verifies: true}
}

// Copy has the same keys and goes on counting from the same numbers.
func (a *Authenticator) Copy() *Authenticator {
	twin := *a
	twin.keys = nil
	for _, key := range a.keys {
		copied := *key
		twin.keys = append(twin.keys, &copied)
	}
	return &twin
}

// CredentialIDs are what the keys are called, the oldest first.
func (a *Authenticator) CredentialIDs() (ids []string) {
	for _, key := range a.keys {
		ids = append(ids, b64(key.id))
	}
	return ids
}

type descriptor struct {
	ID string `json:"id"`
}

// Register makes a key as the options (PublicKeyCredentialCreationOptionsJSON)
// ask, and answers as a browser does.
func (a *Authenticator) Register(options json.RawMessage) json.RawMessage {
	a.t.Helper()
	var asked struct {
		Challenge string                       `json:"challenge"`
		RP        struct{ ID string }          `json:"rp"`
		User      struct{ ID string }          `json:"user"`
		Exclude   []descriptor                 `json:"excludeCredentials"`
		Selection struct{ ResidentKey string } `json:"authenticatorSelection"`
		Attest    string                       `json:"attestation"`
	}
	a.read(options, &asked)
	if asked.Selection.ResidentKey != "required" || asked.Attest != "none" {
		a.t.Errorf("harness: the options ask for a resident key %q and for attestation %q", asked.Selection.ResidentKey, asked.Attest)
	}
	for _, had := range asked.Exclude {
		if slices.Contains(a.CredentialIDs(), had.ID) {
			a.t.Fatal("harness: InvalidStateError: the authenticator has a key of the account's")
		}
	}
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	key := &deviceKey{id: random(32), handle: a.bytes(asked.User.ID), host: asked.RP.ID, private: private}
	a.keys = append(a.keys, key)
	client := a.clientData("webauthn.create", asked.Challenge)
	data := slices.Concat(a.data(key, flagAttested), make([]byte, 16), []byte{0, byte(len(key.id))}, key.id, a.cose(private))
	attestation := a.cbor(map[string]any{"fmt": "none", "attStmt": map[string]any{}, "authData": data})
	return a.answer(key, map[string]any{
		"clientDataJSON": b64(client), "attestationObject": b64(attestation), "transports": []string{"internal"},
	})
}

// Sign answers the options (PublicKeyCredentialRequestOptionsJSON) with the
// youngest key that fits.
func (a *Authenticator) Sign(options json.RawMessage) json.RawMessage {
	a.t.Helper()
	var asked struct {
		Challenge string       `json:"challenge"`
		RPID      string       `json:"rpId"`
		Allowed   []descriptor `json:"allowCredentials"`
	}
	a.read(options, &asked)
	for _, key := range slices.Backward(a.keys) {
		if key.host != asked.RPID || len(asked.Allowed) > 0 && !slices.Contains(asked.Allowed, descriptor{b64(key.id)}) {
			continue
		}
		return a.sign(key, asked.Challenge)
	}
	a.t.Fatalf("harness: NotAllowedError: no key for %s", options)
	return nil
}

func (a *Authenticator) sign(key *deviceKey, challenge string) json.RawMessage {
	if !a.Synced || a.Counts {
		key.count++
	}
	client := a.clientData("webauthn.get", challenge)
	data := a.data(key, 0)
	hash := sha256.Sum256(client)
	digest := sha256.Sum256(slices.Concat(data, hash[:]))
	signature, err := ecdsa.SignASN1(rand.Reader, key.private, digest[:])
	if err != nil {
		a.t.Fatal(err)
	}
	return a.answer(key, map[string]any{
		"clientDataJSON": b64(client), "authenticatorData": b64(data), "signature": b64(signature), "userHandle": b64(key.handle),
	})
}

func (a *Authenticator) answer(key *deviceKey, response map[string]any) json.RawMessage {
	text, err := json.Marshal(map[string]any{
		"id": b64(key.id), "rawId": b64(key.id), "type": "public-key", "clientExtensionResults": map[string]any{}, "response": response,
	})
	if err != nil {
		a.t.Fatal(err)
	}
	return text
}

func (a *Authenticator) data(key *deviceKey, flags byte) []byte {
	flags |= flagPresent
	if a.Verifies {
		flags |= flagVerified
	}
	if a.Synced {
		flags |= flagEligible | flagBackedUp
	}
	host := sha256.Sum256([]byte(key.host))
	return binary.BigEndian.AppendUint32(append(host[:], flags), key.count)
}

func (a *Authenticator) clientData(kind, challenge string) []byte {
	text, err := json.Marshal(map[string]any{"type": kind, "challenge": challenge, "origin": a.Origin, "crossOrigin": false})
	if err != nil {
		a.t.Fatal(err)
	}
	return text
}

// cose is the public key (RFC 9053, section 7.1.1): EC2, ES256, P-256, x, y.
func (a *Authenticator) cose(private *ecdsa.PrivateKey) []byte {
	point, err := private.PublicKey.Bytes()
	if err != nil {
		a.t.Fatal(err)
	}
	return a.cbor(map[int]any{1: 2, 3: -7, -1: 1, -2: point[1:33], -3: point[33:]})
}

func (a *Authenticator) cbor(value any) []byte {
	encoded, err := webauthncbor.Marshal(value)
	if err != nil {
		a.t.Fatal(err)
	}
	return encoded
}

func (a *Authenticator) read(options json.RawMessage, into any) {
	a.t.Helper()
	if err := json.Unmarshal(options, into); err != nil {
		a.t.Fatalf("harness: the options %s: %v", options, err)
	}
}

func (a *Authenticator) bytes(text string) []byte {
	a.t.Helper()
	decoded, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		a.t.Fatalf("harness: %q: %v", text, err)
	}
	return decoded
}

func b64(value []byte) string { return base64.RawURLEncoding.EncodeToString(value) }

func random(n int) []byte {
	value := make([]byte, n)
	_, _ = rand.Read(value)
	return value
}
