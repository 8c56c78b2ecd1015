package factor

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"github.com/authway/authway/shared/clock"
	"github.com/authway/authway/shared/seal"
)

// Kinds of factor.
const (
	// Passkey is package passkey's to check.
	Passkey  = "passkey"
	TOTP     = "totp"
	Recovery = "recovery"
)

const (
	// freeAttempts is how many wrong codes in a row cost nothing.
	freeAttempts = 9
	firstRest    = time.Minute
	longestRest  = 24 * time.Hour
	// maxDoublings keeps the shift below the longest rest's overflow.
	maxDoublings = 11
)

var (
	// ErrEnrolled says that the account has a confirmed factor of the kind: it has
	// to be removed before another is begun.
	ErrEnrolled = errors.New("factor: there is a confirmed one")
	// ErrNotBegun says that no enrolment was begun here, or that another one has
	// taken its place.
	ErrNotBegun = errors.New("factor: no enrolment was begun")
	// ErrTenant says that the account belongs to another tenant.
	ErrTenant = errors.New("factor: the account is of another tenant")
)

// Owner is whose factor it is.
type Owner struct {
	TenantID, UserID uuid.UUID
}

// Enrolled is what an account has.
type Enrolled struct {
	// Kinds are those that a sign-in can be finished with, the best first.
	Kinds []string
	// CodesLeft counts the recovery codes that have not been used.
	CodesLeft int
	// Unread says that the recovery codes have not been said to be kept.
	Unread bool
	// AppSince is when the authenticator app was confirmed, or nil.
	AppSince *time.Time

	passkeysAsked bool
}

// Any reports whether the account has a second factor. Recovery codes alone are
// none: they are there for the loss of one.
func (e Enrolled) Any() bool {
	for _, kind := range e.Kinds {
		if kind != Recovery {
			return true
		}
	}
	return false
}

// Asked reports whether whoever has shown the password is asked for a second
// factor: see the package's comment on passkeys.
func (e Enrolled) Asked() bool {
	return slices.Contains(e.Kinds, TOTP) || e.passkeysAsked
}

// Result is what became of a code.
type Result struct {
	// Kind is what the code was taken for.
	Kind string
	// Right says that the code counts, once.
	Right bool
	// Replayed says that it was right and has counted before, within the last
	// moments.
	Replayed bool
	// Rest is how long no code of the kind is looked at. Locked says that it is
	// the first rest since a code was right: somebody may be guessing.
	Rest   time.Duration
	Locked bool
	// Left counts the recovery codes after this one.
	Left int
}

type row struct {
	bun.BaseModel `bun:"table:credentials"`

	ID          uuid.UUID  `bun:"id,pk"`
	TenantID    uuid.UUID  `bun:"tenant_id"`
	UserID      uuid.UUID  `bun:"user_id"`
	Kind        string     `bun:"kind"`
	Secret      string     `bun:"secret"`
	ConfirmedAt *time.Time `bun:"confirmed_at"`
	BegunIn     string     `bun:"begun_in"`
	LastStep    int64      `bun:"last_step"`
	UsedAt      *time.Time `bun:"used_at"`
	Reveal      *string    `bun:"reveal"`
	Attempts    int        `bun:"attempts"`
	LockedUntil *time.Time `bun:"locked_until"`
	CreatedAt   time.Time  `bun:"created_at"`
	UpdatedAt   time.Time  `bun:"updated_at"`
}

var columns = []string{
	"id", "tenant_id", "user_id", "kind", "secret", "confirmed_at", "begun_in", "last_step", "used_at",
	"reveal", "attempts", "locked_until", "created_at", "updated_at",
}

// Store keeps factors in PostgreSQL.
type Store struct {
	DB    bun.IDB
	Box   *seal.Box
	Clock clock.Clock
}

// In is the store within a transaction.
func (s Store) In(tx bun.IDB) Store {
	s.DB = tx
	return s
}

// Of returns what the account has.
func (s Store) Of(ctx context.Context, userID uuid.UUID) (Enrolled, error) {
	var found []struct {
		Kind   string     `bun:"kind"`
		N      int        `bun:"n"`
		Unread bool       `bun:"unread"`
		Since  *time.Time `bun:"since"`
	}
	err := s.DB.NewSelect().Model((*row)(nil)).
		ColumnExpr("kind, count(*) AS n, bool_or(reveal IS NOT NULL) AS unread, min(confirmed_at) AS since").
		Where("user_id = ?", userID).
		Where("kind = ? OR confirmed_at IS NOT NULL AND (kind = ? OR kind = ? AND used_at IS NULL)", Passkey, TOTP, Recovery).
		GroupExpr("kind").OrderExpr("array_position(ARRAY[?, ?, ?], kind)", Passkey, TOTP, Recovery).Scan(ctx, &found)
	if err != nil {
		return Enrolled{}, fmt.Errorf("factor: read: %w", err)
	}
	var e Enrolled
	for _, f := range found {
		e.Kinds = append(e.Kinds, f.Kind)
		switch f.Kind {
		case Recovery:
			e.CodesLeft, e.Unread = f.N, f.Unread
		case TOTP:
			e.AppSince = f.Since
		case Passkey:
			e.passkeysAsked = f.Since != nil
		}
	}
	return e, nil
}

// KindOf is what a code is for by its shape, or "".
func KindOf(text string) string {
	if _, ok := digits(text); ok {
		return TOTP
	}
	if _, ok := recoveryCode(text); ok {
		return Recovery
	}
	return ""
}

