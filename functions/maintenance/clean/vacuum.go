package clean

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/authway/authway/functions/maintenance/job"
	"github.com/authway/authway/shared/postgres"
)

// Vacuumer looks after the tables themselves. Autovacuum does most of that; what
// it leaves is a weekly freeze of statistics, and telling somebody what has grown
// and what is kept up for nothing.
type Vacuumer struct {
	DB *postgres.DB
	// Owner is the database as the owner of its tables, who alone may vacuum them
	// (PostgreSQL 15), or nil: then the job only reports.
	Owner *postgres.DB
	Log   *slog.Logger
}

// weekly is a little less than a week, as daily is of a day.
const weekly = 7*24*time.Hour - time.Hour

// Job is database.vacuum, once a week.
func (v Vacuumer) Job() job.Job {
	return job.Job{Name: VacuumJob, Deadline: deadline, Do: v.do, Due: func(ctx context.Context, now time.Time) (bool, error) {
		return notWithin(ctx, v.DB, VacuumJob, now, weekly)
	}}
}

func (v Vacuumer) do(ctx context.Context) (string, error) {
	if err := v.report(ctx); err != nil {
		return "", err
	}
	job.Progress(ctx, 1, 2)
	if v.Owner == nil {
		return "reported; DATABASE_OWNER_URL is not set, so that autovacuum alone vacuums", nil
	}
	// A table that somebody has locked is left for autovacuum.
	if _, err := v.Owner.ExecContext(ctx, "VACUUM (ANALYZE, SKIP_LOCKED)"); err != nil {
		return "", fmt.Errorf("clean: vacuum: %w", err)
	}
	job.Progress(ctx, 2, 2)
	return "vacuumed", nil
}

// What is worth telling: a table whose dead rows are many, and an index that is
// large, is not there for uniqueness, and has not been read since the statistics
// were begun.
const (
	bloated = `SELECT relname || ' has ' || n_dead_tup || ' dead rows beside ' || n_live_tup
		FROM pg_stat_user_tables WHERE n_dead_tup > 10000 AND n_dead_tup > n_live_tup / 5 ORDER BY n_dead_tup DESC LIMIT 20`
	unused = `SELECT s.indexrelname || ' on ' || s.relname || ' is not used and takes ' || pg_size_pretty(pg_relation_size(s.indexrelid))
		FROM pg_stat_user_indexes s JOIN pg_index i ON i.indexrelid = s.indexrelid
		WHERE s.idx_scan = 0 AND NOT i.indisunique AND pg_relation_size(s.indexrelid) > 10485760 ORDER BY 1 LIMIT 20`
)

func (v Vacuumer) report(ctx context.Context) error {
	for _, question := range []string{bloated, unused} {
		rows, err := v.DB.QueryContext(ctx, question)
		if err != nil {
			return fmt.Errorf("clean: report: %w", err)
		}
		defer rows.Close()
		var found []string
		for rows.Next() {
			var line string
			if err := rows.Scan(&line); err != nil {
				return fmt.Errorf("clean: report: %w", err)
			}
			found = append(found, line)
		}
		if err := rows.Err(); err != nil {
			return fmt.Errorf("clean: report: %w", err)
		}
		if len(found) > 0 {
			v.Log.WarnContext(ctx, "database", "job", VacuumJob, "found", strings.Join(found, "; "))
		}
	}
	return nil
}
