package token

import (
	"github.com/authway/authway/shared/backend"
	"github.com/authway/authway/shared/config"
	"github.com/authway/authway/shared/postgres"
)

type settings struct {
	db       *postgres.DB
	hydraKey backend.Key
}

func readSettings(lookup config.Lookup) (settings, error) {
	reader := config.Read(lookup)
	s := settings{
		db:       backend.Database(reader, name),
		hydraKey: backend.HydraKey(reader),
	}
	return s, reader.Err()
}
