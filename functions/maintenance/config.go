package maintenance

import (
	"github.com/uptrace/bun"

	"github.com/authway/authway/shared/backend"
	"github.com/authway/authway/shared/config"
)

type settings struct {
	db *bun.DB
}

func readSettings(lookup config.Lookup) (settings, error) {
	reader := config.Read(lookup)
	s := settings{db: backend.Database(reader, name)}
	return s, reader.Err()
}
