package bundle

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/authway/authway/shared/postgres"
	"github.com/authway/authway/shared/recovery"
	"github.com/authway/authway/shared/tokens"
)

// WitnessFile is what a restored database is confronted with.
const WitnessFile = "witness.json"

// Testimony is what the database said when the bundle was taken.
type Testimony struct {
	Database recovery.Witness `json:"database"`
	// Token was signed then, by Issuer and for nobody else: keys that were restored
	// verify it.
	Token  string `json:"token"`
	Issuer string `json:"issuer"`
}

// Witness hears a database.
type Witness struct {
	DB     *postgres.DB
	Tokens *tokens.Issuer
	Issuer string
}

// subject is nobody's.
const subject = "backup"

// Hear asks it, and has a token signed.
func (w Witness) Hear(ctx context.Context, now time.Time) (Testimony, error) {
	said, err := recovery.Hear(ctx, w.DB, now)
	if err != nil {
		return Testimony{}, err
	}
	token, err := w.Tokens.Sign(ctx, tokens.Claims{
		Type: tokens.Proof, Issuer: w.Issuer, Subject: subject, Audience: []string{w.Issuer}, ExpiresAt: now.Add(time.Minute),
	})
	if err != nil {
		return Testimony{}, fmt.Errorf("bundle: sign a token: %w", err)
	}
	return Testimony{Database: said, Token: token, Issuer: w.Issuer}, nil
}

// Confront checks a restored database and its keys. restored verifies as of the
// time when the bundle was taken: the token has expired long since.
func (t Testimony) Confront(ctx context.Context, db *postgres.DB, restored *tokens.Issuer) (recovery.Witness, error) {
	if _, err := restored.Verify(ctx, t.Token, tokens.Expect{Issuer: t.Issuer, Audience: t.Issuer, Type: tokens.Proof}); err != nil {
		return recovery.Witness{}, fmt.Errorf("a token that was signed before the backup does not hold with the restored keys: %w", err)
	}
	return t.Database.Confront(ctx, db)
}

// Testimony is the bundle's.
func (c *Contents) Testimony() (t Testimony, err error) {
	if err := json.Unmarshal(c.Files[WitnessFile], &t); err != nil {
		return t, fmt.Errorf("bundle: %s: %w", WitnessFile, err)
	}
	return t, nil
}
