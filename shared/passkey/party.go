package passkey

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
	"github.com/google/uuid"
)

// party is the relying party: what passkeys are made for.
func (s Store) party() (*webauthn.WebAuthn, error) {
	host := s.Public.Hostname()
	if protocol.ValidateRPID(host) != nil {
		return nil, ErrNoDomain
	}
	times := webauthn.TimeoutConfig{Timeout: lifetime, TimeoutUVD: lifetime}
	party, err := webauthn.New(&webauthn.Config{
		RPID: host, RPDisplayName: host, RPOrigins: []string{s.Public.Scheme + "://" + s.Public.Host},
		AttestationPreference: protocol.PreferNoAttestation,
		Timeouts:              webauthn.TimeoutsConfig{Login: times, Registration: times},
	})
	if err != nil {
		return nil, fmt.Errorf("passkey: %w", err)
	}
	return party, nil
}

// person is an account in the words of the library.
type person struct {
	id                uuid.UUID
	name, displayName string
	passkeys          []row
}

// WebAuthnID is the user handle: the account's id, 16 bytes that say nothing of
// who it is (section 14.6.1).
func (p person) WebAuthnID() []byte { return p.id[:] }

func (p person) WebAuthnName() string { return p.name }

func (p person) WebAuthnDisplayName() string { return p.displayName }

func (p person) WebAuthnCredentials() []webauthn.Credential {
	records := make([]webauthn.Credential, len(p.passkeys))
	for i, r := range p.passkeys {
		records[i] = r.record()
	}
	return records
}

func (r row) record() webauthn.Credential {
	record := webauthn.Credential{
		ID: r.CredentialID, PublicKey: r.PublicKey,
		Flags: webauthn.CredentialFlags{
			UserPresent: true, UserVerified: r.UserVerified, BackupEligible: r.BackupEligible, BackupState: r.BackedUp,
		},
		Authenticator: webauthn.Authenticator{SignCount: uint32(r.SignCount)},
	}
	for _, transport := range r.Transports {
		record.Transport = append(record.Transport, protocol.AuthenticatorTransport(transport))
	}
	return record
}

func descriptors(rows []row) []protocol.CredentialDescriptor {
	list := make([]protocol.CredentialDescriptor, len(rows))
	for i, r := range rows {
		record := r.record()
		list[i] = record.Descriptor()
	}
	return list
}

// options are what a browser is told, in the JSON that it reads (section 5.1.8).
func options(of any) (json.RawMessage, error) {
	text, err := json.Marshal(of)
	if err != nil {
		return nil, fmt.Errorf("passkey: the options: %w", err)
	}
	return text, nil
}

// refused is ErrInvalid with what the library has found.
func refused(err error) error {
	if details, ok := errors.AsType[*protocol.Error](err); ok && details.DevInfo != "" {
		return fmt.Errorf("%w: %s: %s", ErrInvalid, details.Details, details.DevInfo)
	}
	return fmt.Errorf("%w: %w", ErrInvalid, err)
}
