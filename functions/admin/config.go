package admin

import (
	"net/url"

	"github.com/authway/authway/shared/backend"
	"github.com/authway/authway/shared/cache"
	"github.com/authway/authway/shared/config"
	"github.com/authway/authway/shared/events"
	"github.com/authway/authway/shared/hydra"
	"github.com/authway/authway/shared/postgres"
	"github.com/authway/authway/shared/seal"
)

type settings struct {
	public *url.URL
	db     *postgres.DB
	cache  *cache.Cache
	hydra  *hydra.Client
	box    *seal.Box
	// knocker has no sink unless K_SINK names one: maintenance then finds work at its
	// own times.
	knocker *events.Knocker
}

func readSettings(lookup config.Lookup) (settings, error) {
	reader := config.Read(lookup)
	s := settings{
		public:  backend.Public(reader),
		db:      backend.Database(reader, name),
		cache:   backend.Cache(reader),
		hydra:   backend.Hydra(reader),
		box:     backend.Box(reader),
		knocker: events.NewKnocker(reader.URL("K_SINK", "")),
	}
	return s, reader.Err()
}
