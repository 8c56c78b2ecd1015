package restore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/authway/authway/functions/maintenance/backup/wal"
	"github.com/authway/authway/shared/postgres"
)

// poll is how often the server is asked whether it has come to the end.
const poll = 100 * time.Millisecond

// replay lets the server replay the WAL, asks it how far it came, and stops it.
func (r *restoration) replay(ctx context.Context, to *Result) error {
	s, err := r.start()
	if err != nil {
		return err
	}
	defer s.abandon()
	db, err := r.promoted(ctx, s)
	if err != nil {
		return err
	}
	err = errors.Join(question(ctx, db, to), db.Close())
	if err != nil {
		return fmt.Errorf("restore: the recovered server does not answer: %w", err)
	}
	if to.System != r.plan.Backup.System {
		return fmt.Errorf("restore: the recovered cluster is %s, and the base backup said %s",
			to.System, r.plan.Backup.System)
	}
	if err := s.stop(ctx); err != nil {
		return err
	}
	return r.tidy()
}

// tidy leaves nothing behind of how the cluster was recovered: what the server's
// command line was would be used again by pg_ctl restart.
func (r *restoration) tidy() error {
	if err := os.Remove(filepath.Join(r.To, "postmaster.opts")); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if _, err := os.Stat(filepath.Join(r.To, recoverySignal)); !errors.Is(err, fs.ErrNotExist) {
		return errors.Join(fmt.Errorf("restore: the server stopped before the recovery was at its end: %s is still there", recoverySignal), err)
	}
	return flush(r.To)
}

// promoted waits for the end of the recovery, which is when the server lets
// somebody in. The database is one that every cluster has.
func (r *restoration) promoted(ctx context.Context, s *server) (*postgres.DB, error) {
	db, err := s.connect(r.plan.Backup.Superuser, "template1")
	if err != nil {
		return nil, err
	}
	start, end := r.plan.Backup.Start, r.plan.Segments[len(r.plan.Segments)-1].End()
	tick := time.NewTicker(poll)
	defer tick.Stop()
	for {
		err := postgres.Ping(ctx, db)
		switch {
		case err == nil:
			return db, nil
		case !postgres.Unreachable(err):
			return nil, errors.Join(fmt.Errorf("restore: the recovered server lets nobody in: %w", err), db.Close())
		}
		if at, ok := s.replayed(); ok && at > start {
			r.Progress(StageRecovery, int64(min(at, end)-start), int64(end-start))
		}
		select {
		case <-tick.C:
		case <-s.done:
			return nil, errors.Join(s.ended(), db.Close())
		case <-ctx.Done():
			return nil, errors.Join(context.Cause(ctx), db.Close())
		}
	}
}

// connect makes a pool of one connection to a database of the server.
func (s *server) connect(role, database string) (*postgres.DB, error) {
	quoted := strings.NewReplacer(`\`, `\\`, `'`, `\'`)
	return postgres.Open(postgres.Config{
		URL: fmt.Sprintf("host='%s' port=%s user='%s' dbname='%s' sslmode=disable",
			quoted.Replace(s.home), port, quoted.Replace(role), quoted.Replace(database)),
		MaxConns: 1,
	})
}

const questions = `SELECT (SELECT system_identifier::text FROM pg_control_system()), pg_last_xact_replay_timestamp(),
 substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8)`

const sizes = `SELECT datname, pg_database_size(oid) FROM pg_database WHERE NOT datistemplate ORDER BY datname`

// question asks the recovered server what it has become.
func question(ctx context.Context, db *postgres.DB, to *Result) error {
	var last *time.Time
	var timeline string
	err := db.QueryRowContext(ctx, questions).Scan(&to.System, &last, &timeline)
	if err != nil {
		return err
	}
	if last != nil {
		to.LastCommit = last.UTC()
	}
	number, err := strconv.ParseUint(timeline, 16, 32)
	if err != nil {
		return err
	}
	to.Timeline = wal.Timeline(number)
	rows, err := db.QueryContext(ctx, sizes)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var d Database
		if err := rows.Scan(&d.Name, &d.Bytes); err != nil {
			return err
		}
		to.Databases = append(to.Databases, d)
	}
	return rows.Err()
}
