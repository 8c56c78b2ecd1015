package access

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"time"

	"github.com/google/uuid"

	"github.com/authway/authway/shared/audit"
	"github.com/authway/authway/shared/postgres"
)

// Details of the record of a change. Before and After hold JSON objects with the
// fields that differ; Object is the id of what is neither an account nor a client.
const (
	DetailReason = "reason"
	DetailObject = "object"
	DetailBefore = "before"
	DetailAfter  = "after"
)

// Change is something that an administrator has done.
type Change struct {
	// Action is one of package audit's.
	Action string
	// Tenant is uuid.Nil for what belongs to none.
	Tenant uuid.UUID
	// Subject is the account that it was done to, Client the application, Object
	// anything else, each by its id and each if there is one.
	Subject, Client, Object string
	// Reason is the caller's own.
	Reason string
	// Before and After are what it was and what it is: structs or maps that become JSON
	// objects, or nil. They hold nothing secret, and no e-mail address (see package audit).
	Before, After any
	// More are further details.
	More map[string]string
}

// Record writes the change down within the transaction that makes it. What Hydra is
// told happens inside of that transaction, after the record: if the record fails,
// Hydra is not told.
func Record(ctx context.Context, tx postgres.IDB, now time.Time, c Change) error {
	e := From(ctx).Event(c.Tenant, c.Action)
	e.SubjectID, e.ClientID = c.Subject, c.Client
	e.Detail = map[string]string{}
	maps.Copy(e.Detail, c.More)
	before, after, err := differ(c.Before, c.After)
	if err != nil {
		return fmt.Errorf("access: record of %s: %w", c.Action, err)
	}
	for name, text := range map[string]string{DetailReason: c.Reason, DetailObject: c.Object, DetailBefore: before, DetailAfter: after} {
		if text != "" {
			e.Detail[name] = text
		}
	}
	return audit.Append(ctx, tx, now, e)
}

// differ gives the two as JSON objects, without what is the same in both.
func differ(before, after any) (was, is string, err error) {
	b, err := fields(before)
	if err != nil {
		return "", "", err
	}
	a, err := fields(after)
	if err != nil {
		return "", "", err
	}
	for name, value := range b {
		if other, ok := a[name]; ok && reflect.DeepEqual(value, other) {
			delete(a, name)
			delete(b, name)
		}
	}
	if was, err = text(b); err != nil {
		return "", "", err
	}
	is, err = text(a)
	return was, is, err
}

func fields(v any) (map[string]any, error) {
	if v == nil {
		return nil, nil
	}
	encoded, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	var object map[string]any
	if err := json.Unmarshal(encoded, &object); err != nil {
		return nil, err
	}
	return object, nil
}

func text(object map[string]any) (string, error) {
	if len(object) == 0 {
		return "", nil
	}
	encoded, err := json.Marshal(object)
	return string(encoded), err
}
