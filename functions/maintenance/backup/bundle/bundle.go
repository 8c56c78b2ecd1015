package bundle

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/authway/authway/shared/config"
	"github.com/authway/authway/shared/keyring"
)

// Names of the files in a bundle, beside kubernetes/KIND/NAME.json.
const (
	IndexFile    = "index.json"
	SettingsFile = "settings.json"
	ClientsFile  = "hydra/clients.json"
	KeysFile     = "keys/signing.json"
	// Objects is the folder of Kubernetes' objects, for kubectl apply -R -f.
	Objects = "kubernetes"
)

// Source is what is copied.
type Source struct {
	Lookup config.Lookup
	// Clients are Hydra's, and Keys are Authway's own (keyring.Store).
	Clients interface {
		Clients(ctx context.Context) ([]json.RawMessage, error)
	}
	Keys interface {
		Living(ctx context.Context) ([]keyring.Key, error)
	}
	// Witness is what a restored database is confronted with.
	Witness interface {
		Hear(ctx context.Context, now time.Time) (Testimony, error)
	}
	// Cluster is nil where there is none.
	Cluster *Cluster
}

// Contents are what a bundle holds.
type Contents struct {
	Index    Index
	Settings map[string]string
	// Files are all of them by their names, the index and the settings among them.
	Files map[string][]byte
}

// Format says how much there is and nothing of it, whatever the verb.
func (c Contents) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "bundle of %d files", len(c.Files))
}

// Index is what a bundle says of itself.
type Index struct {
	Taken time.Time `json:"taken"`
	// Namespace is that of the objects, or "" without any.
	Namespace string   `json:"namespace,omitempty"`
	Files     []string `json:"files"`
	// Left are what was not copied, and why.
	Left []Omission `json:"left,omitempty"`
}

// Omission is something that was not copied.
type Omission struct {
	What string `json:"what"`
	Why  string `json:"why"`
}

// taking is a bundle in the making.
type taking struct {
	contents *Contents
	room     room
}

// Take copies everything. The index says what was left out on purpose; what could
// not be copied is an error.
func (s Source) Take(ctx context.Context, now time.Time) (*Contents, error) {
	t := &taking{contents: &Contents{Settings: given(s.Lookup), Files: map[string][]byte{}}, room: room{Limit}}
	t.contents.Index = Index{Taken: now.UTC()}
	if err := t.add(SettingsFile, t.contents.Settings); err != nil {
		return nil, err
	}
	clients, err := s.Clients.Clients(ctx)
	if err != nil {
		return nil, fmt.Errorf("bundle: Hydra's applications: %w", err)
	}
	if err := t.add(ClientsFile, clients); err != nil {
		return nil, err
	}
	if err := t.keys(ctx, s); err != nil {
		return nil, err
	}
	said, err := s.Witness.Hear(ctx, now)
	if err != nil {
		return nil, err
	}
	if err := t.add(WitnessFile, said); err != nil {
		return nil, err
	}
	if err := t.objects(ctx, s.Cluster); err != nil {
		return nil, err
	}
	t.contents.Index.Files = append(slices.Sorted(maps.Keys(t.contents.Files)), IndexFile)
	return t.contents, t.add(IndexFile, t.contents.Index)
}

// add adds a file.
func (t *taking) add(name string, value any) error {
	text, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		return fmt.Errorf("bundle: %s: %w", name, err)
	}
	t.contents.Files[name] = append(text, '\n')
	return t.room.take(int64(len(text)))
}

// signingKey is a key as it is kept: what JWT_PRIVATE_KEY takes.
type signingKey struct {
	ID        string        `json:"kid"`
	State     keyring.State `json:"stage"`
	Algorithm string        `json:"alg"`
	Private   string        `json:"private,omitempty"`
}

func (t *taking) keys(ctx context.Context, s Source) error {
	living, err := s.Keys.Living(ctx)
	if err != nil {
		return fmt.Errorf("bundle: the signing keys: %w", err)
	}
	all := make([]signingKey, len(living))
	for i, k := range living {
		all[i] = signingKey{ID: k.ID, State: k.State, Algorithm: string(k.Algorithm)}
		if k.Private() == nil {
			continue
		}
		der, err := x509.MarshalPKCS8PrivateKey(k.Private())
		if err != nil {
			return fmt.Errorf("bundle: the signing key %s: %w", k.ID, err)
		}
		all[i].Private = string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	}
	return t.add(KeysFile, all)
}

func (t *taking) objects(ctx context.Context, c *Cluster) error {
	if c == nil {
		t.leave(Objects, "not in a cluster, or without a service account's token")
		return nil
	}
	s, err := c.open()
	if err != nil {
		return err
	}
	defer s.close()
	t.contents.Index.Namespace = s.namespace
	for _, g := range groups {
		for _, plural := range g.plurals {
			err := s.each(ctx, g, plural, func(o object) error { return t.object(g.resource(plural), o) })
			switch {
			case errors.Is(err, errNoKind):
				t.leave(Objects+"/"+g.resource(plural), errNoKind.Error())
			case err != nil:
				return err
			}
		}
	}
	return nil
}

func (t *taking) object(resource string, o object) error {
	name := Objects + "/" + resource + "/" + o.name()
	if why := o.omitted(resource); why != "" {
		t.leave(name, why)
		return nil
	}
	o.tidy(resource)
	return t.add(name+".json", o)
}

func (t *taking) leave(what, why string) {
	t.contents.Index.Left = append(t.contents.Index.Left, Omission{what, why})
}
