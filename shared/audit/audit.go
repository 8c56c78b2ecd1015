// Package audit writes down what happened: who did what to whom, from where
// and with which outcome.
//
// An event is one row, added in the transaction of the change it describes, so
// that neither is there without the other. Rows are never changed: the
// database refuses it, and each row carries a hash over all of its columns
// that shows a change made behind the database's back.
//
// No event holds a password, a token, a challenge or an e-mail address:
// accounts are named by their id.
package audit

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"github.com/authway/authway/shared/problem"
)

// Actions. A name is never given another meaning: rows outlive releases.
const (
	ActionRegistered     = "user.registered"
	ActionSignedIn       = "login.succeeded"
	ActionSignInFailed   = "login.failed"
	ActionSignedOut      = "session.ended"
	ActionConsentGranted = "consent.granted"
	ActionConsentDenied  = "consent.denied"
	ActionTokenRefused   = "token.refused"
	ActionTokenExchanged = "token.exchanged"
	ActionClientRevoked  = "client.revoked"
	ActionServerAdded    = "resource_server.added"
	ActionServerRenewed  = "resource_server.renewed"
	ActionServerRemoved  = "resource_server.removed"
	ActionSteppedUp      = "session.stepped_up"
	ActionFactorAdded    = "factor.added"
	ActionFactorUsed     = "factor.used"
	ActionFactorRefused  = "factor.refused"
	ActionCodesKept      = "recovery_codes.kept"
	// A passkey's answer is used or refused wherever it was asked for.
	ActionPasskeyAdded   = "passkey.added"
	ActionPasskeyUsed    = "passkey.used"
	ActionPasskeyRefused = "passkey.refused"
	ActionPasskeyRenamed = "passkey.renamed"
	ActionPasskeyRemoved = "passkey.removed"
	// A mail with a code and a link was asked for; one of them was shown; the
	// password was set by somebody who reads the account's mail.
	ActionProofSent       = "proof.sent"
	ActionProofShown      = "proof.shown"
	ActionPasswordChanged = "password.changed"
	ActionPasswordRemoved = "password.removed"
	// A sign-in at another provider counts for the account, or no longer does.
	ActionIdentityLinked   = "identity.linked"
	ActionIdentityUnlinked = "identity.unlinked"
	ActionFactorRemoved    = "factor.removed"
	ActionCodesIssued      = "recovery_codes.issued"
	ActionEmailChanged     = "email.changed"
	ActionProfileChanged   = "user.changed"
	ActionExported         = "user.exported"
	ActionConsentRevoked   = "consent.revoked"
	// The account is to be deleted; its person took that back; they said of a
	// sign-in that it was not theirs.
	ActionLeaving  = "user.leaving"
	ActionStayed   = "user.stayed"
	ActionPurged   = "user.purged"
	ActionDisowned = "login.disowned"
	// A key that tokens are signed with has come to another state of its life.
	ActionKeyTurned = "key.turned"
	// An event was not one that maintenance takes, and nothing was run.
	ActionEventRefused = "event.refused"
)

// Kinds of actor.
const (
	ActorUser      = "user"
	ActorClient    = "client"
	ActorSystem    = "system"
	ActorAnonymous = "anonymous"
)

// Outcomes.
const (
	Success = "success"
	Failure = "failure"
)

// Event is one row.
type Event struct {
	// TenantID is uuid.Nil when the event belongs to no tenant.
	TenantID  uuid.UUID
	Action    string
	Outcome   string
	ActorKind string
	// ActorID is the id of who did it: an account or a function's name.
	ActorID string
	// SubjectID is the id of the account that it was done to, if there is one.
	SubjectID string
	ClientID  string
	IP        string
	// Detail is kept as JSON.
	Detail map[string]string
}

type row struct {
	bun.BaseModel `bun:"table:audit_events"`

	ID        uuid.UUID       `bun:"id"`
	At        time.Time       `bun:"at"`
	TenantID  *uuid.UUID      `bun:"tenant_id"`
	Action    string          `bun:"action"`
	Outcome   string          `bun:"outcome"`
	ActorKind string          `bun:"actor_kind"`
	ActorID   string          `bun:"actor_id"`
	SubjectID string          `bun:"subject_id"`
	ClientID  string          `bun:"client_id"`
	RequestID string          `bun:"request_id"`
	IP        string          `bun:"ip"`
	Detail    json.RawMessage `bun:"detail,type:json"`
	RowHash   []byte          `bun:"row_hash"`
}

// Append adds e within the caller's transaction. The request's id is taken
// from ctx.
func Append(ctx context.Context, db bun.IDB, now time.Time, e Event) error {
	detail, err := json.Marshal(e.Detail)
	if err != nil {
		return fmt.Errorf("audit: detail of %s: %w", e.Action, err)
	}
	if e.Detail == nil {
		detail = json.RawMessage("{}")
	}
	r := row{
		// Ids grow: events of one process and one moment stay in their order.
		ID: uuid.Must(uuid.NewV7()),
		// The database keeps microseconds; the hash has to be over what it keeps.
		At:     now.UTC().Truncate(time.Microsecond),
		Action: e.Action, Outcome: e.Outcome, ActorKind: e.ActorKind, ActorID: e.ActorID,
		SubjectID: e.SubjectID, ClientID: e.ClientID, RequestID: problem.Reference(ctx), IP: e.IP, Detail: detail,
	}
	if e.TenantID != uuid.Nil {
		r.TenantID = &e.TenantID
	}
	r.RowHash = r.hash()
	if _, err := db.NewInsert().Model(&r).Returning("NULL").Exec(ctx); err != nil {
		return fmt.Errorf("audit: %s: %w", e.Action, err)
	}
	return nil
}

// Verify reports the ids of the rows between from and to whose columns no
// longer fit their hash.
func Verify(ctx context.Context, db bun.IDB, from, to time.Time) (changed []uuid.UUID, err error) {
	rows, err := db.NewSelect().Model((*row)(nil)).
		Column("id", "at", "tenant_id", "action", "outcome", "actor_kind", "actor_id", "subject_id",
			"client_id", "request_id", "ip", "detail", "row_hash").
		Where("at >= ? AND at < ?", from, to).OrderExpr("at, id").Rows(ctx)
	if err != nil {
		return nil, fmt.Errorf("audit: read: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var r row
		if err := rows.Scan(&r.ID, &r.At, &r.TenantID, &r.Action, &r.Outcome, &r.ActorKind, &r.ActorID, &r.SubjectID,
			&r.ClientID, &r.RequestID, &r.IP, &r.Detail, &r.RowHash); err != nil {
			return nil, fmt.Errorf("audit: read: %w", err)
		}
		if string(r.hash()) != string(r.RowHash) {
			changed = append(changed, r.ID)
		}
	}
	return changed, rows.Err()
}

// hash covers every column, each with its length before it, so that text
// cannot move from one column into the next unseen.
func (r row) hash() []byte {
	tenant := ""
	if r.TenantID != nil {
		tenant = r.TenantID.String()
	}
	h := sha256.New()
	for _, field := range []string{
		r.ID.String(), r.At.UTC().Format(time.RFC3339Nano), tenant, r.Action, r.Outcome, r.ActorKind, r.ActorID,
		r.SubjectID, r.ClientID, r.RequestID, r.IP, string(r.Detail),
	} {
		_ = binary.Write(h, binary.BigEndian, uint64(len(field)))
		_, _ = h.Write([]byte(field))
	}
	return h.Sum(nil)
}
