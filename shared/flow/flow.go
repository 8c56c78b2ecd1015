package flow

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"github.com/authway/authway/shared/clock"
	"github.com/authway/authway/shared/seal"
)

// Lifetime is how long a flow is kept after it was first seen. Hydra's own
// challenge lives for 30 minutes; the rest of the day is for saying "start
// again" to somebody who comes back to an open tab.
const Lifetime = 24 * time.Hour

// challengeLifetime is Hydra's ttl.login_consent_request.
const challengeLifetime = 30 * time.Minute

// What ids look like, and the places that sealed values are bound to.
const (
	idLength   = 26
	idAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"

	placeChallenge = "flows.challenge"
	placeRequest   = "flows.request_url"
	placeAnswer    = "answers.redirect_to"
)

var (
	// ErrUnknown says that there is no such flow, or that it is too old.
	ErrUnknown = errors.New("flow: unknown")
	// ErrOtherBrowser says that the flow was begun in another browser.
	ErrOtherBrowser = errors.New("flow: begun in another browser")
)

// Hash names a challenge without holding it: challenges are secrets and 1.5 kB.
func Hash(challenge string) []byte {
	sum := sha256.Sum256([]byte(challenge))
	return sum[:]
}

// Flow is one authorization request on its way.
type Flow struct {
	// ID is random, 26 characters, and safe in a URL: without the browser it
	// was begun in it gives nothing.
	ID       string
	TenantID uuid.UUID
	ClientID string
	// Challenge is Hydra's login challenge.
	Challenge string
	// RequestURL is the authorization request at Hydra: going there starts again.
	RequestURL string
	// RequestHash is oauth2.Request.Hash of it.
	RequestHash []byte
	CreatedAt   time.Time
	// Proved is how far the person has come.
	Proved Progress
	// New says that Begin has just recorded it: nobody has seen it before.
	New bool
	// CompletedAt is when the sign-in was seen to have been used.
	CompletedAt *time.Time
	// Provider is what KeepProvider was given and nobody has taken, or nil.
	Provider []byte
}

// Progress is who has begun to prove themselves in a flow, and how. Its zero
// value means nobody.
type Progress struct {
	UserID uuid.UUID
	// Methods are those of RFC 8176, in the order they were shown.
	Methods    []string
	Remembered bool
	// SessionID is the session that the methods were taken from, to be added to.
	// uuid.Nil means that they were shown in this flow.
	SessionID uuid.UUID
}

type row struct {
	bun.BaseModel `bun:"table:flows"`

	ID            string     `bun:"id,pk"`
	TenantID      uuid.UUID  `bun:"tenant_id"`
	ChallengeHash []byte     `bun:"challenge_hash"`
	Challenge     []byte     `bun:"challenge"`
	RequestURL    []byte     `bun:"request_url"`
	RequestHash   []byte     `bun:"request_hash"`
	ClientID      string     `bun:"client_id"`
	BrowserHash   []byte     `bun:"browser_hash"`
	CreatedAt     time.Time  `bun:"created_at"`
	ExpiresAt     time.Time  `bun:"expires_at"`
	CompletedAt   *time.Time `bun:"completed_at"`
	UserID        *uuid.UUID `bun:"user_id"`
	Methods       []string   `bun:"methods,array"`
	Remembered    bool       `bun:"remembered"`
	SessionID     *uuid.UUID `bun:"session_id"`
	Provider      []byte     `bun:"provider"`
}

var columns = []string{
	"id", "tenant_id", "challenge_hash", "challenge", "request_url", "request_hash", "client_id",
	"browser_hash", "created_at", "expires_at", "completed_at", "user_id", "methods", "remembered",
	"session_id", "provider",
}

// Store keeps flows in PostgreSQL.
type Store struct {
	DB    bun.IDB
	Box   *seal.Box
	Clock clock.Clock
}

