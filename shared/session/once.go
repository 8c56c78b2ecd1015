package session

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"
)

// onceWithin is how long after a sign-in its form counts as one that was sent twice.
const onceWithin = time.Minute

// Places of what is derived.
const (
	placeToken = "sessions.token"
	placeOnce  = "sessions.once"
)

// CreateOnce is Create for a form that may be sent twice, and whose first answer may
// have been lost: words say what is proved, where and by whom, one of them being a
// secret of the browser's. The same words give the same session and the same token, of
// any number of calls at once one begins it. It reports whether this one has.
//
// A session that has ended since, that has another token by now, or that was begun longer
// ago, is none: then another one begins, with a token of its own.
func (st Store) CreateOnce(ctx context.Context, tx bun.IDB, s Session, words ...string) (Session, Token, bool, error) {
	s.ID, s.OnceHash = uuid.New(), st.Box.MAC(placeOnce, []byte(strings.Join(words, "\x00")))
	token := st.tokenOf(s.ID, nil, words)
	begun, made, err := st.create(ctx, tx, s, token)
	if err != nil || made {
		return begun, token, made, err
	}
	var same Session
	err = tx.NewSelect().Model(&same).Column(columns...).ColumnExpr(lifetimes).Where("once_hash = ?", s.OnceHash).Scan(ctx)
	if err != nil {
		return Session{}, "", false, fmt.Errorf("session: read: %w", err)
	}
	now := st.Clock.Now()
	token = st.tokenOf(same.ID, nil, words)
	if same.UserID == s.UserID && bytes.Equal(token.Hash(), same.TokenHash) && same.Alive(now) && now.Before(same.AuthenticatedAt.Add(onceWithin)) {
		return same, token, false, nil
	}
	begun, token, err = st.Create(ctx, tx, s)
	return begun, token, err == nil, err
}

// tokenOf is the token that follows a session's former one for some words. Nobody can
// tell it without a master key.
func (st Store) tokenOf(id uuid.UUID, former []byte, words []string) Token {
	text := strings.Join(slices.Concat(words, []string{id.String(), hex.EncodeToString(former)}), "\x00")
	return Token(base64.RawURLEncoding.EncodeToString(st.Box.MAC(placeToken, []byte(text))))
}
