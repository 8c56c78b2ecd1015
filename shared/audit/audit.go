// Package audit writes down what happened: who did what to whom, from where
// and with which outcome.
//
// An event is one row, added in the transaction of the change it describes, so
// that neither is there without the other. Rows are never changed: the
// database refuses it, and each row carries a hash over all of its columns
// that shows a change made behind the database's back.
//
// # Seals
//
// A hash of its own shows nothing to somebody who makes it anew, and nothing shows that
// a row is gone. So the log is sealed (Chain): each seal names up to a thousand events in
// the order of their time and id, has one hash over their hashes, and the hash of the seal
// before. It covers what has settled, because an event becomes visible up to Late after
// its time; what comes later than that, for hours, gets a seal of its own that says so. An
// event that lies where everything is sealed, and that no seal has, was added.
//
// Check finds changed, missing, added and moved events, changed and missing seals and
// forks. That the end was cut off, or all of it made anew, only a signature shows that
// lies outside of the database (Head, functions/maintenance/chain).
//
// Not shown is what was changed before it was sealed, in the first minutes, nor what is
// written by somebody who may write; and what was sealed after the last signature can be
// made anew until the next. Months that retention drops take their events with them and
// leave the seals: each says from when on events were kept when it was made, so that no
// retention that is made shorter for a moment drops, unseen, what is younger than 90 days.
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
	// An administrator has changed an account, kept its person out or let them in again,
	// ended their sign-ins or everything they hold, or taken their further factors away.
	ActionEdited        = "user.edited"
	ActionBlocked       = "user.blocked"
	ActionUnblocked     = "user.unblocked"
	ActionSessionsEnded = "sessions.ended"
	ActionRevoked       = "user.revoked"
	ActionFactorsReset  = "factors.reset"
	// Tenants, the roles that applications are told of, and who administers. What was
	// there before and after is in the detail.
	ActionTenantAdded          = "tenant.added"
	ActionTenantChanged        = "tenant.changed"
	ActionTenantRemoved        = "tenant.removed"
	ActionRolePut              = "role.put"
	ActionRoleRemoved          = "role.removed"
	ActionAdministratorGranted = "administrator.granted"
	ActionAdministratorRemoved = "administrator.removed"
	// An event was not one that maintenance takes, and nothing was run.
	ActionEventRefused = "event.refused"
	// An administrator took the log away, or held it against its hashes; wants a job to
	// be run now, a key to be followed by the next or taken out; has looked at an event
	// that was given up on.
	ActionAuditExported  = "audit.exported"
	ActionAuditVerified  = "audit.verified"
	ActionJobRequested   = "job.requested"
	ActionKeysHastened   = "keys.hastened"
	ActionKeyCompromised = "key.compromised"
	ActionLetterSeen     = "dead_letter.seen"
	// An administrator has made an account for somebody, taken the link back, or sent
	// one for another password; somebody has followed one, the first owner's included.
	ActionInvited            = "user.invited"
	ActionInvitationRevoked  = "invitation.revoked"
	ActionInvitationAccepted = "invitation.accepted"
	ActionRecoverySent       = "recovery.sent"
	ActionSetUp              = "administration.set_up"
	// An administrator begins to take in a file of accounts, or ends it before its end;
	// some of its lines are accounts now (ids), or it is over (counts).
	ActionImportBegun     = "import.begun"
	ActionImportCancelled = "import.cancelled"
	ActionImported        = "user.imported"
	// Accounts left in a file: user.exported is a person's own copy.
	ActionAccountsExported = "users.exported"
)

// What happens to applications.
const (
	ActionApplicationCreated  = "application.created"
	ActionApplicationChanged  = "application.changed"
	ActionApplicationDeleted  = "application.deleted"
	ActionApplicationRestored = "application.restored"
	// It differs from what a file declares, and was left so.
	ActionApplicationDrifted = "application.drifted"
	ActionSecretRotated      = "application.secret_rotated"
	ActionOverlapEnded       = "application.overlap_ended"
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

// hash covers every column, each with its length before it, so that text
// cannot move from one column into the next unseen.
func (r row) hash() []byte {
	tenant := ""
	if r.TenantID != nil {
		tenant = r.TenantID.String()
	}
	return digest(
		r.ID.String(), r.At.UTC().Format(time.RFC3339Nano), tenant, r.Action, r.Outcome, r.ActorKind, r.ActorID,
		r.SubjectID, r.ClientID, r.RequestID, r.IP, string(r.Detail),
	)
}

func digest(fields ...string) []byte {
	h := sha256.New()
	for _, field := range fields {
		_ = binary.Write(h, binary.BigEndian, uint64(len(field)))
		_, _ = h.Write([]byte(field))
	}
	return h.Sum(nil)
}
