package factor

import (
	"context"
	"encoding/base32"
	"errors"
	"fmt"
	"strings"

	"github.com/google/uuid"
)

// ErrKey says that a text is no key of an authenticator app.
var ErrKey = errors.New("factor: not a key of an authenticator app")

// Keys of other systems are of 80 bits or more; RFC 4226, section 4, asks for 128.
const (
	minKey = 10
	maxKey = 64
)

// ParseKey reads a key as apps are given it: base32, in any case of letters, in groups,
// with or without its padding.
func ParseKey(text string) ([]byte, error) {
	text = strings.TrimRight(strings.NewReplacer(" ", "", "-", "", "\r", "", "\n", "").Replace(text), "=")
	plain := base32.StdEncoding.WithPadding(base32.NoPadding)
	key, err := plain.DecodeString(strings.ToUpper(text))
	// A text that lost its end is decoded as far as it goes: that is another key than the
	// app has. So is one with letters outside ASCII, whose capitals are in it.
	if err != nil || len(text) != plain.EncodedLen(len(key)) || len(key) < minKey || len(key) > maxKey {
		return nil, ErrKey
	}
	return key, nil
}

// Imported is the key of an account that comes from another system.
type Imported struct {
	Owner
	Key []byte
}

// AddMany keeps keys of accounts that have none. They count at once: their people have
// used them elsewhere.
func (s Store) AddMany(ctx context.Context, imported []Imported) error {
	if len(imported) == 0 {
		return nil
	}
	now := s.Clock.Now()
	rows := make([]row, len(imported))
	for i, k := range imported {
		rows[i] = row{
			ID: uuid.New(), TenantID: k.TenantID, UserID: k.UserID, Kind: TOTP, Secret: s.sealed(placeKey, k.UserID, k.Key),
			ConfirmedAt: &now, CreatedAt: now, UpdatedAt: now,
		}
	}
	_, err := s.DB.NewInsert().Model(&rows).Column("id", "tenant_id", "user_id", "kind", "secret", "confirmed_at", "created_at", "updated_at").
		Returning("NULL").Exec(ctx)
	if err != nil {
		return fmt.Errorf("factor: add many: %w", err)
	}
	return nil
}
