package publish

import (
	"embed"
	"slices"

	"github.com/authway/authway/shared/audit"
	"github.com/authway/authway/shared/events"
	"github.com/authway/authway/shared/outbox"
)

// Schemas are the JSON Schemas of what types carry, and Examples one event of each
// type in the structured mode: NAME.v1.json.
var (
	//go:embed schemas
	Schemas embed.FS
	//go:embed examples
	Examples embed.FS
)

// Entry is one kind of audit event that is published, and as what.
type Entry struct {
	// Name, behind the prefix of all types and before the version, is the type. A
	// name is never given another meaning; what it carries only grows.
	Name            string
	Action, Outcome string
	// detail names the fields of the audit event's detail that leave, and under what
	// name; words are those that hold several words and leave as a list.
	detail map[string]string
	words  []string
	// kind is what the field kind says when the detail does not.
	kind string
}

// passkey is the kind of factor that the audit log has actions of its own for.
const passkey = "passkey"

// version is the version of all types so far.
const version = ".v1"

// Type is the event's type.
func (e Entry) Type() string { return events.Prefix + e.Name + version }

var (
	ofProof   = map[string]string{"proved_by": "provedBy"}
	ofSession = map[string]string{"session": "session"}
	ofSignIn  = map[string]string{"session": "session", "methods": "methods"}
	methods   = []string{"methods"}
	ofFactor  = map[string]string{"kind": "kind"}
	ofPasskey = map[string]string{"passkey": "passkey"}
	ofOther   = map[string]string{"provider": "provider"}
)

// Catalogue is everything that is published. What is internal is left out: codes
// that were mailed and shown, keys that were used, tokens, exports.
var Catalogue = []Entry{
	{Name: "user.registered", Action: audit.ActionRegistered, Outcome: audit.Success,
		detail: map[string]string{"proved_by": "provedBy", "provider": "provider"}},
	{Name: "user.changed", Action: audit.ActionProfileChanged, Outcome: audit.Success},
	{Name: "user.leaving", Action: audit.ActionLeaving, Outcome: audit.Success, detail: map[string]string{"until": "until"}},
	{Name: "user.stayed", Action: audit.ActionStayed, Outcome: audit.Success},
	{Name: "user.purged", Action: audit.ActionPurged, Outcome: audit.Success},
	{Name: "email.changed", Action: audit.ActionEmailChanged, Outcome: audit.Success, detail: ofProof},
	{Name: "login.succeeded", Action: audit.ActionSignedIn, Outcome: audit.Success, detail: ofSignIn, words: methods},
	{Name: "login.failed", Action: audit.ActionSignInFailed, Outcome: audit.Failure, detail: map[string]string{"reason": "reason"}},
	{Name: "login.disowned", Action: audit.ActionDisowned, Outcome: audit.Success, detail: map[string]string{"event": "event"}},
	{Name: "session.stepped_up", Action: audit.ActionSteppedUp, Outcome: audit.Success, detail: ofSignIn, words: methods},
	{Name: "session.ended", Action: audit.ActionSignedOut, Outcome: audit.Success, detail: ofSession},
	{Name: "consent.granted", Action: audit.ActionConsentGranted, Outcome: audit.Success},
	{Name: "consent.revoked", Action: audit.ActionConsentRevoked, Outcome: audit.Success},
	{Name: "password.changed", Action: audit.ActionPasswordChanged, Outcome: audit.Success, detail: ofProof},
	{Name: "password.removed", Action: audit.ActionPasswordRemoved, Outcome: audit.Success},
	{Name: "factor.added", Action: audit.ActionFactorAdded, Outcome: audit.Success, detail: ofFactor},
	{Name: "factor.added", Action: audit.ActionPasskeyAdded, Outcome: audit.Success, detail: ofPasskey, kind: passkey},
	{Name: "factor.removed", Action: audit.ActionFactorRemoved, Outcome: audit.Success, detail: ofFactor},
	{Name: "factor.removed", Action: audit.ActionPasskeyRemoved, Outcome: audit.Success, detail: ofPasskey, kind: passkey},
	{Name: "factor.refused", Action: audit.ActionFactorRefused, Outcome: audit.Failure,
		detail: map[string]string{"kind": "kind", "reason": "reason"}},
	{Name: "factor.refused", Action: audit.ActionPasskeyRefused, Outcome: audit.Failure,
		detail: map[string]string{"passkey": "passkey", "reason": "reason"}, kind: passkey},
	{Name: "identity.linked", Action: audit.ActionIdentityLinked, Outcome: audit.Success, detail: ofOther},
	{Name: "identity.unlinked", Action: audit.ActionIdentityUnlinked, Outcome: audit.Success, detail: ofOther},
	{Name: "key.rotated", Action: audit.ActionKeyTurned, Outcome: audit.Success,
		detail: map[string]string{"kid": "key", "set": "set", "state": "state"}},
}

// kinds are what is collected.
func kinds() []outbox.Kind {
	all := make([]outbox.Kind, len(Catalogue))
	for i, e := range Catalogue {
		all[i] = outbox.Kind{Action: e.Action, Outcome: e.Outcome}
	}
	return all
}

func entryOf(e audit.Found) (Entry, bool) {
	i := slices.IndexFunc(Catalogue, func(known Entry) bool { return known.Action == e.Action && known.Outcome == e.Outcome })
	if i < 0 {
		return Entry{}, false
	}
	return Catalogue[i], true
}
