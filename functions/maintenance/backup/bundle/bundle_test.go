package bundle

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/authway/authway/functions/maintenance/backup/catalog"
	"github.com/authway/authway/functions/maintenance/backup/envelope"
	"github.com/authway/authway/functions/maintenance/backup/store"
	"github.com/authway/authway/shared/config"
	"github.com/authway/authway/shared/keyring"
)

var moment = time.Date(2026, 11, 24, 2, 10, 0, 0, time.UTC)

type clients []json.RawMessage

func (c clients) Clients(context.Context) ([]json.RawMessage, error) { return c, nil }

type keys []keyring.Key

func (k keys) Living(context.Context) ([]keyring.Key, error) { return k, nil }

type mute struct{}

func (mute) Hear(context.Context, time.Time) (Testimony, error) { return Testimony{}, nil }

// source fills in what s does not name.
func source(s Source) Source {
	if s.Lookup == nil {
		s.Lookup = config.Map(nil)
	}
	if s.Clients == nil {
		s.Clients = clients{}
	}
	if s.Keys == nil {
		s.Keys = keys{}
	}
	if s.Witness == nil {
		s.Witness = mute{}
	}
	return s
}

func taken(t *testing.T, s Source) *Contents {
	t.Helper()
	c, err := source(s).Take(t.Context(), moment)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// signingPair is a new key, and its PEM.
func signingPair(t *testing.T) (keyring.Key, string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	text := string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	pair, err := keyring.ParsePrivate(text)
	if err != nil {
		t.Fatal(err)
	}
	return pair.Key(), text
}

type kept struct {
	dir        string
	store      *store.Store
	to         envelope.Recipients
	identities envelope.Identities
}

func keeping(t *testing.T) kept {
	t.Helper()
	k := kept{dir: t.TempDir()}
	identity, recipient, err := envelope.Pair()
	if err != nil {
		t.Fatal(err)
	}
	if k.to, err = envelope.ParseRecipients(recipient); err != nil {
		t.Fatal(err)
	}
	if k.identities, err = envelope.ParseIdentities(identity); err != nil {
		t.Fatal(err)
	}
	if k.store, err = store.Open(t.Context(), "file://"+k.dir); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = k.store.Close() })
	return k
}

// What comes back is what was there: with it, tokens of before are verified, and
// what was sealed is opened.
func TestABundleBringsBackSettingsClientsAndKeys(t *testing.T) {
	t.Parallel()
	key, private := signingPair(t)
	k := keeping(t)
	c := taken(t, Source{
		Lookup: config.Map(map[string]string{
			"AUTHWAY_MASTER_KEYS": "first,second", "OIDC_PROVIDERS": `[{"id":"acme"}]`, "BACKUP_IDENTITY": "AGE-SECRET-KEY-1", "PORT": "8080", "REDIS_URL": "",
		}),
		Clients: clients{[]byte(`{"client_id":"crm","metadata":{"tenant":"acme"}}`)},
		Keys:    keys{key},
	})
	b, err := c.Store(t.Context(), k.store, k.to)
	if err != nil {
		t.Fatal(err)
	}
	back, err := Open(t.Context(), k.store, b, k.identities)
	if err != nil {
		t.Fatal(err)
	}
	if len(back.Settings) != 2 || back.Settings["AUTHWAY_MASTER_KEYS"] != "first,second" || back.Settings["OIDC_PROVIDERS"] != `[{"id":"acme"}]` {
		t.Errorf("the settings %v", back.Settings)
	}
	if got := compact(t, back.Files[ClientsFile]); got != `[{"client_id":"crm","metadata":{"tenant":"acme"}}]` {
		t.Errorf("the clients %s", got)
	}
	var pairs []signingKey
	if err := json.Unmarshal(back.Files[KeysFile], &pairs); err != nil || len(pairs) != 1 || pairs[0].Private != private || pairs[0].ID != key.ID {
		t.Errorf("the keys %v, %v", len(pairs), err)
	}
	if !back.Index.Taken.Equal(moment) || !slices.Contains(back.Index.Files, KeysFile) || left(back, Objects) == "" {
		t.Errorf("the index %+v", back.Index)
	}
	if text := fmt.Sprintf("%v %+v %#v", c, *back, c); strings.Contains(text, "second") {
		t.Errorf("it prints as %s", text)
	}
}

// Whoever sees the storage sees no secret, and nothing that was on its way lies
// beside it.
func TestNoSecretIsStoredInTheClear(t *testing.T) {
	t.Parallel()
	key, private := signingPair(t)
	secrets := []string{"the-master-key-of-everything", "the-smtp-password", "the-database-password", "the-providers-secret", "a-secret-in-a-secret"}
	a := &apiServer{lists: map[string]list{
		secretsPath: objectsOf(t, "SecretList", `[{"metadata":{"name":"s"},"data":{"k":"`+base64.StdEncoding.EncodeToString([]byte(secrets[4]))+`"}}]`),
	}}
	k := keeping(t)
	c := taken(t, Source{
		Lookup: config.Map(map[string]string{
			"AUTHWAY_MASTER_KEYS": secrets[0], "SMTP_URL": "smtp://u:" + secrets[1] + "@mail", "DATABASE_PASSWORD": secrets[2], "OIDC_PROVIDERS": secrets[3],
		}),
		Keys: keys{key}, Cluster: cluster(t, a),
	})
	if !strings.Contains(string(c.Files[KeysFile]), "PRIVATE KEY") {
		t.Fatal("there is nothing to keep secret")
	}
	if _, err := c.Store(t.Context(), k.store, k.to); err != nil {
		t.Fatal(err)
	}
	secrets = append(secrets, base64.StdEncoding.EncodeToString([]byte(secrets[4])), apiToken, strings.Split(private, "\n")[1], "PRIVATE KEY", "AUTHWAY_MASTER_KEYS")
	stored := 0
	err := filepath.WalkDir(k.dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		stored += len(content)
		for i, secret := range secrets {
			if bytes.Contains(content, []byte(secret)) || strings.Contains(path, secret) {
				t.Errorf("secret %d is in %s", i, path)
			}
		}
		return err
	})
	if err != nil || stored == 0 {
		t.Errorf("%d bytes are stored, %v", stored, err)
	}
}

