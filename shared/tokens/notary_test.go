package tokens_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/authway/authway/shared/tokens"
)

// The key of RFC 8037, appendix A.1, whose thumbprint is in A.3, and what another
// library (cryptography for Python) has signed with it: the signature has no chance in it.
const (
	rfcPrivate = "LS0tLS1CRUdJTiBQUklWQVRFIEtFWS0tLS0tCk1DNENBUUF3QlFZREsyVndCQ0lFSUoxaHNaM3YvVnBndW9SSzlKTHNMTVJFU2NWcGV6SnBHWEE3ckFNY3JuOWcKLS0tLS1FTkQgUFJJVkFURSBLRVktLS0tLQo="
	rfcPublic  = "LS0tLS1CRUdJTiBQVUJMSUMgS0VZLS0tLS0KTUNvd0JRWURLMlZ3QXlFQTExcVlBWUt4Q3JmVlMvN1R5V1FIT2c3aGN2UGFwaU1scndJYWFQY0hVUm89Ci0tLS0tRU5EIFBVQkxJQyBLRVktLS0tLQo="
	rfcKid     = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
	golden     = "eyJhbGciOiJFZERTQSIsImtpZCI6ImtQcktfcW14VldhWVZBOXd3QkY2SXVvM3ZWeno3VHhIQ1R3WEJ5Z3JTNGsiLCJ0eXAiOiJhdXRod2F5LWF1ZGl0LWhlYWQrandzIn0" +
		".eyJzZXEiOjd9.Dbf2nEsn2W2KXN7wJw1Qm6RAcRjPI4oCgBIyfluKXCS-4bHktz9MQ60eTTI90k9fOVEhpZdAL8oId9_7NLVvDg"
)

func notary(t testing.TB, list string) *tokens.Notary {
	t.Helper()
	n, err := tokens.ParseNotary(list)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func newNotaryKey(t testing.TB) string {
	t.Helper()
	key, err := tokens.NewNotaryKey()
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func TestANotarySignsWhatAnotherLibrarySigns(t *testing.T) {
	t.Parallel()
	signed, err := notary(t, rfcPrivate).Sign(tokens.AuditHead, []byte(`{"seq":7}`))
	if err != nil || signed != golden {
		t.Errorf("got %s, %v", signed, err)
	}
	text, err := notary(t, rfcPublic).Verify(golden, tokens.AuditHead)
	if err != nil || string(text) != `{"seq":7}` {
		t.Errorf("got %s, %v", text, err)
	}
	if said := fmt.Sprintf("%v %+v %s %#v", notary(t, rfcPrivate), notary(t, rfcPrivate), notary(t, rfcPrivate), notary(t, rfcPrivate)); said != strings.TrimSpace(strings.Repeat("notary "+rfcKid+" ", 4)) {
		t.Errorf("it prints as %s", said)
	}
}

func TestTheFirstSignsAndAllVerify(t *testing.T) {
	t.Parallel()
	older, younger := newNotaryKey(t), newNotaryKey(t)
	before, err := notary(t, older).Sign(tokens.AuditHead, []byte(`{"seq":1}`))
	if err != nil {
		t.Fatal(err)
	}
	both := notary(t, younger+",\n"+older)
	after, err := both.Sign(tokens.AuditHead, []byte(`{"seq":2}`))
	if err != nil {
		t.Fatal(err)
	}
	public, err := both.PublicPEM()
	if err != nil {
		t.Fatal(err)
	}
	for name, n := range map[string]*tokens.Notary{"both": both, "the public keys": notary(t, string(public))} {
		for _, signed := range []string{before, after} {
			if _, err := n.Verify(signed, tokens.AuditHead); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	if _, err := notary(t, older).Verify(after, tokens.AuditHead); !errors.Is(err, tokens.ErrRefused) {
		t.Errorf("the old one alone: %v", err)
	}
	if n := notary(t, string(public)); n.Signs() {
		t.Error("public keys sign")
	} else if _, err := n.Sign(tokens.AuditHead, []byte("{}")); err == nil {
		t.Error("public keys have signed")
	}
	if (*tokens.Notary)(nil).Signs() {
		t.Error("nobody signs")
	}
}

func TestHostileStatementsAreRefused(t *testing.T) {
	t.Parallel()
	n := notary(t, rfcPrivate)
	parts := strings.Split(golden, ".")
	header := func(changes map[string]any) string {
		all := map[string]any{"alg": "EdDSA", "kid": rfcKid, "typ": string(tokens.AuditHead)}
		for name, value := range changes {
			all[name] = value
		}
		text, err := json.Marshal(all)
		if err != nil {
			t.Fatal(err)
		}
		return b64(text) + "." + parts[1] + "." + parts[2]
	}
	for name, raw := range map[string]string{
		"nothing": "", "dots": "..", "no signature": parts[0] + "." + parts[1] + ".",
		"another text": parts[0] + "." + b64([]byte(`{"seq":8}`)) + "." + parts[2],
		"none":         header(map[string]any{"alg": "none"}), "the public key as a secret": header(map[string]any{"alg": "HS256"}),
		"another kid": header(map[string]any{"kid": "mine"}), "no kid": header(map[string]any{"kid": nil}), "a key in it": header(map[string]any{"jwk": "x"}),
		"an extension": header(map[string]any{"crit": []string{"b64"}}), "a token's type": header(map[string]any{"typ": "at+jwt"}),
		"a line's end": golden + "\n", "padding": golden + "==", "too large": golden + strings.Repeat("x", tokens.MaxSize),
		"a loose signature": golden[:len(golden)-1] + string(golden[len(golden)-1]+1),
	} {
		if text, err := n.Verify(raw, tokens.AuditHead); !errors.Is(err, tokens.ErrRefused) || text != nil {
			t.Errorf("%s: %s, %v", name, text, err)
		}
	}
	if _, err := n.Verify(golden, tokens.Proof); !errors.Is(err, tokens.ErrRefused) {
		t.Errorf("as a proof: %v", err)
	}
}

func TestWhatIsNoNotarysKey(t *testing.T) {
	t.Parallel()
	encode := func(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }
	raw, err := base64.StdEncoding.DecodeString(rfcPrivate)
	if err != nil {
		t.Fatal(err)
	}
	for name, list := range map[string]string{
		"nothing": "", "commas": ",,", "text": "hunter2", "base64 of text": encode("hunter2"), "something behind it": encode(string(raw) + "hunter2"),
		"another kind of block": encode(strings.ReplaceAll(string(raw), "PRIVATE KEY", "EC PRIVATE KEY")),
		"a broken block":        encode("-----BEGIN PRIVATE KEY-----\naHVudGVyMg==\n-----END PRIVATE KEY-----\n"),
		"one of two":            rfcPrivate + ",hunter2",
	} {
		n, err := tokens.ParseNotary(list)
		if err == nil || n != nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzNotaryVerify(f *testing.F) {
	n := notary(f, rfcPrivate)
	f.Add(golden)
	f.Add("e30.e30.")
	f.Fuzz(func(t *testing.T, raw string) {
		if _, err := n.Verify(raw, tokens.AuditHead); err == nil && raw != golden {
			t.Fatalf("a statement that nobody has signed: %q", raw)
		} else if err != nil && !errors.Is(err, tokens.ErrRefused) {
			t.Fatalf("got %v", err)
		}
	})
}
