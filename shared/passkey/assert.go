package passkey

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
	"github.com/google/uuid"
	"github.com/uptrace/bun"
)

// Shown is what became of an answer. With an error, UserID is the account that
// the answer claims to be of, or uuid.Nil.
type Shown struct {
	UserID uuid.UUID
	// ID is the passkey's, as in Passkey.
	ID uuid.UUID
	// Verified says that the authenticator has verified its owner, and that this
	// can be believed.
	Verified bool
	// DeviceBound says that the key cannot leave its device.
	DeviceBound bool
}

// BeginSignIn asks for any passkey of anybody's. The options are
// PublicKeyCredentialRequestOptionsJSON.
func (s Store) BeginSignIn(ctx context.Context, at Place) (json.RawMessage, error) {
	party, err := s.party()
	if err != nil {
		return nil, err
	}
	asked, session, err := party.BeginDiscoverableLogin(webauthn.WithUserVerification(protocol.VerificationRequired))
	if err != nil {
		return nil, fmt.Errorf("passkey: begin the sign-in: %w", err)
	}
	if err := s.keep(ctx, at, signingIn, session); err != nil {
		return nil, err
	}
	return options(asked.Response)
}

// BeginSecond asks for a passkey of the account's beside another factor, or
// returns ErrNone. The options are PublicKeyCredentialRequestOptionsJSON.
func (s Store) BeginSecond(ctx context.Context, at Place, userID uuid.UUID) (json.RawMessage, error) {
	party, err := s.party()
	if err != nil {
		return nil, err
	}
	had, err := s.of(ctx, userID)
	if err != nil {
		return nil, err
	}
	if len(had) == 0 {
		return nil, ErrNone
	}
	asked, session, err := party.BeginLogin(person{id: userID, passkeys: had},
		webauthn.WithUserVerification(protocol.VerificationPreferred), webauthn.WithLoginAuthorizeUVInitialization(true))
	if err != nil {
		return nil, fmt.Errorf("passkey: begin the second factor: %w", err)
	}
	if err := s.keep(ctx, at, second, session); err != nil {
		return nil, err
	}
	return options(asked.Response)
}

// FinishSignIn finds who signs in to the tenant by the answer to BeginSignIn, an
// AuthenticationResponseJSON. It is for a transaction, which has to be committed
// when the error is one that Refused knows. Whether the account is active is the
// caller's to ask.
func (s Store) FinishSignIn(ctx context.Context, at Place, tenantID uuid.UUID, answer []byte) (Shown, error) {
	return s.finish(ctx, at, signingIn, answer, func(id []byte) (row, error) {
		r, err := s.locked(ctx, s.DB.NewSelect().Where("credential_id = ?", id).
			OrderExpr("tenant_id = ? DESC", tenantID).Limit(1))
		switch {
		case err != nil:
			return row{}, err
		case r.TenantID != tenantID:
			// Whose it is there is nobody's business here.
			return row{}, ErrTenant
		case !r.UserVerified:
			return r, ErrUnverified
		}
		return r, nil
	})
}

// FinishSecond is FinishSignIn for the answer to BeginSecond, of the account that
// was asked. A passkey that the account has no longer is ErrUnknown.
func (s Store) FinishSecond(ctx context.Context, at Place, userID uuid.UUID, answer []byte) (Shown, error) {
	return s.finish(ctx, at, second, answer, func(id []byte) (row, error) {
		r, err := s.locked(ctx, s.DB.NewSelect().Where("credential_id = ?", id).
			OrderExpr("user_id = ? DESC", userID).Limit(1))
		if err == nil && r.UserID != userID {
			return row{}, fmt.Errorf("%w: the passkey is another account's", ErrInvalid)
		}
		return r, err
	})
}

func (s Store) finish(ctx context.Context, at Place, why purpose, answer []byte, find func([]byte) (row, error)) (Shown, error) {
	party, err := s.party()
	if err != nil {
		return Shown{}, err
	}
	session, err := s.take(ctx, at, why)
	if err != nil {
		return Shown{}, err
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes(answer)
	if err != nil {
		return Shown{}, refused(err)
	}
	r, err := find(parsed.RawID)
	shown := Shown{UserID: r.UserID, ID: r.ID, DeviceBound: !r.BackupEligible}
	if err != nil {
		return shown, err
	}
	record, err := check(party, session, parsed, r)
	switch {
	case err != nil:
		return shown, refused(err)
	case record.Authenticator.CloneWarning && shown.DeviceBound:
		return shown, ErrCloned
	}
	shown.Verified = record.Flags.UserVerified && parsed.Response.AuthenticatorData.Flags.HasUserVerified()
	return shown, s.used(ctx, r, record)
}

// check verifies the answer against the one passkey that it names.
func check(party *webauthn.WebAuthn, session webauthn.SessionData, parsed *protocol.ParsedCredentialAssertionData, r row) (*webauthn.Credential, error) {
	owner := person{id: r.UserID, passkeys: []row{r}}
	if session.UserID == nil {
		// The library asks for the owner by the handle, and the handle has to be the
		// owner's: a passkey of one account must not be shown for another.
		return party.ValidateDiscoverableLogin(func(_, handle []byte) (webauthn.User, error) {
			if !bytes.Equal(handle, r.UserID[:]) {
				return nil, ErrInvalid
			}
			return owner, nil
		}, session, parsed)
	}
	// That the passkey is one of those asked for has been seen to: it was found
	// among the account's. The others may have been removed since.
	session.AllowedCredentialIDs = nil
	return party.ValidateLogin(owner, session, parsed)
}

// locked reads one passkey and keeps others from it until the end of the
// transaction: two answers must not both find the counter as it was.
func (s Store) locked(ctx context.Context, query *bun.SelectQuery) (row, error) {
	var r row
	err := query.Model(&r).Column(columns...).Where("kind = ?", kind).For("UPDATE").Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return row{}, ErrUnknown
	}
	if err != nil {
		return row{}, fmt.Errorf("passkey: read: %w", err)
	}
	return r, nil
}

func (s Store) used(ctx context.Context, r row, record *webauthn.Credential) error {
	now := s.Clock.Now()
	_, err := s.DB.NewUpdate().Model((*row)(nil)).
		Set("sign_count = greatest(sign_count, ?)", int64(record.Authenticator.SignCount)).
		Set("backed_up = ?", record.Flags.BackupState).Set("user_verified = ?", record.Flags.UserVerified).
		Set("used_at = ?", now).Set("updated_at = ?", now).Where("id = ?", r.ID).Exec(ctx)
	if err != nil {
		return fmt.Errorf("passkey: note the use: %w", err)
	}
	return nil
}
