package clean

import (
	"context"
	"fmt"
	"time"

	"github.com/authway/authway/functions/maintenance/job"
	"github.com/authway/authway/shared/account"
	"github.com/authway/authway/shared/audit"
	"github.com/authway/authway/shared/clock"
	"github.com/authway/authway/shared/hydra"
	"github.com/authway/authway/shared/postgres"
)

// purges is how many accounts are looked for at once.
const purges = 100

// Purger removes accounts whose grace is over.
type Purger struct {
	DB    *postgres.DB
	Hydra *hydra.Client
	Clock clock.Clock
}

// Job is accounts.purge.
func (p Purger) Job() job.Job {
	return job.Job{Name: AccountsJob, Deadline: deadline, Due: p.due, Do: p.do}
}

func (p Purger) due(ctx context.Context, now time.Time) (bool, error) {
	gone, err := account.Store{DB: p.DB}.Leaving(ctx, now, 1)
	return len(gone) > 0, err
}

func (p Purger) do(ctx context.Context) (string, error) {
	removed := 0
	for {
		gone, err := account.Store{DB: p.DB}.Leaving(ctx, p.Clock.Now(), purges)
		if err != nil || len(gone) == 0 {
			return fmt.Sprintf("removed %d accounts", removed), err
		}
		for _, u := range gone {
			if err := p.purge(ctx, u); err != nil {
				return fmt.Sprintf("removed %d accounts", removed), err
			}
			removed++
		}
	}
}

// purge has Hydra forget the person first: once the account is gone, nobody knows
// any more that there was something to forget. What the audit log says of them
// names their id alone, and stays.
func (p Purger) purge(ctx context.Context, u account.User) error {
	if err := p.Hydra.RevokeAll(ctx, u.ID.String()); err != nil {
		return err
	}
	return postgres.InTx(ctx, p.DB, func(ctx context.Context, tx postgres.IDB) error {
		now := p.Clock.Now()
		purged, err := account.Store{DB: tx}.Purge(ctx, u.ID)
		if err != nil || !purged {
			return err
		}
		return audit.Append(ctx, tx, now, audit.Event{
			TenantID: u.TenantID, Action: audit.ActionPurged, Outcome: audit.Success,
			ActorKind: audit.ActorSystem, ActorID: AccountsJob, SubjectID: u.ID.String(),
		})
	})
}
