package breached

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/uptrace/bun"
)

// ErrNone says that there is no list, so that nothing is known of any password.
var ErrNone = errors.New("breached: no list has been loaded")

// List is a list in PostgreSQL.
type List struct {
	bun.BaseModel `bun:"table:breached_lists"`

	ID       int64  `bun:"id,pk,autoincrement"`
	Checksum []byte `bun:"checksum"`
	Entries  int64  `bun:"entries"`
	Blocks   int64  `bun:"blocks"`
	// Sample says that it is the one that Authway brings along.
	Sample   bool       `bun:"sample"`
	BegunAt  time.Time  `bun:"begun_at"`
	LoadedAt *time.Time `bun:"loaded_at"`
	// CheckedAt is when its source was last found to have no other.
	CheckedAt *time.Time `bun:"checked_at"`
}

// Is reports whether the list is the filter of a header.
func (l List) Is(h Header) bool { return string(l.Checksum) == string(h.Checksum[:]) }

type block struct {
	bun.BaseModel `bun:"table:breached_blocks"`

	ListID int64  `bun:"list_id,pk"`
	Number int64  `bun:"number,pk"`
	Bits   []byte `bun:"bits"`
}

// Store keeps the filter in PostgreSQL.
type Store struct {
	DB *bun.DB
}

// contains is one statement: the list that counts, and the block in it. The
// shift is blockOf.
const contains = `SELECT b.bits FROM
	(SELECT id, blocks FROM breached_lists WHERE loaded_at IS NOT NULL ORDER BY loaded_at DESC, id DESC LIMIT 1) AS l
	LEFT JOIN breached_blocks AS b ON b.list_id = l.id AND b.number = (?::bigint * l.blocks) >> 32`

// Contains reports whether password is in the list that counts: an answer,
// ErrNone, or why PostgreSQL could not be asked.
func (s Store) Contains(ctx context.Context, password string) (bool, error) {
	sum := SumOf(password)
	var found block
	err := s.DB.NewRaw(contains, sum.prefix()).Scan(ctx, &found)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return false, ErrNone
	case err != nil:
		return false, fmt.Errorf("breached: look up: %w", err)
	case len(found.Bits) != blockSize:
		return false, errors.New("breached: a block of the list is missing")
	}
	return sum.in(found.Bits), nil
}

// Current is the list that counts, or ErrNone.
func (s Store) Current(ctx context.Context) (List, error) {
	var l List
	err := s.DB.NewSelect().Model(&l).Where("loaded_at IS NOT NULL").OrderExpr("loaded_at DESC, id DESC").Limit(1).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return List{}, ErrNone
	}
	if err != nil {
		return List{}, fmt.Errorf("breached: current list: %w", err)
	}
	return l, nil
}

// Checked notes that the source of a list has no other.
func (s Store) Checked(ctx context.Context, id int64, now time.Time) error {
	if _, err := s.DB.NewUpdate().Model((*List)(nil)).Set("checked_at = ?", now).Where("id = ?", id).Exec(ctx); err != nil {
		return fmt.Errorf("breached: note the check: %w", err)
	}
	return nil
}
