package bundle

import "github.com/authway/authway/shared/config"

// names are the settings that a restore needs: all that the functions read, but
// for those that belong to one process (PORT, OPS_PORT, LOG_LEVEL, OTEL_…), and for
// BACKUP_IDENTITY, which opens the bundle.
var names = []string{
	"AUTHWAY_URL", "AUTHWAY_MASTER_KEYS",
	"DATABASE_URL", "DATABASE_PASSWORD", "DATABASE_OWNER_URL", "HYDRA_DATABASE_URL",
	"REDIS_URL", "REDIS_PASSWORD",
	"HYDRA_ADMIN_URL", "HYDRA_PUBLIC_URL", "HYDRA_CLIENT_SECRET", "HYDRA_SECRETS_SYSTEM", "HYDRA_KEYS_ROTATE",
	"JWT_PRIVATE_KEY", "JWT_PUBLIC_KEY",
	"GOOGLE_CLIENT_ID", "GOOGLE_CLIENT_SECRET", "OIDC_PROVIDERS",
	"SMTP_URL", "SMTP_TIMEOUT", "MAIL_FROM",
	"BREACHED_URL", "AUDIT_RETENTION", "AUDIT_SEAL_KEY", "CLIENTS_FILE", "CLIENTS_RECONCILE",
	"K_SINK", "EVENTS_AUDIENCE", "EVENTS_ISSUER", "EVENTS_ISSUER_MOUNT",
	"BACKUP_URL", "BACKUP_RECIPIENT", "BACKUP_METHOD", "BACKUP_SLOT", "BACKUP_DATABASE_URL", "BACKUP_DATABASE_PASSWORD",
}

// given are the settings that lookup knows. They are what they are in force as: of
// a NAME_FILE the file's content.
func given(lookup config.Lookup) map[string]string {
	all := map[string]string{}
	for _, name := range names {
		if value, ok := lookup(name); ok && value != "" {
			all[name] = value
		}
	}
	return all
}