// Begin records f, or finds the flow that its challenge has already. browser
// is the secret that the browser's cookie holds; a challenge that another
// browser began gives ErrOtherBrowser.
func (s Store) Begin(ctx context.Context, f Flow, browser string) (Flow, error) {
	now := s.Clock.Now()
	r := row{
		ID: newID(), TenantID: f.TenantID, ClientID: f.ClientID,
		ChallengeHash: Hash(f.Challenge),
		Challenge:     s.Box.Seal(placeChallenge, []byte(f.Challenge)),
		RequestURL:    s.Box.Seal(placeRequest, []byte(f.RequestURL)),
		RequestHash:   f.RequestHash,
		BrowserHash:   Hash(browser),
		CreatedAt:     now,
		ExpiresAt:     now.Add(Lifetime),
		Methods:       []string{},
	}
	result, err := s.DB.NewInsert().Model(&r).Column(columns...).
		On("CONFLICT (challenge_hash) DO NOTHING").Returning("NULL").Exec(ctx)
	if err != nil {
		return Flow{}, fmt.Errorf("flow: begin: %w", err)
	}
	if n, err := result.RowsAffected(); err == nil && n == 1 {
		f.ID, f.CreatedAt, f.New = r.ID, now, true
		return f, nil
	}
	return s.find(ctx, browser, "challenge_hash = ?", r.ChallengeHash)
}

// ByID finds a flow of this browser by the id in a URL.
func (s Store) ByID(ctx context.Context, id, browser string) (Flow, error) {
	if len(id) != idLength || strings.Trim(id, idAlphabet) != "" {
		return Flow{}, ErrUnknown
	}
	return s.find(ctx, browser, "id = ?", id)
}

// ByChallenge finds the flow of a challenge that Hydra no longer knows.
func (s Store) ByChallenge(ctx context.Context, challenge, browser string) (Flow, error) {
	return s.find(ctx, browser, "challenge_hash = ?", Hash(challenge))
}

// ByConsent finds the flow that ReachedConsent noted for a consent challenge.
// Which browser it is does not matter: what it serves for is "start again".
func (s Store) ByConsent(ctx context.Context, challenge string) (Flow, error) {
	f, _, err := s.read(ctx, "consent_hash = ?", Hash(challenge))
	return f, err
}

func (s Store) find(ctx context.Context, browser, where string, args ...any) (Flow, error) {
	f, browserHash, err := s.read(ctx, where, args...)
	if err != nil {
		return Flow{}, err
	}
	if string(browserHash) != string(Hash(browser)) {
		return Flow{}, ErrOtherBrowser
	}
	return f, nil
}

func (s Store) read(ctx context.Context, where string, args ...any) (Flow, []byte, error) {
	var r row
	err := s.DB.NewSelect().Model(&r).Column(columns...).Where(where, args...).
		Where("expires_at > ?", s.Clock.Now()).OrderExpr("created_at DESC").Limit(1).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return Flow{}, nil, ErrUnknown
	}
	if err != nil {
		return Flow{}, nil, fmt.Errorf("flow: read: %w", err)
	}
	challenge, err := s.Box.Open(placeChallenge, r.Challenge)
	if err != nil {
		return Flow{}, nil, fmt.Errorf("flow: the challenge: %w", err)
	}
	request, err := s.Box.Open(placeRequest, r.RequestURL)
	if err != nil {
		return Flow{}, nil, fmt.Errorf("flow: the request: %w", err)
	}
	found := Flow{
		ID: r.ID, TenantID: r.TenantID, ClientID: r.ClientID, Challenge: string(challenge),
		RequestURL: string(request), RequestHash: r.RequestHash, CreatedAt: r.CreatedAt, CompletedAt: r.CompletedAt,
	}
	if found.Provider, err = s.openProvider(r.ID, r.Provider); err != nil {
		return Flow{}, nil, err
	}
	if r.UserID != nil {
		found.Proved = Progress{UserID: *r.UserID, Methods: r.Methods, Remembered: r.Remembered}
		if r.SessionID != nil {
			found.Proved.SessionID = *r.SessionID
		}
	}
	return found, r.BrowserHash, nil
}

// In is the store within a transaction.
func (s Store) In(tx bun.IDB) Store {
	s.DB = tx
	return s
}

// Prove keeps how far the person has come in the flow of that id.
func (s Store) Prove(ctx context.Context, id string, p Progress) error {
	var session *uuid.UUID
	if p.SessionID != uuid.Nil {
		session = &p.SessionID
	}
	_, err := s.DB.NewUpdate().Model((*row)(nil)).
		Set("session_id = ?", session).
		Set("user_id = ?", p.UserID).Set("methods = ?", pgdialect.Array(p.Methods)).
		Set("remembered = ?", p.Remembered).Set("proved_at = ?", s.Clock.Now()).
		Where("id = ?", id).Exec(ctx)
	if err != nil {
		return fmt.Errorf("flow: prove: %w", err)
	}
	return nil
}

