package system

import (
	"context"
	"strings"

	"github.com/authway/authway/shared/journal"
	"github.com/authway/authway/shared/recovery"
)

// drills is how many restores for practice are shown, the last ones.
const drills = 20

// Jobs whose success says that what was written before they began is in the storage.
const (
	backups         = "backup."
	fullBackup      = "backup.full"
	incrementalCopy = "backup.incremental"
)

// ListBackups is how they went.
func (a *API) ListBackups(ctx context.Context, _ ListBackupsRequestObject) (ListBackupsResponseObject, error) {
	var names []string
	for _, w := range journal.Catalogue {
		if strings.HasPrefix(w.Name, backups) {
			names = append(names, w.Name)
		}
	}
	last, success, err := journal.Runs{DB: a.DB}.Latest(ctx, names)
	if err != nil {
		return nil, err
	}
	answer := ListBackups200JSONResponse{Kinds: []BackupKind{}, Drills: []Drill{}}
	for _, name := range names {
		answer.Kinds = append(answer.Kinds, BackupKind{Job: name, Last: showLast(last, name), Success: showLast(success, name)})
	}
	for _, name := range []string{fullBackup, incrementalCopy} {
		if r, ok := success[name]; ok && (answer.RestorableUntil == nil || r.StartedAt.After(*answer.RestorableUntil)) {
			answer.RestorableUntil = &r.StartedAt
		}
	}
	done, err := recovery.Drills{DB: a.DB}.Latest(ctx, drills)
	for _, d := range done {
		answer.Drills = append(answer.Drills, Drill{
			ID: d.ID, StartedAt: d.StartedAt, FinishedAt: d.FinishedAt, Succeeded: d.Succeeded, Target: d.Target, Backup: d.Backup,
			RpoSeconds: d.RPOSeconds, RtoSeconds: d.RTOSeconds, Summary: d.Summary,
		})
	}
	return answer, err
}
