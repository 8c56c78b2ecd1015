package maintenance

import (
	"github.com/authway/authway/shared/backend"
	"github.com/authway/authway/shared/config"
	"github.com/authway/authway/shared/postgres"
)

type settings struct {
	db *postgres.DB
}

func readSettings(lookup config.Lookup) (settings, error) {
	reader := config.Read(lookup)
	s := settings{db: backend.Database(reader, name)}
	return s, reader.Err()
}
