package standalone

import (
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/authway/authway/functions/standalone/edge"
	"github.com/authway/authway/functions/standalone/parts/supervise"
	"github.com/authway/authway/migrations"
)

// backups are how a server of our own is copied, and where to unless a person says
// otherwise: into a folder beside the data, which shows how it works and is no
// place for what must not be lost. Of somebody else's server nobody has said that
// it may be copied, and nothing of what is thrown away is kept.
func (s *System) backups() map[string]string {
	if s.postgres == nil {
		return nil
	}
	made := map[string]string{
		"BACKUP_DATABASE_URL":      s.postgres.URL(migrations.BackupRole, "", "postgres"),
		"BACKUP_DATABASE_PASSWORD": s.secrets.Backup,
	}
	if _, chosen := s.options.Lookup("BACKUP_URL"); !chosen && !s.options.Throwaway {
		made["BACKUP_URL"] = (&url.URL{Scheme: "file", Path: s.folder.Path("backups")}).String()
		made["BACKUP_RECIPIENT"] = s.secrets.BackupRecipient
	}
	return made
}

// environmentFile is in the data folder: Environment, as NAME='value' lines for a shell.
const environmentFile = "maintenance.env"

// Environment are the settings with which the maintenance program works on this
// system from a shell. The identity that opens its backups is among them, which the
// function, which makes them, is not told.
func (s *System) Environment() map[string]string {
	around := s.surroundings()
	around.hydraAdmin = s.endpoints.HydraAdminURL
	lookup := around.lookup(edge.Maintenance, s.options.Lookup)
	names := append(slices.Clone(given[edge.Maintenance]),
		"AUTHWAY_URL", "DATABASE_URL", "HYDRA_ADMIN_URL", "HYDRA_DATABASE_URL", "DATABASE_OWNER_URL", "AUTHWAY_MASTER_KEYS")
	values := map[string]string{}
	for _, name := range names {
		if value, ok := lookup(name); ok {
			values[name] = value
		}
	}
	if s.postgres != nil {
		values["POSTGRES_BIN"] = s.postgres.Programs
	}
	identity, chosen := s.options.Lookup("BACKUP_IDENTITY")
	if !chosen && values["BACKUP_RECIPIENT"] == s.secrets.BackupRecipient {
		identity, chosen = s.secrets.BackupIdentity, true
	}
	if chosen {
		values["BACKUP_IDENTITY"] = identity
	}
	return values
}

// writeEnvironment writes it. It stays when the system stops: a restore is for when
// nothing runs.
func (s *System) writeEnvironment() error {
	values := s.Environment()
	var text strings.Builder
	for _, name := range slices.Sorted(maps.Keys(values)) {
		text.WriteString(name + "='" + strings.ReplaceAll(values[name], "'", `'\''`) + "'\n")
	}
	return supervise.WriteFile(s.folder.Path(environmentFile), []byte(text.String()))
}
