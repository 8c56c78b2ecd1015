package token

import (
	"net/url"

	"github.com/authway/authway/shared/backend"
	"github.com/authway/authway/shared/cache"
	"github.com/authway/authway/shared/config"
	"github.com/authway/authway/shared/hydra"
	"github.com/authway/authway/shared/postgres"
	"github.com/authway/authway/shared/seal"
)

type settings struct {
	public         *url.URL
	db             *postgres.DB
	cache          *cache.Cache
	hydra          *hydra.Client
	hydraPublicURL *url.URL
	hydraKey       backend.Key
	box            *seal.Box
}

func readSettings(lookup config.Lookup) (settings, error) {
	reader := config.Read(lookup)
	s := settings{
		public:         backend.Public(reader),
		db:             backend.Database(reader, name),
		cache:          backend.Cache(reader),
		hydra:          backend.Hydra(reader),
		hydraPublicURL: reader.RequiredURL("HYDRA_PUBLIC_URL"),
		hydraKey:       backend.HydraKey(reader),
		box:            backend.Box(reader),
	}
	return s, reader.Err()
}
