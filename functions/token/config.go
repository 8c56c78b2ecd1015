package token

import (
	"github.com/uptrace/bun"

	"github.com/authway/authway/shared/backend"
	"github.com/authway/authway/shared/config"
)

type settings struct {
	db       *bun.DB
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
