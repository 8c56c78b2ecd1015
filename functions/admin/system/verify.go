package system

import (
	"context"
	"strconv"
	"time"

	"github.com/authway/authway/functions/admin/access"
	"github.com/authway/authway/shared/audit"
	"github.com/authway/authway/shared/postgres"
)

const (
	// longest is how much of the log is held against its hashes, or taken away, at once.
	longest = 31 * 24 * time.Hour
	// verified is how many rows a call looks at: some seconds' work.
	verified = 200_000
)

// between are the times that are given, or the last 31 days.
func between(from, to, now time.Time) (time.Time, time.Time, error) {
	switch {
	case to.IsZero() && from.IsZero():
		to = now
		from = to.Add(-longest)
	case to.IsZero():
		to = from.Add(longest)
	case from.IsZero():
		from = to.Add(-longest)
	}
	if !to.After(from) || to.Sub(from) > longest {
		return from, to, errTimes
	}
	return from, to, nil
}

// VerifyAudit holds the log against its hashes. That somebody did is written down
// before they learn what was found.
func (a *API) VerifyAudit(ctx context.Context, r VerifyAuditRequestObject) (VerifyAuditResponseObject, error) {
	from, to, err := between(r.Body.From.UTC(), r.Body.To.UTC(), a.Clock.Now())
	if err != nil {
		return nil, err
	}
	found, err := audit.Verify(ctx, a.DB, from, to, access.Given(r.Body.Cursor), verified)
	if err != nil {
		return nil, err
	}
	err = postgres.InTx(ctx, a.DB, func(ctx context.Context, tx postgres.IDB) error {
		return access.Record(ctx, tx, a.Clock.Now(), access.Change{
			Action: audit.ActionAuditVerified, Reason: access.Given(r.Body.Reason), More: map[string]string{
				"from": from.Format(time.RFC3339), "to": to.Format(time.RFC3339),
				"rows": strconv.FormatInt(found.Rows, 10), "changed": strconv.Itoa(len(found.Changed)),
			},
		})
	})
	if err != nil {
		return nil, err
	}
	answer := VerifyAudit200JSONResponse{Rows: found.Rows, Changed: []AuditChanged{}, Next: found.Next}
	for _, c := range found.Changed {
		answer.Changed = append(answer.Changed, AuditChanged{ID: c.ID, At: c.At})
	}
	return answer, nil
}
