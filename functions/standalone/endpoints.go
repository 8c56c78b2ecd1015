package standalone

import (
	"encoding/json"

	"github.com/authway/authway/functions/standalone/parts/supervise"
)

// Endpoints are the addresses of a running system and the accounts to try it
// with. They stand in endpoints.json of the data folder while it runs.
type Endpoints struct {
	URL            string `json:"url"`
	HydraPublicURL string `json:"hydra_public_url"`
	HydraAdminURL  string `json:"hydra_admin_url"`
	// DatabaseURL is the schema owner's, who may make roles and databases.
	DatabaseURL string `json:"database_url"`
	// HydraDatabaseURL is empty when Hydra was not started here.
	HydraDatabaseURL string `json:"hydra_database_url,omitempty"`
	RedisURL         string `json:"redis_url"`
	OpsURL           string `json:"ops_url"`
	MailboxURL       string `json:"mailbox_url"`
	DemoUser         string `json:"demo_user"`
	DemoPassword     string `json:"demo_password"`
	AdminUser        string `json:"admin_user"`
	AdminPassword    string `json:"admin_password"`
}

const endpointsFile = "endpoints.json"

func (e Endpoints) write(f *supervise.Folder) error {
	raw, err := json.MarshalIndent(e, "", "  ")
	if err != nil {
		return err
	}
	return supervise.WriteFile(f.Path(endpointsFile), append(raw, '\n'))
}
