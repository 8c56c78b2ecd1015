package breached

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// batch is how many blocks are written in one statement: 256 KiB.
const batch = 256

// Load puts a filter into use in the place of the one before. Until it is
// complete and has the right checksum the one before is asked; ErrDamaged
// leaves nothing behind. One call at a time: the caller holds a lease.
//
// It may be killed at any time. What it has written then stays, and the next
// call with the same filter goes on with it: it reads all of the filter again
// and writes what is not there yet.
func (s Store) Load(ctx context.Context, f *Filter, sample bool, now time.Time) error {
	fresh, err := s.begin(ctx, f.Header, sample, now)
	if err != nil {
		return err
	}
	err = s.fill(ctx, fresh, f)
	if errors.Is(err, ErrDamaged) {
		return errors.Join(err, s.drop(context.WithoutCancel(ctx), "id = ?", fresh.ID))
	}
	if err != nil {
		return err
	}
	_, err = s.DB.NewUpdate().Model((*List)(nil)).Set("loaded_at = ?", now).Set("checked_at = ?", now).
		Where("id = ?", fresh.ID).Exec(ctx)
	if err != nil {
		return fmt.Errorf("breached: put the list into use: %w", err)
	}
	return s.drop(ctx, "id <> ?", fresh.ID)
}

// begin finds the list that was begun before, or begins one. What else was
// begun has no future.
func (s Store) begin(ctx context.Context, h Header, sample bool, now time.Time) (List, error) {
	var l List
	err := s.DB.NewSelect().Model(&l).Where("loaded_at IS NULL AND checksum = ? AND blocks = ? AND sample = ?", h.Checksum[:], h.Blocks, sample).
		OrderExpr("id DESC").Limit(1).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		l = List{Checksum: h.Checksum[:], Entries: h.Entries, Blocks: h.Blocks, Sample: sample, BegunAt: now}
		_, err = s.DB.NewInsert().Model(&l).Returning("id").Exec(ctx)
	}
	if err != nil {
		return l, fmt.Errorf("breached: begin a list: %w", err)
	}
	return l, s.drop(ctx, "loaded_at IS NULL AND id <> ?", l.ID)
}

func (s Store) fill(ctx context.Context, l List, f *Filter) error {
	pending := make([]block, 0, batch)
	write := func() error {
		if len(pending) == 0 {
			return nil
		}
		// A block that is there already is compared and not trusted: it came with a
		// transfer whose checksum nobody has seen.
		_, err := s.DB.NewInsert().Model(&pending).On("CONFLICT (list_id, number) DO UPDATE").
			Set("bits = EXCLUDED.bits").Where("block.bits <> EXCLUDED.bits").Returning("NULL").Exec(ctx)
		pending = pending[:0]
		if err != nil {
			return fmt.Errorf("breached: load: %w", err)
		}
		return nil
	}
	err := f.each(func(number int64, bits []byte) error {
		pending = append(pending, block{ListID: l.ID, Number: number, Bits: append([]byte(nil), bits...)})
		if len(pending) < batch {
			return nil
		}
		return write()
	})
	if err != nil {
		return err
	}
	return write()
}

// drop removes lists with their blocks.
func (s Store) drop(ctx context.Context, where string, id int64) error {
	if _, err := s.DB.NewDelete().Model((*List)(nil)).Where(where, id).Exec(ctx); err != nil {
		return fmt.Errorf("breached: drop what is not used: %w", err)
	}
	return nil
}
