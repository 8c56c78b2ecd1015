package token

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/authway/authway/shared/client"
	"github.com/authway/authway/shared/clock"
	"github.com/authway/authway/shared/problem"
)

const (
	// notedFor is how long a client's use is not written down again.
	notedFor = 10 * time.Minute
	// maxNoted bounds what a process remembers of that. Above it, it forgets all.
	maxNoted = 20_000
	// maxNotes bounds the records under way: whoever comes meanwhile is recorded later.
	maxNotes   = 4
	noteWithin = 5 * time.Second
)

// used writes down when clients got tokens, behind the answers of the hooks: nobody
// waits for it, and nothing fails with it.
type used struct {
	store client.Usage
	clock clock.Clock
	log   *slog.Logger

	mu    sync.Mutex
	noted map[string]time.Time
	under int
	all   sync.WaitGroup
}

// note says that a client of the tenant got a token.
func (u *used) note(tenantID uuid.UUID, id string) {
	now := u.clock.Now()
	if id == "" || !u.due(id, now) {
		return
	}
	u.all.Go(func() {
		ctx, cancel := context.WithTimeout(context.Background(), noteWithin)
		defer cancel()
		err := u.store.Note(ctx, tenantID, id, now)
		u.mu.Lock()
		defer u.mu.Unlock()
		u.under--
		if err != nil {
			delete(u.noted, id)
			u.log.WarnContext(ctx, "last use", "client_id", id, "error", problem.Redact(err.Error()))
		}
	})
}

func (u *used) due(id string, now time.Time) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	if at, known := u.noted[id]; known && now.Sub(at) < notedFor || u.under >= maxNotes {
		return false
	}
	if u.noted == nil || len(u.noted) >= maxNoted {
		u.noted = map[string]time.Time{}
	}
	u.noted[id] = now
	u.under++
	return true
}

// wait is for those that are under way.
func (u *used) wait() { u.all.Wait() }
