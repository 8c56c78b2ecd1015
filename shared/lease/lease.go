// Package lease lets one process at a time do a job. A lease is a row with a
// holder and an end; a process that dies loses it when it runs out.
//
// Whoever comes while a lease is held goes away and leaves a note, and the
// holder looks again before it lets go. So nothing waits for a lease, and no
// knock that came too late for the work under way is lost.
//
// A lease is a matter of economy and not a lock: a process that was stopped for
// longer than its lease does not know that it has lost it. What must not happen
// twice is guarded by the rows that are worked on.
package lease

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"github.com/authway/authway/shared/clock"
)

// Store keeps leases in PostgreSQL.
type Store struct {
	DB    *bun.DB
	Clock clock.Clock
}

// Lease is a job that this process may do.
type Lease struct {
	job    string
	holder uuid.UUID
}

// rounds bounds how often Take starts again because the holder has just let go.
const rounds = 5

// Take gets the lease of a job for a while. When it is somebody else's, they
// are asked to look again and held is true.
func (s Store) Take(ctx context.Context, job string, while time.Duration) (l Lease, held bool, err error) {
	l = Lease{job: job, holder: uuid.New()}
	for range rounds {
		now := s.Clock.Now()
		taken, err := changed(s.DB.NewRaw(`
			INSERT INTO leases (job, holder, until) VALUES (?, ?, ?)
			ON CONFLICT (job) DO UPDATE SET holder = excluded.holder, until = excluded.until, asked = false
			WHERE leases.until <= ?`, job, l.holder, now.Add(while), now).Exec(ctx))
		if err != nil || taken {
			return l, false, err
		}
		asked, err := changed(s.DB.NewRaw(
			"UPDATE leases SET asked = true WHERE job = ? AND until > ?", job, now).Exec(ctx))
		if err != nil || asked {
			return Lease{}, true, err
		}
	}
	return Lease{}, true, nil
}

// Renew extends the lease, or reports that it has been lost.
func (s Store) Renew(ctx context.Context, l Lease, while time.Duration) (kept bool, err error) {
	return changed(s.DB.NewRaw("UPDATE leases SET until = ? WHERE job = ? AND holder = ?",
		s.Clock.Now().Add(while), l.job, l.holder).Exec(ctx))
}

// Release ends the lease, unless somebody has asked in the meantime: then it is
// kept, the note is taken down, and again is true.
func (s Store) Release(ctx context.Context, l Lease) (again bool, err error) {
	released, err := changed(s.DB.NewRaw("UPDATE leases SET until = ? WHERE job = ? AND holder = ? AND NOT asked",
		s.Clock.Now(), l.job, l.holder).Exec(ctx))
	if err != nil || released {
		return false, err
	}
	return changed(s.DB.NewRaw("UPDATE leases SET asked = false WHERE job = ? AND holder = ? AND asked",
		l.job, l.holder).Exec(ctx))
}

// Drop ends the lease whoever has asked.
func (s Store) Drop(ctx context.Context, l Lease) error {
	_, err := changed(s.DB.NewRaw("UPDATE leases SET until = ? WHERE job = ? AND holder = ?",
		s.Clock.Now(), l.job, l.holder).Exec(ctx))
	return err
}

func changed(result sql.Result, err error) (bool, error) {
	if err != nil {
		return false, fmt.Errorf("lease: %w", err)
	}
	n, err := result.RowsAffected()
	return n > 0, err
}
