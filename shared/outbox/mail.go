package outbox

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/google/uuid"
	"github.com/uptrace/bun"
)

// Job is the name of the job that delivers: what to knock for after a commit
// that added a row.
const Job = "outbox.deliver"

// Templates of mail, each with the data it needs.
const (
	// VerifyEmail has code, link and client.
	VerifyEmail = "verify_email"
	// Recover has code, link and client.
	Recover = "recover"
	// KnownAddress has client and link: somebody registered with an address that
	// has an account.
	KnownAddress = "known_address"
	// IdentityLinked has provider.
	IdentityLinked = "identity_linked"
	// PasswordChanged, FactorChanged and SignInLocked have no data.
	PasswordChanged = "password_changed"
	FactorChanged   = "factor_changed"
	SignInLocked    = "sign_in_locked"
	// ChangeEmail has code and link, and goes to the address that is to be the
	// account's; EmailChanged, without data, to the one that was.
	ChangeEmail  = "change_email"
	EmailChanged = "email_changed"
	// AccountSecured has no data: somebody has said of a sign-in that it was not
	// theirs.
	AccountSecured = "account_secured"
	// AccountLeaving has until and link: the account is to be deleted.
	AccountLeaving = "account_leaving"
	// Invited has tenant, link and until: an administrator has made the account.
	// RecoverySent has link: an administrator lets its person choose another password.
	Invited      = "invited"
	RecoverySent = "recovery_sent"
)

// Keys of Mail.Data.
const (
	// Code is typed in by the person.
	Code = "code"
	// Link is a path with its query, such as /login/confirm?token=…; it is
	// completed with the public address and leads nowhere else.
	Link = "link"
	// Client is the application's name as people know it, Provider that of a sign-in
	// provider.
	Client   = "client"
	Provider = "provider"
	// Until is a day, such as 2026-11-24.
	Until = "until"
	// Tenant is a tenant's name as people know it.
	Tenant = "tenant"
)

// Mail is a mail before it is written: the words are chosen at delivery.
type Mail struct {
	To       string            `json:"to"`
	Locale   string            `json:"locale"`
	Template string            `json:"template"`
	Data     map[string]string `json:"data,omitempty"`
}

// placePayload is what sealed payloads are bound to.
const placePayload = "outbox.payload"

// AddMail adds m within the caller's transaction. It is due at once.
func (s Store) AddMail(ctx context.Context, tx bun.IDB, tenantID uuid.UUID, m Mail) error {
	payload, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("outbox: %s: %w", m.Template, err)
	}
	now := s.Clock.Now()
	r := row{
		ID: uuid.New(), TenantID: &tenantID, Kind: kindMail,
		Payload: s.Box.Seal(placePayload, payload), CreatedAt: now, DueAt: now,
	}
	_, err = tx.NewInsert().Model(&r).Column("id", "tenant_id", "kind", "payload", "created_at", "due_at").
		Returning("NULL").Exec(ctx)
	if err != nil {
		return fmt.Errorf("outbox: %s: %w", m.Template, err)
	}
	return nil
}

// AddMailIf is AddMail when really is true. When it is not, the same work is
// done in the same statement and no row is there afterwards: how long an answer
// takes must not tell whether somebody is to hear of it.
func (s Store) AddMailIf(ctx context.Context, tx bun.IDB, tenantID uuid.UUID, m Mail, really bool) error {
	payload, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("outbox: %s: %w", m.Template, err)
	}
	now := s.Clock.Now()
	_, err = tx.NewRaw("INSERT INTO outbox (id, tenant_id, kind, payload, created_at, due_at) "+
		"SELECT ?::uuid, ?::uuid, ?, ?::bytea, ?::timestamptz, ?::timestamptz WHERE ?",
		uuid.New(), tenantID, kindMail, s.Box.Seal(placePayload, payload), now, now, really).Exec(ctx)
	if err != nil {
		return fmt.Errorf("outbox: %s: %w", m.Template, err)
	}
	return nil
}

// AddMails is AddMail of many to one tenant's accounts.
func (s Store) AddMails(ctx context.Context, tx bun.IDB, tenantID uuid.UUID, mails []Mail) error {
	if len(mails) == 0 {
		return nil
	}
	now := s.Clock.Now()
	rows := make([]row, len(mails))
	for i, m := range mails {
		payload, err := json.Marshal(m)
		if err != nil {
			return fmt.Errorf("outbox: %s: %w", m.Template, err)
		}
		rows[i] = row{ID: uuid.New(), TenantID: &tenantID, Kind: kindMail, Payload: s.Box.Seal(placePayload, payload), CreatedAt: now, DueAt: now}
	}
	_, err := tx.NewInsert().Model(&rows).Column("id", "tenant_id", "kind", "payload", "created_at", "due_at").Returning("NULL").Exec(ctx)
	if err != nil {
		return fmt.Errorf("outbox: %d mails: %w", len(mails), err)
	}
	return nil
}