// forged is a bundle as somebody might make it who has the public key.
func forged(t *testing.T, k kept, files ...*tar.Header) catalog.Bundle {
	t.Helper()
	var sealed bytes.Buffer
	w, err := envelope.Seal(&sealed, k.to)
	if err != nil {
		t.Fatal(err)
	}
	archive := tar.NewWriter(w)
	for _, header := range files {
		if header.Typeflag == 0 {
			header.Typeflag = tar.TypeReg
		}
		if err := archive.WriteHeader(header); err != nil {
			t.Fatal(err)
		}
		if _, err := io.CopyN(archive, endless('{', '}'), header.Size); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(archive.Close(), w.Close()); err != nil {
		t.Fatal(err)
	}
	b := catalog.Bundle{Taken: moment, SHA256: w.SHA256()}
	if err := k.store.Write(t.Context(), b.Key(), func(w io.Writer) error { _, err := w.Write(sealed.Bytes()); return err }); err != nil {
		t.Fatal(err)
	}
	return b
}

// endless repeats its bytes.
func endless(pattern ...byte) io.Reader { return &repeated{pattern: pattern} }

type repeated struct {
	pattern []byte
	at      int
}

func (r *repeated) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = r.pattern[r.at%len(r.pattern)]
		r.at++
	}
	return len(p), nil
}

// A bundle is opened where everything is restored: what is in it may not reach
// beyond the folder it is written to, nor fill the memory.
func TestABundleThatIsNotOursIsRefused(t *testing.T) {
	t.Parallel()
	index, settings := &tar.Header{Name: IndexFile, Size: 2}, &tar.Header{Name: SettingsFile, Size: 2}
	k := keeping(t)
	if _, err := Open(t.Context(), k.store, forged(t, k, index, settings), k.identities); err != nil {
		t.Errorf("a whole one: %v", err)
	}
	for name, c := range map[string]struct {
		files []*tar.Header
		want  error
	}{
		"a name that leads out":  {[]*tar.Header{index, settings, {Name: "../../etc/passwd", Size: 2}}, ErrDamaged},
		"an absolute name":       {[]*tar.Header{index, settings, {Name: "/etc/passwd", Size: 2}}, ErrDamaged},
		"a link":                 {[]*tar.Header{index, settings, {Name: "kubernetes", Typeflag: tar.TypeSymlink, Linkname: "/etc"}}, ErrDamaged},
		"no index":               {[]*tar.Header{settings}, ErrDamaged},
		"no settings":            {[]*tar.Header{index}, ErrDamaged},
		"more than memory holds": {[]*tar.Header{index, settings, {Name: "kubernetes/a.json", Size: Limit}}, errLarge},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := keeping(t)
			if _, err := Open(t.Context(), k.store, forged(t, k, c.files...), k.identities); !errors.Is(err, c.want) {
				t.Errorf("opened with %v", err)
			}
		})
	}
}

func TestABundleThatHasChangedIsRefused(t *testing.T) {
	t.Parallel()
	k := keeping(t)
	b, err := taken(t, Source{}).Store(t.Context(), k.store, k.to)
	if err != nil {
		t.Fatal(err)
	}
	stranger := keeping(t)
	if _, err := Open(t.Context(), k.store, b, stranger.identities); !errors.Is(err, envelope.ErrIdentity) {
		t.Errorf("with somebody else's key: %v", err)
	}
	path := filepath.Join(k.dir, filepath.FromSlash(b.Key()))
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	content[len(content)/2] ^= 1
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), k.store, b, k.identities); !errors.Is(err, ErrDamaged) {
		t.Errorf("with another bit: %v", err)
	}
	// Whole as an envelope, but another one under its name.
	sum := sha256.Sum256([]byte("another"))
	other := catalog.Bundle{Taken: b.Taken, SHA256: hex.EncodeToString(sum[:])}
	content[len(content)/2] ^= 1
	if err := os.WriteFile(filepath.Join(k.dir, filepath.FromSlash(other.Key())), content, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), k.store, other, k.identities); !errors.Is(err, ErrDamaged) {
		t.Errorf("under another name: %v", err)
	}
}

// What does not fit is told, and nothing is stored that lacks a part.
func TestALargeNamespaceIsAnError(t *testing.T) {
	t.Parallel()
	large := clients{json.RawMessage(`"` + strings.Repeat("x", Limit) + `"`)}
	if _, err := source(Source{Clients: large}).Take(t.Context(), moment); !errors.Is(err, errLarge) {
		t.Errorf("got %v", err)
	}
}
