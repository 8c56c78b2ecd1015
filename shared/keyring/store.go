package keyring

import (
	"context"
	"crypto"
	"crypto/x509"
	"errors"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"github.com/authway/authway/shared/clock"
	"github.com/authway/authway/shared/seal"
)

// ErrUnknown says that there is no such key, or that it is gone.
var ErrUnknown = errors.New("keyring: there is no such key")

// placePrivate is what a sealed private part is bound to, with the kid after it.
const placePrivate = "signing_keys.private_key:"

// Store keeps keys in PostgreSQL.
type Store struct {
	DB    *bun.DB
	Box   *seal.Box
	Clock clock.Clock
}

type row struct {
	bun.BaseModel `bun:"table:signing_keys"`

	ID          string     `bun:"kid,pk"`
	Algorithm   Algorithm  `bun:"algorithm"`
	State       State      `bun:"state"`
	Public      []byte     `bun:"public_key"`
	Private     []byte     `bun:"private_key"`
	PublishedAt time.Time  `bun:"published_at"`
	ActivatedAt *time.Time `bun:"activated_at"`
	RetiredAt   *time.Time `bun:"retired_at"`
	HastenedAt  *time.Time `bun:"hastened_at"`
}

var columns = []string{
	"kid", "algorithm", "state", "public_key", "private_key", "published_at", "activated_at", "retired_at", "hastened_at",
}

// Living returns the keys that are not gone, in the order of the JWKS, each with
// its private part if it has one.
func (s Store) Living(ctx context.Context) ([]Key, error) {
	rows, err := living(ctx, s.DB)
	if err != nil {
		return nil, err
	}
	keys := make([]Key, len(rows))
	for i, r := range rows {
		if keys[i], err = s.open(r); err != nil {
			return nil, err
		}
	}
	return keys, nil
}

// living reads the one that signs first, then the one to come, then the younger
// of those that retire.
func living(ctx context.Context, db bun.IDB) ([]row, error) {
	var rows []row
	err := db.NewSelect().Model(&rows).Column(columns...).Where("state <> ?", Gone).
		OrderExpr("state = ? DESC, state = ? DESC, retired_at DESC, kid", Active, Published).Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("keyring: read: %w", err)
	}
	return rows, nil
}

func (s Store) open(r row) (Key, error) {
	k, err := r.key()
	if err != nil || r.Private == nil {
		return k, err
	}
	raw, err := s.Box.Open(placePrivate+r.ID, r.Private)
	if err != nil {
		return Key{}, fmt.Errorf("keyring: key %s: %w", r.ID, err)
	}
	private, err := x509.ParsePKCS8PrivateKey(raw)
	if err != nil {
		return Key{}, fmt.Errorf("keyring: key %s: its private part cannot be read", r.ID)
	}
	k.private = private.(crypto.Signer)
	return k, nil
}

// key is the row without its private part.
func (r row) key() (Key, error) {
	public, err := x509.ParsePKIXPublicKey(r.Public)
	if err != nil {
		return Key{}, fmt.Errorf("keyring: key %s: %w", r.ID, err)
	}
	k := Key{ID: r.ID, Algorithm: r.Algorithm, State: r.State, Public: public, PublishedAt: r.PublishedAt}
	if r.ActivatedAt != nil {
		k.ActivatedAt = *r.ActivatedAt
	}
	if r.RetiredAt != nil {
		k.RetiredAt = *r.RetiredAt
	}
	if r.HastenedAt != nil {
		k.HastenedAt = *r.HastenedAt
	}
	return k, nil
}

// Due reports whether Turn would do anything.
func (s Store) Due(ctx context.Context) (bool, error) {
	keys, err := known(ctx, s.DB)
	if err != nil {
		return false, err
	}
	_, _, at := next(keys)
	return !at.After(s.Clock.Now()), nil
}

// known are the living keys without their private parts.
func known(ctx context.Context, db bun.IDB) ([]Key, error) {
	rows, err := living(ctx, db)
	if err != nil {
		return nil, err
	}
	keys := make([]Key, len(rows))
	for i, r := range rows {
		if keys[i], err = r.key(); err != nil {
			return nil, err
		}
	}
	return keys, nil
}