// Check takes a code, of an app or for recovery by its shape, for the account's
// factor. It is for a transaction, which has to be committed whatever the
// result: the rows of the kind are locked until then, so that guesses come one
// after another.
func (s Store) Check(ctx context.Context, userID uuid.UUID, text string) (Result, error) {
	code, ok := digits(text)
	if ok {
		return s.check(ctx, userID, TOTP, code, s.takeTOTP)
	}
	if code, ok = recoveryCode(text); ok {
		return s.check(ctx, userID, Recovery, code, s.takeRecovery)
	}
	// Nothing that could be right: no guess, so it costs none.
	return Result{}, nil
}

func (s Store) check(ctx context.Context, userID uuid.UUID, kind, code string, take func(context.Context, []row, string, time.Time) (Result, error)) (Result, error) {
	rows, err := s.locked(ctx, userID, kind)
	if err != nil || len(rows) == 0 || rows[0].ConfirmedAt == nil {
		return Result{Kind: kind}, err
	}
	// The clock is read after the wait for the rows.
	now := s.Clock.Now()
	if until := rows[0].LockedUntil; until != nil && now.Before(*until) {
		return Result{Kind: kind, Rest: until.Sub(now)}, nil
	}
	result, err := take(ctx, rows, code, now)
	result.Kind = kind
	switch {
	case err != nil || result.Replayed:
		return result, err
	case result.Right:
		return result, s.count(ctx, userID, kind, 0, nil)
	}
	attempts := rows[0].Attempts + 1
	result.Rest, result.Locked = rest(attempts), attempts == freeAttempts+1
	var until *time.Time
	if result.Rest > 0 {
		end := now.Add(result.Rest)
		until = &end
	}
	return result, s.count(ctx, userID, kind, attempts, until)
}

// locked reads the account's rows of the kinds and keeps others from them until
// the end of the transaction. All do so in one order, so that no two of them
// wait for each other.
func (s Store) locked(ctx context.Context, userID uuid.UUID, kinds ...string) ([]row, error) {
	var rows []row
	err := s.DB.NewSelect().Model(&rows).Column(columns...).
		Where("user_id = ? AND kind IN (?)", userID, bun.List(kinds)).OrderExpr("id").For("UPDATE").Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("factor: read: %w", err)
	}
	return rows, nil
}

// rest is how long the kind rests after so many wrong codes in a row.
func rest(attempts int) time.Duration {
	if attempts <= freeAttempts {
		return 0
	}
	return min(firstRest<<min(attempts-freeAttempts-1, maxDoublings), longestRest)
}

func (s Store) count(ctx context.Context, userID uuid.UUID, kind string, attempts int, until *time.Time) error {
	_, err := s.DB.NewUpdate().Model((*row)(nil)).
		Set("attempts = ?", attempts).Set("locked_until = ?", until).
		Where("user_id = ? AND kind = ?", userID, kind).Exec(ctx)
	if err != nil {
		return fmt.Errorf("factor: count the attempt: %w", err)
	}
	return nil
}

// Remove takes the account's app away, and the recovery codes if they were for
// its loss alone. It reports whether there was one. It is for a transaction.
func (s Store) Remove(ctx context.Context, userID uuid.UUID) (bool, error) {
	removed, err := s.remove(ctx, userID, TOTP)
	if err != nil {
		return false, err
	}
	return removed, s.DropCodes(ctx, userID)
}

// RemoveSince takes away what the account was given from then on: an app, confirmed
// or not, and recovery codes. It reports whether there was any. It is for a
// transaction.
func (s Store) RemoveSince(ctx context.Context, userID uuid.UUID, then time.Time) (bool, error) {
	result, err := s.DB.NewDelete().Model((*row)(nil)).
		Where("user_id = ? AND kind IN (?) AND (confirmed_at >= ? OR confirmed_at IS NULL)",
			userID, bun.List([]string{TOTP, Recovery}), then).Exec(ctx)
	if err != nil {
		return false, fmt.Errorf("factor: remove since: %w", err)
	}
	n, err := result.RowsAffected()
	if err != nil {
		return false, err
	}
	return n > 0, s.DropCodes(ctx, userID)
}

// AskPasskeys has whoever shows the password be asked for the account's passkeys
// from here on, if there are recovery codes that were said to be kept. It is for
// the transaction that has added a passkey.
func (s Store) AskPasskeys(ctx context.Context, userID uuid.UUID) error {
	kept := s.DB.NewSelect().Model((*row)(nil)).ColumnExpr("1").
		Where("user_id = ? AND kind = ? AND used_at IS NULL AND reveal IS NULL", userID, Recovery)
	_, err := s.DB.NewUpdate().Model((*row)(nil)).Set("confirmed_at = ?", s.Clock.Now()).
		Where("user_id = ? AND kind = ? AND confirmed_at IS NULL AND EXISTS (?)", userID, Passkey, kept).Exec(ctx)
	if err != nil {
		return fmt.Errorf("factor: ask for passkeys: %w", err)
	}
	return nil
}

// DropCodes takes the recovery codes away if there is no factor left whose loss
// they are for. It is for the transaction that has removed one.
func (s Store) DropCodes(ctx context.Context, userID uuid.UUID) error {
	left, err := s.Of(ctx, userID)
	if err != nil || left.Any() {
		return err
	}
	_, err = s.remove(ctx, userID, Recovery)
	return err
}

func (s Store) remove(ctx context.Context, userID uuid.UUID, kinds ...string) (bool, error) {
	rows, err := s.locked(ctx, userID, kinds...)
	if err != nil || len(rows) == 0 {
		return false, err
	}
	if _, err := s.DB.NewDelete().Model(&rows).WherePK().Exec(ctx); err != nil {
		return false, fmt.Errorf("factor: remove: %w", err)
	}
	return true, nil
}
