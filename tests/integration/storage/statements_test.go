package storage_test

import (
	"testing"

	"github.com/google/uuid"

	"github.com/authway/authway/shared/account"
	"github.com/authway/authway/shared/postgres"
	"github.com/authway/authway/tests/harness"
)

// No two statements have the same text: prepared, each costs another round trip, and what
// the server keeps for a connection grows with it.
func TestStatementsAreNotPrepared(t *testing.T) {
	t.Parallel()
	db, err := postgres.Open(postgres.Config{URL: harness.NewDatabase(t).URL("login"), MaxConns: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	for range 3 {
		if known, err := (account.Store{DB: db}).ByEmail(t.Context(), uuid.New(), "ada@example.org"); err == nil {
			t.Fatalf("there is %v", known)
		}
	}
	var kept int
	if err := db.NewRaw("SELECT count(*) FROM pg_prepared_statements").Scan(t.Context(), &kept); err != nil || kept != 0 {
		t.Errorf("%d statements are kept prepared, %v", kept, err)
	}
}
