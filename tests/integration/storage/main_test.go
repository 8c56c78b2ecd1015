package storage_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"github.com/authway/authway/shared/account"
	"github.com/authway/authway/shared/seal"
	"github.com/authway/authway/tests/harness"
)

func TestMain(m *testing.M) { harness.Main(m) }

var defaultTenant = uuid.MustParse("00000000-0000-4000-8000-000000000001")

var noon = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

func box(t *testing.T) *seal.Box {
	t.Helper()
	b, err := seal.New([]string{base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{7}, 32))})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func addUser(t *testing.T, db bun.IDB, email string) account.User {
	t.Helper()
	u := account.User{ID: uuid.New(), TenantID: defaultTenant, Email: email, Name: "Ada", CreatedAt: noon, UpdatedAt: noon}
	if err := (account.Store{DB: db}).Create(t.Context(), u); err != nil {
		t.Fatal(err)
	}
	return u
}

// noCache is a Redis that is down.
type noCache struct{}

func (noCache) Get(context.Context, string) ([]byte, bool, error) { return nil, false, errDown }
func (noCache) Set(context.Context, string, []byte, time.Duration) error {
	return errDown
}
func (noCache) Delete(context.Context, ...string) error { return errDown }