// FirstAsked returns when this browser first came with the request of f, in
// whatever form Hydra has sent it round since (it adds prompt=login). Whoever
// has signed in after that moment has answered it. Requests that were finished
// do not count, nor do those that Hydra has forgotten: an application that sends
// the very same request once more, to have the person prove it again, asks anew.
func (s Store) FirstAsked(ctx context.Context, f Flow, browser string) (time.Time, error) {
	same := func() *bun.SelectQuery {
		return s.DB.NewSelect().Model((*row)(nil)).
			Where("browser_hash = ? AND client_id = ? AND request_hash = ?", Hash(browser), f.ClientID, f.RequestHash)
	}
	finished := same().ColumnExpr("max(created_at)").Where("completed_at IS NOT NULL")
	var first sql.NullTime
	err := same().ColumnExpr("min(created_at)").
		Where("created_at > coalesce((?), '-infinity')", finished).
		Where("created_at > ?", f.CreatedAt.Add(-challengeLifetime)).Scan(ctx, &first)
	if err != nil {
		return time.Time{}, fmt.Errorf("flow: first asked: %w", err)
	}
	if !first.Valid {
		return f.CreatedAt, nil
	}
	return first.Time, nil
}

// Superseded reports whether this browser may have begun a younger flow for the
// same application. Hydra keeps one CSRF cookie for each application, so the
// challenge of f could then no longer be finished and the request has to be
// sent again, which costs the person nothing.
//
// stale says that the page of f was loaded before f was first seen (a form of a
// static page that no script announced): which of two flows is the younger one
// is then not known, and any other one counts whose cookie may still be there.
func (s Store) Superseded(ctx context.Context, f Flow, browser string, stale bool) (bool, error) {
	query := s.DB.NewSelect().Model((*row)(nil)).
		Where("browser_hash = ? AND client_id = ? AND id <> ?", Hash(browser), f.ClientID, f.ID)
	if stale {
		query = query.Where("created_at > ?", f.CreatedAt.Add(-challengeLifetime))
	} else {
		query = query.Where("created_at > ?", f.CreatedAt)
	}
	superseded, err := query.Exists(ctx)
	if err != nil {
		return false, fmt.Errorf("flow: superseded: %w", err)
	}
	return superseded, nil
}

// HasYounger is Superseded for a step that knows the flow by its id alone.
func (s Store) HasYounger(ctx context.Context, id string) (bool, error) {
	younger, err := s.DB.NewSelect().TableExpr("flows AS mine").
		Join("JOIN flows AS other ON other.browser_hash = mine.browser_hash AND other.client_id = mine.client_id").
		Where("mine.id = ? AND other.created_at > mine.created_at", id).Exists(ctx)
	if err != nil {
		return false, fmt.Errorf("flow: superseded: %w", err)
	}
	return younger, nil
}

// ReachedConsent notes that the browser has come to the consent step with the
// given consent challenge: the login challenge of the flow has been used.
func (s Store) ReachedConsent(ctx context.Context, id, consentChallenge string) error {
	_, err := s.DB.NewUpdate().Model((*row)(nil)).
		Set("consent_hash = ?", Hash(consentChallenge)).
		Set("completed_at = coalesce(completed_at, ?)", s.Clock.Now()).
		Where("id = ?", id).Exec(ctx)
	if err != nil {
		return fmt.Errorf("flow: reached consent: %w", err)
	}
	return nil
}

// newID is 128 random bits in base32.
func newID() string { return rand.Text() }

// Clean removes up to limit flows whose time is over, with the proofs that were
// asked for in them, and returns how many.
func (s Store) Clean(ctx context.Context, limit int64) (int64, error) {
	old := s.DB.NewSelect().Model((*row)(nil)).Column("id").
		Where("expires_at < ?", s.Clock.Now()).OrderExpr("expires_at").Limit(limit)
	result, err := s.DB.NewDelete().Model((*row)(nil)).Where("id IN (?)", old).Exec(ctx)
	if err != nil {
		return 0, fmt.Errorf("flow: clean: %w", err)
	}
	return result.RowsAffected()
}

// Forget lets what a person has shown in their sign-ins count for nothing, but in
// the one of that id ("" for none): what was shown may be what somebody else knows.
// Whoever is in the middle of one begins it again.
func (s Store) Forget(ctx context.Context, userID uuid.UUID, except string) error {
	_, err := s.DB.NewUpdate().Model((*row)(nil)).
		Set("user_id = NULL").Set("methods = '{}'").Set("session_id = NULL").Set("proved_at = NULL").
		Where("user_id = ? AND id <> ?", userID, except).Exec(ctx)
	if err != nil {
		return fmt.Errorf("flow: forget: %w", err)
	}
	return nil
}
