package factor

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"
)

// Facts are what may be told to others about an account's factors.
type Facts struct {
	// App is when the authenticator app was confirmed, and AppUsed when a code of it was
	// last taken; nil when there is none.
	App, AppUsed *time.Time
	// CodesLeft counts the recovery codes that have not been used.
	CodesLeft int
}

// FactsOf returns an account's. It asks for dates alone, so that whoever looks after
// accounts needs no right to read what proves them.
func (s Store) FactsOf(ctx context.Context, userID uuid.UUID) (Facts, error) {
	var found []struct {
		Kind  string     `bun:"kind"`
		N     int        `bun:"n"`
		Since *time.Time `bun:"since"`
		Used  *time.Time `bun:"used"`
	}
	err := s.DB.NewSelect().Model((*row)(nil)).
		ColumnExpr("kind, count(*) AS n, min(confirmed_at) AS since, max(used_at) AS used").
		Where("user_id = ? AND confirmed_at IS NOT NULL", userID).
		Where("kind = ? OR kind = ? AND used_at IS NULL", TOTP, Recovery).GroupExpr("kind").Scan(ctx, &found)
	if err != nil {
		return Facts{}, fmt.Errorf("factor: facts: %w", err)
	}
	var facts Facts
	for _, f := range found {
		switch f.Kind {
		case TOTP:
			facts.App, facts.AppUsed = f.Since, f.Used
		case Recovery:
			facts.CodesLeft = f.N
		}
	}
	return facts, nil
}

// Reset takes everything away that the account proves itself with beside the password,
// apps, passkeys and recovery codes, and returns how many there were of each kind. It
// is for a transaction that has locked the account.
func (s Store) Reset(ctx context.Context, userID uuid.UUID) (map[string]int, error) {
	var kinds []string
	err := s.DB.NewRaw("DELETE FROM credentials WHERE user_id = ? AND kind IN (?) RETURNING kind",
		userID, bun.List([]string{Passkey, TOTP, Recovery})).Scan(ctx, &kinds)
	if err != nil {
		return nil, fmt.Errorf("factor: reset: %w", err)
	}
	removed := map[string]int{}
	for _, kind := range kinds {
		removed[kind]++
	}
	return removed, nil
}
