package passkey

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
	"github.com/google/uuid"
)

// maxTransport bounds a text that the browser chooses; there may be more kinds
// of transport some day than there are today.
const (
	maxTransport  = 32
	maxTransports = 10
)

// Person is an account as its owner is to recognise it in the browser's list of
// passkeys.
type Person struct {
	Owner
	// Name tells this account from the person's others here, DisplayName is what the
	// person is called.
	Name, DisplayName string
	// Party is what the person signs in to, if it is more than the host.
	Party string
}

// BeginRegistration asks an authenticator for a passkey of p's, other than those
// that the account has. The options are PublicKeyCredentialCreationOptionsJSON.
func (s Store) BeginRegistration(ctx context.Context, at Place, p Person) (json.RawMessage, error) {
	party, err := s.party()
	if err != nil {
		return nil, err
	}
	had, err := s.of(ctx, p.UserID)
	if err != nil {
		return nil, err
	}
	name := p.Party
	if name == "" {
		name = s.Public.Hostname()
	}
	asked, session, err := party.BeginRegistration(
		person{id: p.UserID, name: p.Name, displayName: p.DisplayName, passkeys: had},
		webauthn.WithRegistrationRelyingPartyName(name),
		webauthn.WithExclusions(descriptors(had)),
		webauthn.WithAuthenticatorSelection(protocol.AuthenticatorSelection{
			ResidentKey: protocol.ResidentKeyRequirementRequired, RequireResidentKey: protocol.ResidentKeyRequired(),
			UserVerification: protocol.VerificationPreferred,
		}),
	)
	if err != nil {
		return nil, fmt.Errorf("passkey: begin the registration: %w", err)
	}
	if err := s.keep(ctx, at, registering, session); err != nil {
		return nil, err
	}
	return options(asked.Response)
}

// FinishRegistration keeps the passkey that answers what was asked at the place:
// answer is a RegistrationResponseJSON. It is for a transaction, which has to be
// committed when the error is one that Refused knows. ErrName comes before
// anything is used up.
func (s Store) FinishRegistration(ctx context.Context, at Place, o Owner, name string, answer []byte) (Passkey, error) {
	party, err := s.party()
	if err != nil {
		return Passkey{}, err
	}
	if name, err = ParseName(name); err != nil {
		return Passkey{}, err
	}
	session, err := s.take(ctx, at, registering)
	if err != nil {
		return Passkey{}, err
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes(answer)
	if err != nil {
		return Passkey{}, refused(err)
	}
	made, err := party.CreateCredential(person{id: o.UserID}, session, parsed)
	if err != nil {
		return Passkey{}, refused(err)
	}
	return s.add(ctx, o, name, made)
}

func (s Store) add(ctx context.Context, o Owner, name string, made *webauthn.Credential) (Passkey, error) {
	now := s.Clock.Now()
	r := row{
		ID: uuid.New(), TenantID: o.TenantID, UserID: o.UserID, Kind: kind, Label: name,
		CredentialID: made.ID, PublicKey: made.PublicKey, SignCount: int64(made.Authenticator.SignCount),
		BackupEligible: made.Flags.BackupEligible, BackedUp: made.Flags.BackupState, UserVerified: made.Flags.UserVerified,
		Transports: transports(made.Transport), CreatedAt: now, UpdatedAt: now,
	}
	if model, err := uuid.FromBytes(made.Authenticator.AAGUID); err == nil && model != uuid.Nil {
		r.AAGUID = &model
	}
	result, err := s.DB.NewInsert().Model(&r).Column(columns...).
		On("CONFLICT (credential_id, tenant_id) WHERE kind = 'passkey' DO NOTHING").Returning("NULL").Exec(ctx)
	if err != nil {
		return Passkey{}, fmt.Errorf("passkey: add: %w", err)
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		return Passkey{}, errors.Join(ErrTaken, err)
	}
	return r.passkey(), nil
}

func transports(told []protocol.AuthenticatorTransport) []string {
	list := []string{}
	for _, transport := range told {
		if len(transport) <= maxTransport && len(list) < maxTransports {
			list = append(list, string(transport))
		}
	}
	return list
}
