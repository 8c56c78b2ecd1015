package storage_test

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/authway/authway/shared/revoked"
	"github.com/authway/authway/tests/harness"
)

func TestARevocationIsNeverTakenBackByAnOlderOne(t *testing.T) {
	t.Parallel()
	db := harness.NewDatabase(t)
	home := uuid.MustParse("00000000-0000-4000-8000-000000000001")
	reader, writer := revoked.Clients{DB: db.As(t, "token")}, revoked.Clients{DB: db.As(t, "admin")}
	if at, err := reader.At(t.Context(), "shop"); err != nil || !at.IsZero() {
		t.Fatalf("never revoked: %s, %v", at, err)
	}
	first, second := time.Unix(1000, 0), time.Unix(2000, 0)
	for _, at := range []time.Time{second, first} {
		if err := writer.Revoke(t.Context(), home, "shop", at); err != nil {
			t.Fatal(err)
		}
	}
	if at, err := reader.At(t.Context(), "shop"); err != nil || !at.Equal(second) {
		t.Errorf("revoked at %s, %v", at, err)
	}
	if err := reader.Revoke(t.Context(), home, "shop", second); err == nil {
		t.Error("who only reads has written")
	}
}
