package publish

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/authway/authway/shared/audit"
	"github.com/authway/authway/shared/events"
)

// ErrUnpublished says that events of that kind are not published: an older
// release has collected it.
var ErrUnpublished = errors.New("publish: not in the catalogue")

// partitionKey is the CloudEvents extension for partitioned logs: what has the
// same key stays in order.
const partitionKey = "partitionkey"

// Fact is e as it leaves, about subject, with the extensions of a deployment.
func Fact(e audit.Found, subject string, extensions map[string]string) (events.Fact, error) {
	entry, ok := entryOf(e)
	if !ok {
		return events.Fact{}, ErrUnpublished
	}
	data, err := json.Marshal(entry.data(e))
	if err != nil {
		return events.Fact{}, err
	}
	f := events.Fact{
		ID: e.ID.String(), Source: source(e.TenantID), Type: entry.Type(), Subject: subject, Time: e.At,
		Extensions: map[string]string{partitionKey: subject}, Data: data,
	}
	maps.Copy(f.Extensions, extensions)
	return f, nil
}

// source is the tenant's, by its id: a slug may be changed between two attempts,
// and the second would be another event.
func source(tenant uuid.UUID) string {
	if tenant == uuid.Nil {
		return events.Source
	}
	return events.Source + "/tenants/" + tenant.String()
}

// data is what the event carries.
func (e Entry) data(of audit.Found) map[string]any {
	actor := map[string]any{"kind": of.ActorKind}
	put(actor, "id", of.ActorID)
	d := map[string]any{"outcome": of.Outcome, "actor": actor}
	if of.TenantID != uuid.Nil {
		d["tenant"] = of.TenantID.String()
	}
	if e.kind != "" {
		d["kind"] = e.kind
	}
	put(d, "account", of.SubjectID)
	put(d, "client", of.ClientID)
	for name, field := range e.detail {
		if slices.Contains(e.words, name) {
			d[field] = strings.Fields(of.Detail[name])
			continue
		}
		put(d, field, of.Detail[name])
	}
	return d
}

// put leaves out what is not known.
func put(in map[string]any, name, value string) {
	if value != "" {
		in[name] = value
	}
}
