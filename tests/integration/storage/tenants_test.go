package storage_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/authway/authway/tests/harness"
)

// Tables without a tenant, each with its reason.
var ofNoTenant = map[string]string{
	"tenants":         "they are the tenants",
	"answers":         "named by the hash of Hydra's challenge, which belongs to one flow; it holds no account",
	"leases":          "who runs a job, for all tenants",
	"job_runs":        "what jobs have done, for all tenants; a summary holds no personal data",
	"job_requests":    "who wants which job to be run, for all tenants",
	"dead_letters":    "events that were given up on; they name a job and nobody",
	"event_cursor":    "how far the audit log of all tenants has been read",
	"audit_seals":     "the audit log of all tenants is one chain",
	"audit_heads":     "the audit log of all tenants is one chain",
	"signing_keys":    "one issuer signs for all tenants",
	"hydra_keys":      "one issuer signs for all tenants",
	"breached_lists":  "published passwords; the list is the same for everybody",
	"breached_blocks": "published passwords; the list is the same for everybody",
	"recovery_beat":   "marks the WAL, which is all tenants'",
	"recovery_drills": "what is restored is the whole server",
	"backup_state":    "what is copied is the whole server",
	// They are the settings of one function.
	"configured_providers": "settings of the installation, which say themselves for which tenants",
	// Made by the library that keeps the schema's versions.
	"bun_migrations":      "the schema's own versions",
	"bun_migration_locks": "the schema's own versions",
}

// Tables in which the tenant may be missing.
var sometimesOfNoTenant = map[string]string{
	"audit_events": "what the system does to itself is recorded too",
	"outbox":       "and told of",
}

// A row that belongs to an account says of which tenant, so that no statement
// has to join to find out and no account can be attached across tenants.
func TestEveryTableSaysItsTenant(t *testing.T) {
	t.Parallel()
	var columns []struct {
		Table    string `bun:"name"`
		Tenant   bool   `bun:"tenant"`
		Nullable bool   `bun:"nullable"`
		Account  bool   `bun:"account"`
		Bound    bool   `bun:"bound"`
	}
	// A partition is its parent's business.
	err := harness.NewDatabase(t).Owner(t).NewRaw(`
		SELECT c.relname AS name,
			tenant.attnum IS NOT NULL AS tenant,
			tenant.attnum IS NOT NULL AND NOT tenant.attnotnull AS nullable,
			account.attnum IS NOT NULL AS account,
			EXISTS (SELECT FROM pg_constraint AS k WHERE k.conrelid = c.oid AND k.contype = 'f'
				AND k.confrelid = 'users'::regclass AND k.conkey @> ARRAY[tenant.attnum, account.attnum]) AS bound
		FROM pg_class AS c
		LEFT JOIN pg_attribute AS tenant ON tenant.attrelid = c.oid AND tenant.attname = 'tenant_id' AND NOT tenant.attisdropped
		LEFT JOIN pg_attribute AS account ON account.attrelid = c.oid AND account.attname = 'user_id' AND NOT account.attisdropped
		WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition`).
		Scan(t.Context(), &columns)
	if err != nil {
		t.Fatal(err)
	}
	unused := maps.Clone(ofNoTenant)
	for _, c := range columns {
		reason := ofNoTenant[c.Table]
		delete(unused, c.Table)
		switch {
		case !c.Tenant && reason == "":
			t.Errorf("%s has no tenant_id, and no reason is known", c.Table)
		case c.Tenant && reason != "":
			t.Errorf("%s has a tenant_id, although it is said to need none", c.Table)
		case c.Nullable && sometimesOfNoTenant[c.Table] == "":
			t.Errorf("%s may lack its tenant, and no reason is known", c.Table)
		case c.Account && !c.Bound:
			t.Errorf("%s has a user_id that is not bound to the user's tenant: FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id)", c.Table)
		}
	}
	if len(columns) < 10 || len(unused) > 0 {
		t.Errorf("%d tables; these are not there: %v", len(columns), slices.Collect(maps.Keys(unused)))
	}
}
