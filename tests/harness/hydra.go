package harness

import (
	"context"
	"sync"
	"testing"

	"github.com/authway/authway/functions/standalone/parts"
	"github.com/authway/authway/functions/standalone/parts/supervise"
	"github.com/authway/authway/shared/config"
)

const hydraTemplate = "hydra_template"

// makeHydraTemplate has Hydra itself make its tables, once for all tests.
var makeHydraTemplate = sync.OnceValue(func() error {
	ctx := context.Background()
	s, err := startServer()
	if err != nil {
		return err
	}
	data, program, err := hydraProgram(ctx, "authway-hydra-")
	if err != nil {
		return err
	}
	if _, err := s.admin.ExecContext(ctx, "CREATE DATABASE "+hydraTemplate+" OWNER "+owner); err != nil {
		return err
	}
	return program.Migrate(ctx, data, s.URL(owner, password, hydraTemplate))
})

// hydraProgram finds Hydra, with a folder of its own that is named so.
func hydraProgram(ctx context.Context, name string) (*supervise.Folder, parts.HydraProgram, error) {
	dir, err := folder(name)
	if err != nil {
		return nil, parts.HydraProgram{}, err
	}
	data, err := supervise.Open(dir)
	if err != nil {
		return nil, parts.HydraProgram{}, err
	}
	AtEnd(func(context.Context) error { return data.Close() })
	program, err := parts.FindHydra(ctx, data, config.Read(config.Environment()).String("HYDRA_BIN", ""), func(string, ...any) {})
	return data, program, err
}

// NewHydraDatabase gives the test a database of Hydra's of its own, which no Hydra
// uses. It belongs to the owner.
func NewHydraDatabase(t testing.TB) Database {
	t.Helper()
	if err := makeHydraTemplate(); err != nil {
		t.Fatalf("harness: Hydra's tables: %v", err)
	}
	return newDatabase(t, " TEMPLATE "+hydraTemplate)
}
