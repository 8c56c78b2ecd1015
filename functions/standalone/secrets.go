package standalone

import (
	"crypto/rand"
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/authway/authway/functions/maintenance/backup/envelope"
	"github.com/authway/authway/functions/standalone/parts/supervise"
	"github.com/authway/authway/migrations"
	"github.com/authway/authway/shared/tokens"
)

// secrets are made once for a data folder. What is in its databases can be read
// with them only.
type secrets struct {
	Superuser string            `json:"postgres_superuser"`
	Owner     string            `json:"postgres_authway"`
	Hydra     string            `json:"postgres_hydra"`
	Functions map[string]string `json:"postgres_functions"`
	Backup    string            `json:"postgres_backup"`

	HydraSystem     string `json:"hydra_system"`
	HydraCookie     string `json:"hydra_cookie"`
	HydraPagination string `json:"hydra_pagination"`

	HookKey   string `json:"hydra_hook_key"`
	MasterKey string `json:"master_key"`
	// AuditSealKey signs the audit log's seals.
	AuditSealKey string `json:"audit_seal_key"`

	// What backups are encrypted for. A deployment keeps the identity elsewhere.
	BackupIdentity  string `json:"backup_identity"`
	BackupRecipient string `json:"backup_recipient"`

	DemoPassword  string `json:"demo_password"`
	AdminPassword string `json:"admin_password"`
}

// loadSecrets reads the folder's secrets and makes those that are missing.
func loadSecrets(f *supervise.Folder) (secrets, error) {
	path := f.Path("secrets.json")
	var s secrets
	raw, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		_, beside := os.Stat(f.Path("postgres"))
		_, elsewhere := os.Stat(f.Path("postgres.location"))
		if beside == nil || elsewhere == nil {
			return s, fmt.Errorf("%s is missing, and the database beside it cannot be opened without: put it back, or remove the folder to start from nothing", path)
		}
	case err != nil:
		return s, err
	default:
		if err := json.Unmarshal(raw, &s); err != nil {
			return s, fmt.Errorf("%s cannot be read: %w", path, err)
		}
	}
	if err := s.complete(); err != nil {
		return s, err
	}
	made, err := json.MarshalIndent(s, "", "  ")
	if err != nil || string(made) == string(raw) {
		return s, err
	}
	return s, supervise.WriteFile(path, made)
}

func (s *secrets) complete() (err error) {
	for _, field := range []*string{
		&s.Superuser, &s.Owner, &s.Hydra, &s.Backup, &s.HydraSystem, &s.HydraCookie, &s.HydraPagination, &s.HookKey,
	} {
		if *field == "" {
			*field = hex.EncodeToString(random(24))
		}
	}
	if s.MasterKey == "" {
		s.MasterKey = base64.StdEncoding.EncodeToString(random(32))
	}
	for _, field := range []*string{&s.DemoPassword, &s.AdminPassword} {
		if *field == "" {
			*field = typeable()
		}
	}
	if s.Functions == nil {
		s.Functions = map[string]string{}
	}
	for _, function := range migrations.Roles {
		if s.Functions[function] == "" {
			s.Functions[function] = hex.EncodeToString(random(24))
		}
	}
	if s.AuditSealKey == "" {
		if s.AuditSealKey, err = tokens.NewNotaryKey(); err != nil {
			return err
		}
	}
	if s.BackupIdentity == "" {
		s.BackupIdentity, s.BackupRecipient, err = envelope.Pair()
	}
	return err
}

// typeable is a password of 75 random bits for people, without letters that
// look like digits.
func typeable() string {
	text := strings.ToLower(base32.StdEncoding.EncodeToString(random(10)))[:15]
	return strings.Join([]string{text[:5], text[5:10], text[10:]}, "-")
}

func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b)
	return b
}
