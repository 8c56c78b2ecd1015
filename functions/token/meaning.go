package token

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/authway/authway/shared/account"
	"github.com/authway/authway/shared/grant"
	"github.com/authway/authway/shared/revoked"
	"github.com/authway/authway/shared/session"
)

const (
	// maxToken bounds what is looked at: Hydra's opaque tokens have 90 bytes, its
	// JWTs some hundreds.
	maxToken = 8 << 10
	// keepMeaning is how long what a token means is kept for all instances, unless it
	// expires or is revoked before.
	keepMeaning = time.Minute

	scopeOffline = "offline_access"

	// answerWithin bounds what is found out for several who wait.
	answerWithin = 5 * time.Second
)

// meaning is what an access token means. One that is not active means nothing.
type meaning struct {
	Active    bool           `json:"active"`
	Subject   string         `json:"sub,omitempty"`
	ClientID  string         `json:"client_id,omitempty"`
	Scope     string         `json:"scope,omitempty"`
	Audience  []string       `json:"aud,omitempty"`
	ExpiresAt int64          `json:"exp,omitempty"`
	IssuedAt  int64          `json:"iat,omitempty"`
	NotBefore int64          `json:"nbf,omitempty"`
	Claims    map[string]any `json:"ext,omitempty"`
}

func (m meaning) scopes() []string { return strings.Fields(m.Scope) }

func (m meaning) text(claim string) string {
	text, _ := m.Claims[claim].(string)
	return text
}

func (m meaning) flag(claim string) *bool {
	if said, ok := m.Claims[claim].(bool); ok {
		return &said
	}
	return nil
}

func (m meaning) number(claim string) int64 {
	number, _ := m.Claims[claim].(float64)
	return int64(number)
}

// roles of the person, which came through JSON. They are never nil: null in a token
// is no list to its reader.
func (m meaning) roles() []string {
	list, _ := m.Claims["roles"].([]any)
	roles := []string{}
	for _, role := range list {
		if text, ok := role.(string); ok {
			roles = append(roles, text)
		}
	}
	return roles
}

// endings are what makes the token end before its time.
func (m meaning) endings() []revoked.Name {
	names := []revoked.Name{revoked.Client(m.ClientID)}
	if m.Subject != m.ClientID {
		names = append(names, revoked.Subject(m.Subject), revoked.Grant(m.Subject, m.ClientID))
	}
	if id := m.text(grant.SessionClaim); id != "" {
		names = append(names, revoked.Session(id))
	}
	return names
}

// kept is a meaning in Redis, with what the board said before it was found out.
type kept struct {
	Meaning meaning `json:"meaning"`
	Board   string  `json:"board"`
}

// meaningOf finds out what a token means: from this process's moment, from what
// all instances keep, and then from Hydra and the database.
func (f *Function) meaningOf(ctx context.Context, token string) (meaning, error) {
	if token == "" || len(token) > maxToken {
		return meaning{}, nil
	}
	key := digest("token", token)
	// Who does not ask is told by this process's moment, or by who asks.
	known, unreachable := true, error(nil)
	m, err := f.meanings.get(key, func() (m meaning, err error) {
		// Others wait for this answer too.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), answerWithin)
		defer cancel()
		name := "meaning:" + hex.EncodeToString(key[:])
		if m, known, unreachable = f.keptMeaning(ctx, name); known {
			return m, nil
		}
		return f.askMeaning(ctx, name, token)
	})
	f.looked.Count(known, unreachable)
	if err == nil && m.Active && f.clock.Now().Unix() >= m.ExpiresAt {
		return meaning{}, nil
	}
	return m, err
}

// keptMeaning is what an instance has found out, if nothing has been revoked since. The
// error says that Redis could not be asked.
func (f *Function) keptMeaning(ctx context.Context, name string) (m meaning, known bool, err error) {
	value, found, err := f.cache.Get(ctx, name)
	if err != nil || !found {
		return meaning{}, false, err
	}
	var k kept
	if json.Unmarshal(value, &k) != nil {
		return meaning{}, false, nil
	}
	return k.Meaning, f.board.Same(ctx, k.Board, k.Meaning.endings()...), nil
}

// askMeaning asks Hydra. What the board says is read first for those who may end it,
// and they are known only afterwards: so it is read, and Hydra asked once more, when
// the answer is to be kept. A revocation between the two raises a number.
func (f *Function) askMeaning(ctx context.Context, name, token string) (meaning, error) {
	m, err := f.introspect(ctx, token)
	if err != nil || !m.Active {
		return m, err
	}
	board, err := f.board.Begin(ctx, m.endings()...)
	if err != nil {
		// Without Redis nothing is kept, and nothing depends on it.
		return m, nil
	}
	again, err := f.introspect(ctx, token)
	if err != nil || !again.Active {
		return again, err
	}
	life := min(keepMeaning, time.Unix(again.ExpiresAt, 0).Sub(f.clock.Now()))
	if value, err := json.Marshal(kept{again, board}); err == nil && life >= time.Millisecond {
		_ = f.cache.Set(ctx, name, value, life) // lost: found out again the next time
	}
	return again, nil
}

// introspect is what Hydra says of the token, and the database of its person. A
// refresh token is no access token, whatever else it is.
func (f *Function) introspect(ctx context.Context, token string) (meaning, error) {
	said, err := f.hydra.Introspect(ctx, token)
	if err != nil || !said.Active || said.Refresh {
		return meaning{}, err
	}
	m := meaning{
		Active: true, Subject: said.Subject, ClientID: said.ClientID, Scope: said.Scope, Audience: said.Audience,
		ExpiresAt: said.ExpiresAt, IssuedAt: said.IssuedAt, NotBefore: said.NotBefore, Claims: said.Claims,
	}
	living, err := f.living(ctx, m)
	if err != nil || !living {
		return meaning{}, err
	}
	return m, nil
}

// living reports whether the person may hold tokens, and whether the sign-in goes
// on that the token came of. A token that may be used offline outlives it (OpenID
// Connect Core 1.0, section 11).
func (f *Function) living(ctx context.Context, m meaning) (bool, error) {
	if m.Subject == m.ClientID {
		return true, nil
	}
	id, err := uuid.Parse(m.Subject)
	if err != nil {
		return false, nil
	}
	u, err := f.accounts.ByID(ctx, id)
	if errors.Is(err, account.ErrUnknown) || err == nil && !u.Active() {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	of, err := uuid.Parse(m.text(grant.SessionClaim))
	if err != nil || slices.Contains(m.scopes(), scopeOffline) {
		return true, nil
	}
	_, err = f.sessions.ByID(ctx, of)
	if errors.Is(err, session.ErrNone) {
		return false, nil
	}
	return err == nil, err
}
