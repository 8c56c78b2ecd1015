package passkey

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"github.com/authway/authway/shared/clock"
	"github.com/authway/authway/shared/seal"
)

const (
	kind    = "passkey"
	maxName = 100
)

var (
	// ErrExpired says that nothing was asked here, or too long ago, or that it has
	// been answered, or that something else was asked since.
	ErrExpired = errors.New("passkey: no ceremony is open")
	// ErrInvalid says that an answer is none to what was asked.
	ErrInvalid = errors.New("passkey: not an answer to what was asked")
	// ErrUnknown says that there is no such passkey.
	ErrUnknown = errors.New("passkey: unknown")
	// ErrTenant says that the passkey is one of another tenant.
	ErrTenant = errors.New("passkey: of another tenant")
	// ErrUnverified says that the passkey is good beside another factor only.
	ErrUnverified = errors.New("passkey: its owner has never been verified")
	// ErrCloned says that the passkey's counter did not grow.
	ErrCloned = errors.New("passkey: its counter did not grow")
	// ErrTaken says that the tenant has the passkey already.
	ErrTaken = errors.New("passkey: registered already")
	// ErrNone says that the account has no passkey.
	ErrNone = errors.New("passkey: there is none")
	// ErrName says that a name is too long or holds control characters.
	ErrName = errors.New("passkey: not a name")
	// ErrNoDomain says that the public address names a machine by its number:
	// passkeys are made for a name.
	ErrNoDomain = errors.New("passkey: the public address has no domain")
)

// Refused reports whether err is an answer about a passkey, and not a failure to
// find out: the transaction is then to be committed, because the ceremony has
// been used.
func Refused(err error) bool {
	for _, refusal := range []error{ErrExpired, ErrInvalid, ErrUnknown, ErrTenant, ErrUnverified, ErrCloned, ErrTaken} {
		if errors.Is(err, refusal) {
			return true
		}
	}
	return false
}

// Owner is whose passkey it is.
type Owner struct {
	TenantID, UserID uuid.UUID
}

// Passkey is one as its owner sees it.
type Passkey struct {
	ID uuid.UUID
	// CredentialID is the authenticator's and the browser's name for it.
	CredentialID []byte
	Name         string
	CreatedAt    time.Time
	// UsedAt is nil until it has been used.
	UsedAt *time.Time
	// Synced says that it is kept elsewhere too: losing the device does not lose it.
	Synced bool
	// Alone says that it is enough to sign in with: see the package's comment on
	// being verified.
	Alone bool
}

type row struct {
	bun.BaseModel `bun:"table:credentials"`

	ID             uuid.UUID  `bun:"id,pk"`
	TenantID       uuid.UUID  `bun:"tenant_id"`
	UserID         uuid.UUID  `bun:"user_id"`
	Kind           string     `bun:"kind"`
	Secret         string     `bun:"secret"`
	Label          string     `bun:"label"`
	CredentialID   []byte     `bun:"credential_id"`
	PublicKey      []byte     `bun:"public_key"`
	SignCount      int64      `bun:"sign_count"`
	BackupEligible bool       `bun:"backup_eligible"`
	BackedUp       bool       `bun:"backed_up"`
	UserVerified   bool       `bun:"user_verified"`
	Transports     []string   `bun:"transports,array"`
	AAGUID         *uuid.UUID `bun:"aaguid"`
	UsedAt         *time.Time `bun:"used_at"`
	CreatedAt      time.Time  `bun:"created_at"`
	UpdatedAt      time.Time  `bun:"updated_at"`
}

// columns are listed because an older revision must go on working when a
// migration has added one.
var columns = []string{
	"id", "tenant_id", "user_id", "kind", "secret", "label", "credential_id", "public_key", "sign_count",
	"backup_eligible", "backed_up", "user_verified", "transports", "aaguid", "used_at",
	"created_at", "updated_at",
}

func (r row) passkey() Passkey {
	return Passkey{
		ID: r.ID, CredentialID: r.CredentialID, Name: r.Label, CreatedAt: r.CreatedAt, UsedAt: r.UsedAt,
		Synced: r.BackedUp, Alone: r.UserVerified,
	}
}

// Store keeps passkeys in PostgreSQL.
type Store struct {
	DB    bun.IDB
	Box   *seal.Box
	Clock clock.Clock
	// Public is the address that people see.
	Public *url.URL
}

// In is the store within a transaction.
func (s Store) In(tx bun.IDB) Store {
	s.DB = tx
	return s
}

// Of returns the account's passkeys, the oldest first.
func (s Store) Of(ctx context.Context, userID uuid.UUID) ([]Passkey, error) {
	rows, err := s.of(ctx, userID)
	if err != nil {
		return nil, err
	}
	found := make([]Passkey, len(rows))
	for i, r := range rows {
		found[i] = r.passkey()
	}
	return found, nil
}

func (s Store) of(ctx context.Context, userID uuid.UUID) ([]row, error) {
	var rows []row
	err := s.DB.NewSelect().Model(&rows).Column(columns...).
		Where("user_id = ? AND kind = ?", userID, kind).OrderExpr("created_at, id").Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("passkey: read: %w", err)
	}
	return rows, nil
}

// Rename gives the account's passkey another name. ErrName, or ErrUnknown when
// the account has no such passkey.
func (s Store) Rename(ctx context.Context, userID, id uuid.UUID, name string) error {
	name, err := ParseName(name)
	if err != nil {
		return err
	}
	result, err := s.DB.NewUpdate().Model((*row)(nil)).Set("label = ?", name).Set("updated_at = ?", s.Clock.Now()).
		Where("id = ? AND user_id = ? AND kind = ?", id, userID, kind).Exec(ctx)
	if err != nil {
		return fmt.Errorf("passkey: rename: %w", err)
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		return errors.Join(ErrUnknown, err)
	}
	return nil
}

// Remove takes a passkey of the account away, or returns ErrUnknown.
func (s Store) Remove(ctx context.Context, userID, id uuid.UUID) error {
	result, err := s.DB.NewDelete().Model((*row)(nil)).
		Where("id = ? AND user_id = ? AND kind = ?", id, userID, kind).Exec(ctx)
	if err != nil {
		return fmt.Errorf("passkey: remove: %w", err)
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		return errors.Join(ErrUnknown, err)
	}
	return nil
}

// RemoveSince takes away the passkeys that the account was given from then on, and
// returns how many there were.
func (s Store) RemoveSince(ctx context.Context, userID uuid.UUID, then time.Time) (int64, error) {
	result, err := s.DB.NewDelete().Model((*row)(nil)).
		Where("user_id = ? AND kind = ? AND created_at >= ?", userID, kind, then).Exec(ctx)
	if err != nil {
		return 0, fmt.Errorf("passkey: remove since: %w", err)
	}
	return result.RowsAffected()
}

// ParseName returns what a person calls a passkey, without surrounding space, or
// ErrName. It may be empty.
func ParseName(text string) (string, error) {
	text = strings.TrimSpace(text)
	if !utf8.ValidString(text) || utf8.RuneCountInString(text) > maxName || strings.ContainsFunc(text, unicode.IsControl) {
		return "", ErrName
	}
	return text, nil
}
