package session

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"github.com/authway/authway/shared/clock"
	"github.com/authway/authway/shared/revoked"
	"github.com/authway/authway/shared/seal"
)

// Cache is what a Store needs of Redis. Its errors cost time and never
// correctness.
type Cache interface {
	Get(ctx context.Context, key string) ([]byte, bool, error)
	Set(ctx context.Context, key string, value []byte, ttl time.Duration) error
	Delete(ctx context.Context, keys ...string) error
}

// Store keeps sessions. Box is for what a session waits for (KeepProvider) and for
// what begins once (CreateOnce), and nil where there is neither.
type Store struct {
	DB    *bun.DB
	Cache Cache
	Clock clock.Clock
	Box   *seal.Box
	// Board is told of every session that ends. Without one nobody is.
	Board revoked.Board
}

var columns = []string{
	"id", "tenant_id", "user_id", "token_hash", "amr", "remembered",
	"authenticated_at", "last_seen_at", "expires_at", "ended_at", "ip", "user_agent",
}

// lifetimes are the tenant's, read with the session: one that is made shorter holds for
// those who are signed in already.
const lifetimes = "coalesce((SELECT t.session_idle FROM tenants AS t WHERE t.id = ?TableAlias.tenant_id), 0) AS tenant_idle, " +
	"coalesce((SELECT t.session_absolute FROM tenants AS t WHERE t.id = ?TableAlias.tenant_id), 0) AS tenant_absolute"

// forgetWithin bounds what is done for others after the answer is known.
const forgetWithin = time.Second

// maxUserAgent bounds a text that the browser chooses.
const maxUserAgent = 300

// Create begins a session within the caller's transaction and returns it with
// the token for the cookie. s says who, how and from where; the store sets the
// rest.
func (st Store) Create(ctx context.Context, tx bun.IDB, s Session) (Session, Token, error) {
	token := NewToken()
	s.ID, s.OnceHash = uuid.New(), nil
	begun, _, err := st.create(ctx, tx, s, token)
	return begun, token, err
}

// create reports whether there was none of the same OnceHash.
func (st Store) create(ctx context.Context, tx bun.IDB, s Session, token Token) (Session, bool, error) {
	now := st.Clock.Now()
	s.TokenHash = token.Hash()
	s.AuthenticatedAt, s.LastSeenAt, s.ExpiresAt = now, now, now.Add(Absolute)
	if len(s.UserAgent) > maxUserAgent {
		s.UserAgent = s.UserAgent[:maxUserAgent]
	}
	result, err := tx.NewInsert().Model(&s).Column(columns...).Column("once_hash").On("CONFLICT (once_hash) DO NOTHING").Returning("NULL").Exec(ctx)
	if err != nil {
		return Session{}, false, fmt.Errorf("session: create: %w", err)
	}
	n, err := result.RowsAffected()
	return s, n == 1, err
}

// ByToken finds the living session of a cookie, or returns ErrNone. Another
// error means that PostgreSQL could not be asked.
func (st Store) ByToken(ctx context.Context, token Token) (Session, error) {
	if token == "" {
		return Session{}, ErrNone
	}
	now := st.Clock.Now()
	hash := token.Hash()
	if s, ok := st.cached(ctx, hash); ok && s.Alive(now) && now.Sub(s.LastSeenAt) < touchEvery {
		return s, nil
	}
	var s Session
	err := st.DB.NewSelect().Model(&s).Column(columns...).ColumnExpr(lifetimes).Where("token_hash = ?", hash).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) || err == nil && !s.Alive(now) {
		return Session{}, ErrNone
	}
	if err != nil {
		return Session{}, fmt.Errorf("session: read: %w", err)
	}
	if err := st.touch(ctx, &s, now); err != nil {
		return Session{}, err
	}
	st.remember(ctx, s)
	return s, nil
}

// touch moves the idle end. The condition on ended_at keeps a session that was
// ended between the read and this write from coming back.
func (st Store) touch(ctx context.Context, s *Session, now time.Time) error {
	if now.Sub(s.LastSeenAt) < touchEvery {
		return nil
	}
	result, err := st.DB.NewUpdate().Model((*Session)(nil)).Set("last_seen_at = ?", now).
		Where("id = ? AND ended_at IS NULL", s.ID).Exec(ctx)
	if err != nil {
		return fmt.Errorf("session: touch: %w", err)
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		return errors.Join(ErrNone, err)
	}
	s.LastSeenAt = now
	return nil
}

