package breached

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"
)

type list struct {
	bun.BaseModel `bun:"table:breached_lists"`

	ID       uuid.UUID `bun:"id,pk"`
	Blocks   int64     `bun:"blocks"`
	LoadedAt time.Time `bun:"loaded_at"`
}

type block struct {
	bun.BaseModel `bun:"table:breached_blocks"`

	ListID uuid.UUID `bun:"list_id,pk"`
	Index  int64     `bun:"index,pk"`
	Bits   []byte    `bun:"bits"`
}

// batch is how many blocks are written in one statement: 1 MiB.
const batch = 256

// Store keeps the filter in PostgreSQL.
type Store struct {
	DB *bun.DB
}

// Contains reports whether password is in the list that is in use. Without a
// list it is false.
func (s Store) Contains(ctx context.Context, password string) (bool, error) {
	var current list
	err := s.DB.NewSelect().Model(&current).Column("id", "blocks").OrderExpr("loaded_at DESC").Limit(1).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("breached: read: %w", err)
	}
	sum := SumOf(password)
	var found block
	err = s.DB.NewSelect().Model(&found).Column("bits").
		Where("list_id = ? AND index = ?", current.ID, sum.block(uint32(current.Blocks))).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		// Replaced between the two reads: the new list has the last word next time.
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("breached: read: %w", err)
	}
	return len(found.Bits) == blockSize && sum.in(found.Bits), nil
}

// Loaded reports whether there is a list.
func (s Store) Loaded(ctx context.Context) (bool, error) {
	found, err := s.DB.NewSelect().Model((*list)(nil)).Exists(ctx)
	if err != nil {
		return false, fmt.Errorf("breached: read: %w", err)
	}
	return found, nil
}

// Load puts the filter in r into use, in place of the one before, all or
// nothing. A file that is no filter or is cut off gives ErrFormat and changes
// nothing.
func (s Store) Load(ctx context.Context, r io.Reader, now time.Time) error {
	return s.DB.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
		fresh := list{ID: uuid.New(), LoadedAt: now}
		var pending []block
		write := func() error {
			if len(pending) == 0 {
				return nil
			}
			_, err := tx.NewInsert().Model(&pending).Returning("NULL").Exec(ctx)
			pending = pending[:0]
			return err
		}
		if _, err := tx.NewInsert().Model(&fresh).Returning("NULL").Exec(ctx); err != nil {
			return fmt.Errorf("breached: load: %w", err)
		}
		err := read(r, func(blocks, index uint32, bits []byte) error {
			fresh.Blocks = int64(blocks)
			pending = append(pending, block{ListID: fresh.ID, Index: int64(index), Bits: append([]byte{}, bits...)})
			if len(pending) < batch {
				return nil
			}
			return write()
		})
		if err := errors.Join(err, write()); err != nil {
			return fmt.Errorf("breached: load: %w", err)
		}
		_, err = tx.NewUpdate().Model(&fresh).Column("blocks").WherePK().Exec(ctx)
		if err != nil {
			return fmt.Errorf("breached: load: %w", err)
		}
		if _, err := tx.NewDelete().Model((*list)(nil)).Where("id <> ?", fresh.ID).Exec(ctx); err != nil {
			return fmt.Errorf("breached: drop the list before: %w", err)
		}
		return nil
	})
}
