package storage_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/authway/authway/shared/tenant"
	"github.com/authway/authway/tests/harness"
)

func TestBrandIsCheckedByTheDatabase(t *testing.T) {
	t.Parallel()
	db := harness.NewDatabase(t)
	owner := db.Owner(t)
	set := func(column, value string) error {
		_, err := owner.NewRaw("UPDATE tenants SET "+column+" = ?", value).Exec(t.Context())
		return err
	}
	for column, values := range map[string]map[string]bool{
		"brand_accent": {"": true, "#1d4ed8": true, "#fff": false, "#1D4ED8": false, "red": false, "#1d4ed8;": false, "#1d4ed8\n": false},
		"brand_logo": {
			"": true, "https://cdn.acme.example/logo.svg": true, "http://cdn.acme.example/logo.svg": false, "javascript:alert(1)": false,
			"https://": false, "https://a b": false, "/logo.svg": false, "https://x/" + strings.Repeat("x", 2000): false,
		},
		"brand_support": {
			"": true, "help@acme.example": true, "https://acme.example/help": true, "http://acme.example": false, "help": false,
			"a@b@c": false, "Eve <eve@evil.example>": false, "a@x.example\nBcc: b@y.example": false, "javascript:alert(1)//@x": false,
		},
	} {
		for value, want := range values {
			if err := set(column, value); (err == nil) != want {
				t.Errorf("%s = %q: %v", column, value, err)
			}
		}
	}
	for column, value := range map[string]string{
		"name": "Acme", "brand_accent": "#1d4ed8", "brand_logo": "https://cdn.acme.example/logo.svg", "brand_support": "help@acme.example",
	} {
		if err := set(column, value); err != nil {
			t.Fatal(err)
		}
	}
	store := tenant.Store{DB: db.As(t, "maintenance")}
	got, err := store.Brand(t.Context(), defaultTenant)
	want := tenant.Brand{Slug: "default", Name: "Acme", Accent: "#1d4ed8", Logo: "https://cdn.acme.example/logo.svg", Support: "help@acme.example", Welcome: map[string]string{}}
	if err != nil || !reflect.DeepEqual(got, want) || got.Plain() {
		t.Errorf("got %+v, %v", got, err)
	}
	if _, err := store.Brand(t.Context(), uuid.New()); !errors.Is(err, tenant.ErrUnknown) {
		t.Errorf("got %v", err)
	}
}
