package sealed

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"github.com/authway/authway/shared/clock"
	"github.com/authway/authway/shared/seal"
)

// Store reads and changes what is sealed, whoever has sealed it.
type Store struct {
	DB    *bun.DB
	Box   *seal.Box
	Clock clock.Clock
	// Resealed, if it is there, is told how many values Reseal has sealed so far.
	Resealed func(done int)
}

// Count is how many values of one place are sealed under one master key.
type Count struct {
	Place string
	Key   seal.KeyID
	Rows  int
}

// Counts are the values that somebody still needs.
type Counts struct {
	keys []seal.KeyID
	all  []Count
}

// Counts counts. It reads every row that has a sealed value: it is for jobs.
func (s Store) Counts(ctx context.Context) (Counts, error) {
	var rows []struct {
		Place     string
		MasterKey []byte
		Rows      int
	}
	err := s.DB.NewSelect().Table("sealed_values").Column("place", "master_key").ColumnExpr("count(*) AS rows").
		Where("needed_until IS NULL OR needed_until > ?", s.Clock.Now()).
		Group("place", "master_key").OrderExpr("place, master_key").Scan(ctx, &rows)
	if err != nil {
		return Counts{}, fmt.Errorf("sealed: count: %w", err)
	}
	c := Counts{keys: s.Box.Keys()}
	for _, r := range rows {
		var id seal.KeyID
		copy(id[:], r.MasterKey)
		c.all = append(c.all, Count{Place: r.Place, Key: id, Rows: r.Rows})
	}
	return c, nil
}

// All are the counts, by place.
func (c Counts) All() []Count { return c.all }

// First is how many values are sealed under the first master key.
func (c Counts) First() int {
	return c.sum(func(key seal.KeyID) bool { return key == c.keys[0] })
}

// Older is how many values are sealed under a master key that is not the first.
// At 0, the older ones may be dropped.
func (c Counts) Older() int {
	return c.sum(func(key seal.KeyID) bool { return slices.Contains(c.keys[1:], key) })
}

// Waiting is how many values Reseal will seal: those of Older that do not age out.
func (c Counts) Waiting() (rows int) {
	for _, one := range c.all {
		if slices.Contains(c.keys[1:], one.Key) && slices.Contains(keptPlaces(), one.Place) {
			rows += one.Rows
		}
	}
	return rows
}

// Lost is how many values no master key opens: one was dropped too early.
func (c Counts) Lost() int {
	return c.sum(func(key seal.KeyID) bool { return !slices.Contains(c.keys, key) })
}

func (c Counts) sum(counts func(seal.KeyID) bool) (rows int) {
	for _, one := range c.all {
		if counts(one.Key) {
			rows += one.Rows
		}
	}
	return rows
}

// LostKeys are master keys that values are sealed under and that are not in the
// list, a few if there are many. It looks only at what is kept for long, and costs
// next to nothing when there are none: it is for starts.
func (s Store) LostKeys(ctx context.Context) ([]seal.KeyID, error) {
	// What lies between the keys that are known: an index can answer that, and not
	// what is different from them.
	known := s.Box.Keys()
	slices.SortFunc(known, func(a, b seal.KeyID) int { return bytes.Compare(a[:], b[:]) })
	between := "master_key < ?"
	args := []any{known[0][:]}
	for i, key := range known[1:] {
		between += " OR master_key > ? AND master_key < ?"
		args = append(args, known[i][:], key[:])
	}
	between += " OR master_key > ?"
	args = append(args, known[len(known)-1][:])
	var found [][]byte
	err := s.DB.NewSelect().Table("sealed_values").Distinct().Column("master_key").
		Where("place IN (?)", bun.List(keptPlaces())).Where("("+between+")", args...).Limit(3).Scan(ctx, &found)
	if err != nil {
		return nil, fmt.Errorf("sealed: lost keys: %w", err)
	}
	ids := make([]seal.KeyID, len(found))
	for i, key := range found {
		copy(ids[i][:], key)
	}
	return ids, nil
}

func keptPlaces() []string {
	places := make([]string, len(kept))
	for i, c := range kept {
		places[i] = c.place
	}
	return places
}

// ErrDamaged says that a value names a master key and does not open under it.
var ErrDamaged = errors.New("sealed: a value does not open under the key that it names")

// Reseal seals under the first master key what is under an older one, in batches,
// until nothing is left or until is over. It returns how many values it has
// sealed. Whoever changes a value at the same moment wins: theirs is under the
// first key already. A value that does not open is passed over and is an error at
// the end.
func (s Store) Reseal(ctx context.Context, until time.Time) (int, error) {
	older := s.Box.Keys()[1:]
	if len(older) == 0 {
		return 0, nil
	}
	total := 0
	var failures []error
	for _, c := range kept {
		n, err := s.reseal(ctx, c, older, until, total)
		total += n
		failures = append(failures, err)
		if err != nil && !errors.Is(err, ErrDamaged) {
			break
		}
	}
	return total, errors.Join(failures...)
}
