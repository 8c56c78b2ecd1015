package login

import (
	"fmt"
	"net/url"
	"slices"

	"github.com/authway/authway/shared/backend"
	"github.com/authway/authway/shared/cache"
	"github.com/authway/authway/shared/config"
	"github.com/authway/authway/shared/events"
	"github.com/authway/authway/shared/hydra"
	"github.com/authway/authway/shared/postgres"
	"github.com/authway/authway/shared/provider"
	"github.com/authway/authway/shared/seal"
)

type settings struct {
	public   *url.URL
	db       *postgres.DB
	cache    *cache.Cache
	hydra    *hydra.Client
	hydraKey backend.Key
	box      *seal.Box
	// knocker has no sink unless K_SINK names one: mail then leaves at
	// maintenance's own times.
	knocker *events.Knocker
	// offered are the providers that people may sign in at.
	offered []provider.Settings
}

func readSettings(lookup config.Lookup) (settings, error) {
	reader := config.Read(lookup)
	s := settings{
		public:   backend.Public(reader),
		db:       backend.Database(reader, name),
		cache:    backend.Cache(reader),
		hydra:    backend.Hydra(reader),
		hydraKey: backend.HydraKey(reader),
		box:      backend.Box(reader),
		knocker:  events.NewKnocker(reader.URL("K_SINK", "")),
		offered:  readProviders(reader),
	}
	return s, reader.Err()
}

// readProviders reads the providers, Google first.
func readProviders(reader *config.Reader) []provider.Settings {
	var offered []provider.Settings
	id, secret := reader.String("GOOGLE_CLIENT_ID", ""), reader.Secret("GOOGLE_CLIENT_SECRET")
	if (id != "") != secret.IsSet() {
		reader.Complain("GOOGLE_CLIENT_ID", "and GOOGLE_CLIENT_SECRET belong together: set both, or neither")
	}
	if id != "" {
		offered = append(offered, provider.ForGoogle(id, secret.Reveal()))
	}
	// The list holds secrets, and is one.
	text := reader.Secret("OIDC_PROVIDERS")
	if !text.IsSet() {
		return offered
	}
	list, complaints := provider.Parse(text.Reveal())
	for _, complaint := range complaints {
		reader.Complain("OIDC_PROVIDERS", complaint)
	}
	if id != "" && slices.ContainsFunc(list, func(s provider.Settings) bool { return s.ID == provider.GoogleID }) {
		reader.Complain("OIDC_PROVIDERS", fmt.Sprintf("has the id %s, which GOOGLE_CLIENT_ID stands for", provider.GoogleID))
	}
	return append(offered, list...)
}