// StepUp adds methods to the living session of that id within the caller's
// transaction and gives it another token: one that was copied from the browser
// before must not be worth more than it was. When the person last proved all of
// it (AuthenticatedAt) is left as it was. After the commit the caller has the
// copy of what the session was forgotten (Forget). ErrNone when it has ended.
//
// words are as those of CreateOnce: sent once more, right after the first time, they
// change nothing; is equals was then, and the token is that of the first time. A token
// that the session has had before never comes back.
func (st Store) StepUp(ctx context.Context, tx bun.IDB, id uuid.UUID, methods []string, words ...string) (was, is Session, token Token, err error) {
	now := st.Clock.Now()
	var s Session
	err = tx.NewSelect().Model(&s).Column(columns...).Column("former_hash").ColumnExpr(lifetimes).Where("id = ?", id).For("UPDATE").Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) || err == nil && !s.Alive(now) {
		return Session{}, Session{}, "", ErrNone
	}
	if err != nil {
		return Session{}, Session{}, "", fmt.Errorf("session: read: %w", err)
	}
	was = s
	if token = st.tokenOf(id, s.FormerHash, words); bytes.Equal(token.Hash(), s.TokenHash) && s.shows(methods) {
		return was, was, token, nil
	}
	token = st.tokenOf(id, s.TokenHash, words)
	s.FormerHash, s.TokenHash, s.LastSeenAt, s.AMR = s.TokenHash, token.Hash(), now, slices.Clone(s.AMR)
	for _, method := range methods {
		if !slices.Contains(s.AMR, method) {
			s.AMR = append(s.AMR, method)
		}
	}
	_, err = tx.NewUpdate().Model(&s).Column("token_hash", "former_hash", "last_seen_at", "amr").Where("id = ?", id).Exec(ctx)
	if err != nil {
		return Session{}, Session{}, "", fmt.Errorf("session: step up: %w", err)
	}
	return was, s, token, nil
}

// End ends the session of that id and runs also, the record of it, in the same
// transaction. An unknown id, or one that has ended, is no error and needs no
// record: the caller wanted it gone.
func (st Store) End(ctx context.Context, id uuid.UUID, also func(context.Context, bun.IDB, Session) error) error {
	var ended Session
	err := st.DB.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
		err := tx.NewUpdate().Model(&ended).Set("ended_at = ?", st.Clock.Now()).
			Where("id = ? AND ended_at IS NULL", id).Returning("id, tenant_id, user_id, token_hash").Scan(ctx)
		if err != nil {
			return err
		}
		return also(ctx, tx, ended)
	})
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("session: end: %w", err)
	}
	st.Forget(ctx, []Session{ended})
	return nil
}

// EndAll ends a person's sessions within the caller's transaction, except the
// one of that id (uuid.Nil: none), and returns those it ended. After the
// commit the caller has their copies forgotten (Forget).
func (st Store) EndAll(ctx context.Context, tx bun.IDB, userID, except uuid.UUID) ([]Session, error) {
	var ended []Session
	_, err := tx.NewUpdate().Model(&ended).Set("ended_at = ?", st.Clock.Now()).
		Where("user_id = ? AND id <> ? AND ended_at IS NULL", userID, except).
		Returning("id, tenant_id, user_id, token_hash").Exec(ctx)
	if err != nil {
		return nil, fmt.Errorf("session: end all: %w", err)
	}
	return ended, nil
}

// ByID finds the living session of that id, or returns ErrNone.
func (st Store) ByID(ctx context.Context, id uuid.UUID) (Session, error) {
	var s Session
	err := st.DB.NewSelect().Model(&s).Column(columns...).ColumnExpr(lifetimes).Where("id = ?", id).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) || err == nil && !s.Alive(st.Clock.Now()) {
		return Session{}, ErrNone
	}
	if err != nil {
		return Session{}, fmt.Errorf("session: by id: %w", err)
	}
	return s, nil
}

// Lives reports whether the session of that id has not been ended, as the caller's
// transaction sees it. How old it is was looked at when it was shown.
func (st Store) Lives(ctx context.Context, tx bun.IDB, id uuid.UUID) (bool, error) {
	lives, err := tx.NewSelect().Model((*Session)(nil)).Where("id = ? AND ended_at IS NULL", id).Exists(ctx)
	if err != nil {
		return false, fmt.Errorf("session: lives: %w", err)
	}
	return lives, nil
}

// Of returns a person's living sessions, the last used first.
func (st Store) Of(ctx context.Context, userID uuid.UUID) ([]Session, error) {
	var all []Session
	err := st.DB.NewSelect().Model(&all).Column(columns...).ColumnExpr(lifetimes).
		Where("user_id = ? AND ended_at IS NULL", userID).OrderExpr("last_seen_at DESC, id").Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("session: of: %w", err)
	}
	now := st.Clock.Now()
	return slices.DeleteFunc(all, func(s Session) bool { return !s.Alive(now) }), nil
}

// Forget drops the copies of sessions that have ended or have another token. Before the commit it would be too
// early: a request could put the copy back.
func (st Store) Forget(ctx context.Context, ended []Session) {
	if len(ended) == 0 {
		return
	}
	keys, names := make([]string, 0, len(ended)), make([]revoked.Name, 0, len(ended))
	for _, s := range ended {
		keys, names = append(keys, key(s.TokenHash)), append(names, revoked.Session(s.ID.String()))
	}
	// The caller may have hung up: that does not make the sessions live on. If these
	// are lost, the copies are believed for CacheTTL, and so is what others keep of
	// the tokens.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), forgetWithin)
	defer cancel()
	_ = st.Cache.Delete(ctx, keys...)
	_ = st.Board.Post(ctx, names...)
}

func key(tokenHash []byte) string { return "session:" + hex.EncodeToString(tokenHash) }

func (st Store) cached(ctx context.Context, hash []byte) (Session, bool) {
	value, found, err := st.Cache.Get(ctx, key(hash))
	if err != nil || !found {
		return Session{}, false
	}
	var s Session
	if json.Unmarshal(value, &s) != nil {
		return Session{}, false
	}
	return s, true
}

func (st Store) remember(ctx context.Context, s Session) {
	if value, err := json.Marshal(s); err == nil {
		_ = st.Cache.Set(ctx, key(s.TokenHash), value, CacheTTL)
	}
}
