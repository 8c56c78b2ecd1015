package session

import (
	"context"
	"encoding/base64"
	"fmt"
	"strings"
	"time"

	"github.com/uptrace/bun"
)

// onceWithin is how long after a sign-in its form counts as one that was sent twice.
const onceWithin = time.Minute

const placeToken = "sessions.token"

// CreateOnce is Create for a form that may be sent twice, and whose first answer may
// have been lost: words say what is proved, where and by whom, one of them being a
// secret of the browser's. The same words give the same session and the same token, of
// any number of calls at once one begins it. It reports whether this one has.
//
// A session that has ended since, or that was begun longer ago, is none: then another
// one begins, with a token of its own.
func (st Store) CreateOnce(ctx context.Context, tx bun.IDB, s Session, words ...string) (Session, Token, bool, error) {
	token := st.tokenOf(words)
	begun, made, err := st.create(ctx, tx, s, token)
	if err != nil || made {
		return begun, token, made, err
	}
	var same Session
	err = tx.NewSelect().Model(&same).Column(columns...).ColumnExpr(lifetimes).Where("token_hash = ?", token.Hash()).Scan(ctx)
	if err != nil {
		return Session{}, "", false, fmt.Errorf("session: read: %w", err)
	}
	if now := st.Clock.Now(); same.UserID == s.UserID && same.Alive(now) && now.Before(same.AuthenticatedAt.Add(onceWithin)) {
		return same, token, false, nil
	}
	begun, token, err = st.Create(ctx, tx, s)
	return begun, token, err == nil, err
}

// tokenOf is the token of words, which nobody can tell without a master key.
func (st Store) tokenOf(words []string) Token {
	return Token(base64.RawURLEncoding.EncodeToString(st.Box.MAC(placeToken, []byte(strings.Join(words, "\x00")))))
}
