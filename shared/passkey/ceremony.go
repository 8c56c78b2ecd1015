package passkey

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/go-webauthn/webauthn/webauthn"
	"github.com/google/uuid"
	"github.com/uptrace/bun"
)

// lifetime is how long an authenticator may take: the person may have to find it
// first. It is what browsers are told, too (section 15.1 recommends 5 minutes).
const lifetime = 5 * time.Minute

// Place is where a ceremony is held: its answer counts there and nowhere else.
type Place struct {
	table, id string
}

// InFlow is the sign-in of that id.
func InFlow(id string) Place { return Place{table: "flows", id: id} }

// InSession is the session of that id.
func InSession(id uuid.UUID) Place { return Place{table: "sessions", id: id.String()} }

func (p Place) seal() string { return p.table + ".passkey:" + p.id }

// purpose is what a ceremony is for: the answer to one serves for no other.
type purpose string

const (
	registering purpose = "register"
	signingIn   purpose = "sign_in"
	second      purpose = "second"
)

type ceremony struct {
	Purpose   purpose              `json:"purpose"`
	Session   webauthn.SessionData `json:"session"`
	ExpiresAt time.Time            `json:"expires_at"`
}

// keep holds a ceremony at the place, instead of the one that was held there.
func (s Store) keep(ctx context.Context, at Place, why purpose, asked *webauthn.SessionData) error {
	held, err := json.Marshal(ceremony{Purpose: why, Session: *asked, ExpiresAt: s.Clock.Now().Add(lifetime)})
	if err != nil {
		return fmt.Errorf("passkey: the ceremony: %w", err)
	}
	_, err = s.DB.NewUpdate().Table(at.table).Set("passkey = ?", s.Box.Seal(at.seal(), held)).
		Where("id = ?", at.id).Exec(ctx)
	if err != nil {
		return fmt.Errorf("passkey: keep the ceremony: %w", err)
	}
	return nil
}

// take ends the ceremony that is held at the place and returns what was asked.
// Of many who come for it at once, one is given it: the others wait for the row
// and then find it empty.
func (s Store) take(ctx context.Context, at Place, why purpose) (webauthn.SessionData, error) {
	open := s.DB.NewSelect().Table(at.table).Column("id", "passkey").
		Where("id = ? AND passkey IS NOT NULL", at.id).For("UPDATE")
	var sealed []byte
	err := s.DB.NewUpdate().TableExpr("? AS held", bun.Ident(at.table)).Set("passkey = NULL").
		TableExpr("(?) AS open", open).Where("held.id = open.id").Returning("open.passkey").Scan(ctx, &sealed)
	if errors.Is(err, sql.ErrNoRows) {
		return webauthn.SessionData{}, ErrExpired
	}
	if err != nil {
		return webauthn.SessionData{}, fmt.Errorf("passkey: take the ceremony: %w", err)
	}
	text, err := s.Box.Open(at.seal(), sealed)
	if err != nil {
		return webauthn.SessionData{}, fmt.Errorf("passkey: the ceremony: %w", err)
	}
	var held ceremony
	if err := json.Unmarshal(text, &held); err != nil {
		return webauthn.SessionData{}, fmt.Errorf("passkey: the ceremony: %w", err)
	}
	if held.Purpose != why || !s.Clock.Now().Before(held.ExpiresAt) {
		return webauthn.SessionData{}, ErrExpired
	}
	return held.Session, nil
}
