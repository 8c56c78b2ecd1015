package flow

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// ErrTaken says that what is to be taken is not there (any more): it was used
// before, or something else has taken its place.
var ErrTaken = errors.New("flow: taken before")

// placeProvider is bound to the flow's id: what one sign-in waits for does not
// open in another.
func placeProvider(id string) string { return "flows.provider/" + id }

// KeepProvider keeps, sealed, what the flow waits for from a sign-in provider,
// in the place of what it waited for before.
func (s Store) KeepProvider(ctx context.Context, id string, value []byte) error {
	_, err := s.DB.NewUpdate().Model((*row)(nil)).
		Set("provider = ?", s.Box.Seal(placeProvider(id), value)).Where("id = ?", id).Exec(ctx)
	if err != nil {
		return fmt.Errorf("flow: keep for the provider: %w", err)
	}
	return nil
}

// TakeProvider returns what was kept, if it is wanted, and nobody else gets it
// again: of any number of calls at once one succeeds, the others return
// ErrTaken.
func (s Store) TakeProvider(ctx context.Context, id string, wanted func([]byte) bool) ([]byte, error) {
	var sealed []byte
	err := s.DB.NewSelect().Model((*row)(nil)).Column("provider").Where("id = ?", id).Scan(ctx, &sealed)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, ErrTaken
	}
	if err != nil {
		return nil, fmt.Errorf("flow: read for the provider: %w", err)
	}
	value, err := s.openProvider(id, sealed)
	if err != nil {
		return nil, err
	}
	if value == nil || !wanted(value) {
		return nil, ErrTaken
	}
	// Sealing is random: the same bytes are the same keeping.
	result, err := s.DB.NewUpdate().Model((*row)(nil)).Set("provider = NULL").
		Where("id = ? AND provider = ?", id, sealed).Exec(ctx)
	if err != nil {
		return nil, fmt.Errorf("flow: take for the provider: %w", err)
	}
	if n, err := result.RowsAffected(); err != nil || n != 1 {
		return nil, errors.Join(ErrTaken, err)
	}
	return value, nil
}

func (s Store) openProvider(id string, sealed []byte) ([]byte, error) {
	if sealed == nil {
		return nil, nil
	}
	value, err := s.Box.Open(placeProvider(id), sealed)
	if err != nil {
		return nil, fmt.Errorf("flow: what it waits for from a provider: %w", err)
	}
	return value, nil
}
