package login

import (
	"strings"
	"testing"

	"github.com/authway/authway/shared/config"
)

func TestProvidersAreReadOrComplainedOf(t *testing.T) {
	t.Parallel()
	acme := `[{"id": "acme", "name": "Acme", "issuer": "https://a.example", "client_id": "x", "client_secret": "hush"}]`
	for name, c := range map[string]struct {
		settings map[string]string
		ids      string
		want     string
	}{
		"none":           {nil, "", ""},
		"both":           {map[string]string{"GOOGLE_CLIENT_ID": "g", "GOOGLE_CLIENT_SECRET": "hush", "OIDC_PROVIDERS": acme}, "google acme", ""},
		"half of Google": {map[string]string{"GOOGLE_CLIENT_SECRET": "hush"}, "", "belong together"},
		"Google twice":   {map[string]string{"GOOGLE_CLIENT_ID": "g", "GOOGLE_CLIENT_SECRET": "hush", "OIDC_PROVIDERS": strings.ReplaceAll(acme, "acme", "google")}, "google google", "has the id google"},
		"a mistake":      {map[string]string{"OIDC_PROVIDERS": strings.ReplaceAll(acme, "https", "http")}, "acme", "entry 1: the issuer"},
		"no list at all": {map[string]string{"OIDC_PROVIDERS": "hush"}, "", "list in JSON"},
	} {
		reader := config.Read(config.Map(c.settings))
		var ids []string
		for _, s := range readProviders(reader) {
			ids = append(ids, s.ID)
		}
		said := ""
		if err := reader.Err(); err != nil {
			said = err.Error()
		}
		if strings.Join(ids, " ") != c.ids || !strings.Contains(said, c.want) || c.want == "" && said != "" || strings.Contains(said, "hush") {
			t.Errorf("%s: %v, %q", name, ids, said)
		}
	}
}
