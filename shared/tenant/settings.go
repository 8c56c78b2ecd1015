package tenant

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/mail"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"github.com/authway/authway/shared/word"
)

// Limits of settings. The database holds the same.
const (
	LeastPassword, MostPassword = 12, 64
	// Lifetimes of sessions. The least is three times as long as the store's own doubt
	// of when one was last used.
	LeastLifetime = 15 * time.Minute
	MostIdle      = 14 * 24 * time.Hour
	MostAbsolute  = 30 * 24 * time.Hour

	maxName      = 200
	maxAddress   = 2000
	maxWelcome   = 200
	maxProviders = 100
)

// Languages are those that a tenant may welcome people in.
var Languages = []string{"en", "ko", "ar"}

var (
	// ErrStale says that somebody else has edited the tenant since it was read.
	ErrStale = errors.New("tenant: edited meanwhile")
	// ErrTaken says that there is a tenant of that slug.
	ErrTaken = errors.New("tenant: the slug is taken")
	// ErrInUse says that a tenant has accounts, or is the one that every installation has.
	ErrInUse = errors.New("tenant: in use")
)

// Fault says which setting cannot be what it was set to.
type Fault struct {
	// Field is its name, as JSON of the administration API has it, and Unreadable says
	// that an accent is a colour that text cannot be read in.
	Field      string
	Unreadable bool
}

func (f *Fault) Error() string { return "tenant: cannot be: " + f.Field }

// Settings are what a tenant's owner decides.
type Settings struct {
	bun.BaseModel `bun:"table:tenants"`

	ID        uuid.UUID `bun:"id,pk"`
	Slug      string    `bun:"slug"`
	Version   int64     `bun:"version"`
	CreatedAt time.Time `bun:"created_at"`
	UpdatedAt time.Time `bun:"updated_at"`

	Name    string            `bun:"name"`
	Accent  string            `bun:"brand_accent"`
	Picture string            `bun:"brand_picture"`
	Logo    string            `bun:"brand_logo"`
	Support string            `bun:"brand_support"`
	Terms   string            `bun:"brand_terms"`
	Privacy string            `bun:"brand_privacy"`
	Welcome map[string]string `bun:"brand_welcome,type:jsonb"`

	RequireMFA   bool         `bun:"require_mfa"`
	MinPassword  int          `bun:"min_password"`
	Registration Registration `bun:"registration"`
	Providers    []string     `bun:"providers,array"`
	// Idle and Absolute are in seconds; nil is Authway's own (package session).
	Idle     *int `bun:"session_idle"`
	Absolute *int `bun:"session_absolute"`
}

var settings = []string{
	"name", "brand_accent", "brand_picture", "brand_logo", "brand_support", "brand_terms", "brand_privacy", "brand_welcome",
	"require_mfa", "min_password", "registration", "providers", "session_idle", "session_absolute",
}

var settingsColumns = append([]string{"id", "slug", "version", "created_at", "updated_at"}, settings...)

// Check returns a *Fault for the first setting that cannot be.
func (s Settings) Check() error {
	if s.Accent != "" {
		if _, ok := parseColour(s.Accent); !ok {
			return &Fault{Field: "accent"}
		}
		if _, ok := PaletteOf(s.Accent); !ok {
			return &Fault{Field: "accent", Unreadable: true}
		}
	}
	checks := []struct {
		field string
		ok    bool
	}{
		{"name", s.Name != "" && plain(s.Name, maxName)},
		{"support", s.Support == "" || isPage(s.Support) || isMailbox(s.Support)},
		{"terms", s.Terms == "" || isPage(s.Terms)},
		{"privacy", s.Privacy == "" || isPage(s.Privacy)},
		{"welcome", s.welcomes()},
		{"minPassword", s.MinPassword >= LeastPassword && s.MinPassword <= MostPassword},
		{"registration", s.Registration == Open || s.Registration == Invited},
		{"providers", len(s.Providers) <= maxProviders && !slices.ContainsFunc(s.Providers, func(id string) bool { return !word.Provider(id) })},
		{"sessionIdle", within(s.Idle, MostIdle)},
		{"sessionAbsolute", within(s.Absolute, MostAbsolute)},
	}
	for _, c := range checks {
		if !c.ok {
			return &Fault{Field: c.field}
		}
	}
	return nil
}

func (s Settings) welcomes() bool {
	for language, text := range s.Welcome {
		if !slices.Contains(Languages, language) || text == "" || !plain(text, maxWelcome) {
			return false
		}
	}
	return true
}

func within(seconds *int, most time.Duration) bool {
	if seconds == nil {
		return true
	}
	life := time.Duration(*seconds) * time.Second
	return life >= LeastLifetime && life <= most
}

func plain(text string, most int) bool {
	return utf8.ValidString(text) && utf8.RuneCountInString(text) <= most && strings.TrimSpace(text) == text &&
		!strings.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) })
}

func isPage(text string) bool {
	u, err := url.Parse(text)
	return err == nil && u.Scheme == "https" && u.Hostname() != "" && u.User == nil && len(text) <= maxAddress &&
		!strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' })
}

// isMailbox holds an address against what the database takes: no name, and nothing
// that would be a link of its own.
func isMailbox(text string) bool {
	address, err := mail.ParseAddress(text)
	return err == nil && address.Address == text && len(text) <= 254 && !strings.ContainsAny(text, "/: \"")
}

// Settings returns what the owner has decided, or ErrUnknown.
func (s Store) Settings(ctx context.Context, id uuid.UUID) (Settings, error) {
	return s.settings(ctx, id, "")
}

// LockSettings is Settings, and keeps others from editing them until the end of the
// caller's transaction.
func (s Store) LockSettings(ctx context.Context, id uuid.UUID) (Settings, error) {
	return s.settings(ctx, id, "UPDATE")
}

func (s Store) settings(ctx context.Context, id uuid.UUID, lock string) (Settings, error) {
	var found Settings
	query := s.DB.NewSelect().Model(&found).Column(settingsColumns...).Where("id = ?", id)
	if lock != "" {
		query = query.For(lock)
	}
	err := query.Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return Settings{}, ErrUnknown
	}
	if err != nil {
		return Settings{}, fmt.Errorf("tenant: read the settings: %w", err)
	}
	return found, nil
}

// Edit writes the settings of a tenant that is still at their Version, within the
// caller's transaction, and returns them with the next one. A picture comes with its
// content; nil leaves what is there. It returns ErrStale, or a *Fault.
func (s Store) Edit(ctx context.Context, to Settings, picture *Logo, now time.Time) (Settings, error) {
	if picture != nil {
		// What mail has shown so far was the picture before.
		to.Picture, to.Logo = "", ""
		if len(picture.Content) > 0 {
			to.Picture = SumOf(picture.Content)
		}
	}
	if err := to.Check(); err != nil {
		return Settings{}, err
	}
	if to.Welcome == nil {
		to.Welcome = map[string]string{}
	}
	was := to.Version
	to.Version, to.UpdatedAt = was+1, now
	result, err := s.DB.NewUpdate().Model(&to).Column(append([]string{"version", "updated_at"}, settings...)...).
		Where("id = ? AND version = ?", to.ID, was).Exec(ctx)
	if err != nil {
		return Settings{}, fmt.Errorf("tenant: edit: %w", err)
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		return Settings{}, errors.Join(ErrStale, err)
	}
	if picture == nil {
		return to, nil
	}
	l := *picture
	l.TenantID, l.Sum, l.CreatedAt = to.ID, to.Picture, now
	return to, Logos(s).put(ctx, l)
}
