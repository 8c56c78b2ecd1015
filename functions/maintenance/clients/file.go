package clients

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/authway/authway/shared/client"
	"github.com/authway/authway/shared/config"
	"github.com/authway/authway/shared/tenant"
)

// maxFile bounds the file: a ConfigMap holds as much.
const maxFile = 1 << 20

// leastSecret is how short a declared secret may be.
const leastSecret = 16

// Entry is one application that is declared.
type Entry struct {
	ID, Tenant string
	Kind       client.Kind
	// Fields are what it speaks of.
	Fields client.Fields
	// Secret is what Hydra is given, if the entry says where one is.
	Secret config.Secret
}

// head is what stands in an entry beside settings.
type head struct {
	ID         string      `json:"id"`
	Tenant     string      `json:"tenant"`
	Kind       client.Kind `json:"kind"`
	SecretFile string      `json:"secretFile"`
	SecretEnv  string      `json:"secretEnv"`
}

// Read reads the file. Errors name entries and never repeat a secret.
func Read(path string, lookup config.Lookup) ([]Entry, error) {
	text, err := bounded(path)
	if err != nil {
		return nil, fmt.Errorf("clients: CLIENTS_FILE: %w", err)
	}
	return Parse(text, lookup)
}

func bounded(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(text) > maxFile {
		err = errors.New("it is larger than 1 MiB")
	}
	return text, err
}

// Parse reads the text of the file.
func Parse(text []byte, lookup config.Lookup) ([]Entry, error) {
	var file map[string]any
	if err := yaml.Unmarshal(text, &file); err != nil {
		return nil, fmt.Errorf("clients: the file is no YAML: %w", err)
	}
	list, ok := file["applications"].([]any)
	if !ok && file["applications"] != nil || len(file) > 1 || len(file) == 1 && !has(file, "applications") {
		return nil, errors.New("clients: the file has one key, applications, with a list")
	}
	var all []Entry
	var errs []error
	seen := map[string]bool{}
	for i, one := range list {
		entry, err := parse(one, lookup)
		switch {
		case err != nil:
			errs = append(errs, fmt.Errorf("clients: entry %d (%s): %w", i+1, entry.ID, err))
		case seen[entry.ID]:
			errs = append(errs, fmt.Errorf("clients: entry %d: %s is there twice", i+1, entry.ID))
		default:
			all = append(all, entry)
		}
		seen[entry.ID] = true
	}
	return all, errors.Join(errs...)
}

func has(file map[string]any, key string) bool { _, ok := file[key]; return ok }

func parse(one any, lookup config.Lookup) (Entry, error) {
	encoded, err := json.Marshal(one)
	if err != nil {
		return Entry{}, errors.New("it is no list of settings")
	}
	var h head
	var fields client.Fields
	if json.Unmarshal(encoded, &h) != nil || json.Unmarshal(encoded, &fields) != nil {
		return Entry{}, errors.New("it is no list of settings")
	}
	e := Entry{ID: h.ID, Tenant: h.Tenant, Kind: h.Kind, Fields: fields}
	for _, name := range []string{"id", "tenant", "kind", "secretFile", "secretEnv"} {
		delete(fields, name)
	}
	if e.Tenant == "" {
		e.Tenant = tenant.Default
	}
	if e.ID == "" || !slices.Contains(client.Kinds, e.Kind) {
		return e, errors.New("it needs an id and a kind: web, spa, native or machine")
	}
	if e.Secret, err = h.secret(lookup); err != nil {
		return e, err
	}
	return e, e.fill()
}

// secret is where the entry says that it is.
func (h head) secret(lookup config.Lookup) (config.Secret, error) {
	var text string
	switch {
	case h.SecretFile != "" && h.SecretEnv != "":
		return config.Secret{}, errors.New("secretFile or secretEnv, not both")
	case h.SecretFile != "":
		read, err := bounded(h.SecretFile)
		if err != nil {
			return config.Secret{}, fmt.Errorf("secretFile: %w", err)
		}
		text = strings.TrimSpace(string(read))
	case h.SecretEnv != "":
		text, _ = lookup(h.SecretEnv)
	default:
		return config.Secret{}, nil
	}
	if len(text) < leastSecret {
		return config.Secret{}, fmt.Errorf("its secret is not there, or has less than %d bytes", leastSecret)
	}
	return config.NewSecret(text), nil
}

// fill adds what follows from the kind, and refuses fields that are none.
func (e Entry) fill() error {
	settings, err := e.Fields.Over(client.Settings{})
	if err != nil {
		return err
	}
	filled, err := client.FieldsOf(settings.Filled(e.Kind))
	if err != nil {
		return err
	}
	for _, name := range []string{"grantTypes", "responseTypes", "authMethod"} {
		e.Fields[name] = filled[name]
	}
	// As they would be read from Hydra: whole, and null is what the kind has.
	for name := range e.Fields {
		e.Fields[name] = filled[name]
	}
	if e.Secret.IsSet() && !settings.Filled(e.Kind).HasSecret() {
		return errors.New("it proves itself without a secret, and has one")
	}
	return nil
}

// Settings are those of a registration that is made anew.
func (e Entry) Settings() (client.Settings, error) {
	s, err := e.Fields.Over(client.Settings{})
	return s.Filled(e.Kind), err
}
