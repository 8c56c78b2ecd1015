package clean

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/authway/authway/functions/maintenance/job"
	"github.com/authway/authway/shared/clock"
	"github.com/authway/authway/shared/postgres"
)

// hydraTable is one of Hydra's tables and which of its rows are over. The rows are
// called r; ? is a moment, before which they have to lie. Hydra keeps times
// without a zone, in UTC.
type hydraTable struct {
	name, key, over string
	keep            time.Duration
}

// unreferenced spares what living tokens hang on: removing a flow removes them.
const unreferenced = ` AND NOT EXISTS (SELECT FROM hydra_oauth2_access t WHERE t.challenge_id = r.consent_challenge_id)
	AND NOT EXISTS (SELECT FROM hydra_oauth2_refresh t WHERE t.challenge_id = r.consent_challenge_id)`

// counts is which consents Hydra looks at when it decides whether to ask again.
func counts(flow string) string {
	return "(" + flow + ".consent_remember AND NOT " + flow + ".consent_skip AND coalesce(" + flow + ".consent_error, '{}') IN ('{}', ''))"
}

// hydraTables are cleaned in this order: tokens before the flows that they hang
// on, flows before the sessions that they were made in.
var hydraTables = []hydraTable{
	// A refresh token that was used stays until it would have expired: to be shown it
	// again is how its theft is found out.
	{"hydra_oauth2_access", "signature", "coalesce(r.expires_at, r.requested_at + interval '30 days') < ?", time.Hour},
	{"hydra_oauth2_refresh", "signature", "(r.expires_at < ? OR r.expires_at IS NULL AND NOT r.active)", time.Hour},
	{"hydra_oauth2_code", "signature", "r.requested_at < ?", 24 * time.Hour},
	{"hydra_oauth2_pkce", "signature", "r.requested_at < ?", 24 * time.Hour},
	{"hydra_oauth2_oidc", "signature", "r.requested_at < ?", 24 * time.Hour},
	{"hydra_oauth2_jti_blacklist", "signature", "r.expires_at < ?", time.Hour},
	{"hydra_oauth2_logout_request", "challenge", "r.requested_at < ? OR r.requested_at IS NULL AND (r.was_used OR r.rejected)", 24 * time.Hour},
	// A consent that is not remembered, was skipped or was refused says nothing beyond
	// its tokens. Of those that count the first tells since when and the last what; one
	// between them is over when the next has the same scopes. One that has others
	// stays: without it, Hydra would go by what was granted before it.
	{"hydra_oauth2_flow", "login_challenge", `r.requested_at < ? AND (NOT ` + counts("r") + ` OR
		EXISTS (SELECT FROM hydra_oauth2_flow o WHERE o.subject = r.subject AND o.client_id = r.client_id AND o.nid = r.nid
			AND ` + counts("o") + ` AND o.requested_at < r.requested_at)
		AND EXISTS (SELECT FROM hydra_oauth2_flow y WHERE y.subject = r.subject AND y.client_id = r.client_id AND y.nid = r.nid
			AND ` + counts("y") + ` AND y.requested_at > r.requested_at
			AND y.granted_scope @> r.granted_scope AND y.granted_scope <@ r.granted_scope))` + unreferenced, 24 * time.Hour},
	// Authway's session, which it stands for, lasts no longer than 30 days.
	{"hydra_oauth2_authentication_session", "id", `coalesce(r.authenticated_at, '-infinity') < ?
		AND NOT EXISTS (SELECT FROM hydra_oauth2_flow f WHERE f.login_session_id = r.id AND f.nid = r.nid)`, 31 * 24 * time.Hour},
}

// HydraCleaner removes what Hydra leaves behind.
type HydraCleaner struct {
	// DB is Authway's database, for the record of runs; Hydra is Hydra's, or nil.
	DB, Hydra *postgres.DB
	Clock     clock.Clock
	Rest      func(context.Context, time.Duration)
}

// Job is hydra.clean, once a day.
func (h HydraCleaner) Job() job.Job {
	due := onceADay(h.DB, HydraJob)
	return job.Job{Name: HydraJob, Deadline: deadline, Do: h.do, Due: func(ctx context.Context, now time.Time) (bool, error) {
		if h.Hydra == nil {
			return false, nil
		}
		return due(ctx, now)
	}}
}

func (h HydraCleaner) do(ctx context.Context) (string, error) {
	var said []string
	for i, t := range hydraTables {
		job.Progress(ctx, int64(i), int64(len(hydraTables)))
		n, err := h.walk(ctx, t)
		said = append(said, fmt.Sprintf("%d of %s", n, t.name))
		if err != nil {
			return summary(said), fmt.Errorf("clean: %s: %w", t.name, err)
		}
	}
	job.Progress(ctx, 1, 1)
	return summary(said), nil
}

// walk goes through a table once, by its key, Batch rows at a time: most of what
// has to be asked has no index, and one statement must not read a whole table.
func (h HydraCleaner) walk(ctx context.Context, t hydraTable) (total int64, err error) {
	before := h.Clock.Now().UTC().Add(-t.keep).Format("2006-01-02 15:04:05")
	statement := fmt.Sprintf(`WITH part AS (SELECT %[2]s FROM %[1]s WHERE %[2]s > ? ORDER BY %[2]s LIMIT %[4]d),
		gone AS (DELETE FROM %[1]s r USING part WHERE r.%[2]s = part.%[2]s AND (%[3]s) RETURNING 1)
		SELECT coalesce(max(%[2]s), ''), count(*), (SELECT count(*) FROM gone) FROM part`, t.name, t.key, t.over, Batch)
	for last := ""; ; {
		began := h.Clock.Now()
		var seen, gone int64
		if err := h.Hydra.QueryRowContext(ctx, statement, last, before).Scan(&last, &seen, &gone); err != nil {
			return total, err
		}
		if total += gone; seen < Batch {
			return total, nil
		}
		h.Rest(ctx, h.Clock.Now().Sub(began))
		if err := ctx.Err(); err != nil {
			return total, errors.Join(context.Cause(ctx), err)
		}
	}
}
