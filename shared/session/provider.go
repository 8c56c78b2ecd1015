package session

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/google/uuid"
)

// ErrTaken says that what is to be taken is not there (any more): it was used
// before, or something else has taken its place.
var ErrTaken = errors.New("session: taken before")

// placeProvider is bound to the session's id: what one session waits for does
// not open in another.
func placeProvider(id uuid.UUID) string { return "sessions.provider/" + id.String() }

// KeepProvider keeps, sealed, what the session waits for from a sign-in
// provider, in the place of what it waited for before.
func (st Store) KeepProvider(ctx context.Context, id uuid.UUID, value []byte) error {
	_, err := st.DB.NewUpdate().Model((*Session)(nil)).
		Set("provider = ?", st.Box.Seal(placeProvider(id), value)).Where("id = ?", id).Exec(ctx)
	if err != nil {
		return fmt.Errorf("session: keep for the provider: %w", err)
	}
	return nil
}

// TakeProvider returns what was kept, if it is wanted, and nobody else gets it
// again: of any number of calls at once one succeeds, the others return
// ErrTaken.
func (st Store) TakeProvider(ctx context.Context, id uuid.UUID, wanted func([]byte) bool) ([]byte, error) {
	var sealed []byte
	err := st.DB.NewSelect().Model((*Session)(nil)).Column("provider").Where("id = ?", id).Scan(ctx, &sealed)
	if errors.Is(err, sql.ErrNoRows) || err == nil && sealed == nil {
		return nil, ErrTaken
	}
	if err != nil {
		return nil, fmt.Errorf("session: read for the provider: %w", err)
	}
	value, err := st.Box.Open(placeProvider(id), sealed)
	if err != nil {
		return nil, fmt.Errorf("session: what it waits for from a provider: %w", err)
	}
	if !wanted(value) {
		return nil, ErrTaken
	}
	// Sealing is random: the same bytes are the same keeping.
	result, err := st.DB.NewUpdate().Model((*Session)(nil)).Set("provider = NULL").
		Where("id = ? AND provider = ?", id, sealed).Exec(ctx)
	if err != nil {
		return nil, fmt.Errorf("session: take for the provider: %w", err)
	}
	if n, err := result.RowsAffected(); err != nil || n != 1 {
		return nil, errors.Join(ErrTaken, err)
	}
	return value, nil
}
