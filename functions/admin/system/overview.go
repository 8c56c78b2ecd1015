package system

import (
	"context"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/authway/authway/functions/admin/access"
	"github.com/authway/authway/shared/audit"
	"github.com/authway/authway/shared/journal"
	"github.com/authway/authway/shared/outbox"
	"github.com/authway/authway/shared/session"
)

const (
	// hour is how many minutes an overview has.
	hour = 60
	// pointEvery is how often it changes.
	pointEvery = 5 * time.Second
	// newMinutes is how many of them a stream sends: those that may still change.
	newMinutes = 3
	// counted is how far is counted what may be millions.
	counted = 10_000
	// recount is how often sessions are counted.
	recount = 30 * time.Second
	// partTime bounds how long a part is waited for.
	partTime = time.Second
	// mailServer is what the sweep calls the part that it asks, sweepLate how old its word
	// may be, and mailLate how long mail may wait.
	mailServer = "smtp"
	sweepLate  = 15 * time.Minute
	mailLate   = 10 * time.Minute
	// unwatched is how long what nobody looks at is kept.
	unwatched = 10 * time.Minute
)

// boards are what is known of the last hour, one for each tenant that somebody looks at
// and one for all. However many look, it is asked for once.
type boards struct {
	mu sync.Mutex
	of map[uuid.UUID]*board
}

type board struct {
	mu      sync.Mutex
	shown   Overview
	at      time.Time
	minutes map[time.Time][]audit.SignIns
	counted time.Time
	// touched is guarded by the boards' lock.
	touched time.Time
}

func (b *boards) get(of uuid.UUID, now time.Time) *board {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.of == nil {
		b.of = map[uuid.UUID]*board{}
	}
	for id, one := range b.of {
		if now.Sub(one.touched) > unwatched {
			delete(b.of, id)
		}
	}
	one := b.of[of]
	if one == nil {
		one = &board{minutes: map[time.Time][]audit.SignIns{}}
		b.of[of] = one
	}
	one.touched = now
	return one
}

// GetOverview is the last hour of the installation.
func (a *API) GetOverview(ctx context.Context, _ GetOverviewRequestObject) (GetOverviewResponseObject, error) {
	o, err := a.overview(ctx, uuid.Nil)
	return GetOverview200JSONResponse(o), err
}

// GetOverviewOfTenant is the last hour of the tenant.
func (a *API) GetOverviewOfTenant(ctx context.Context, _ GetOverviewOfTenantRequestObject) (GetOverviewOfTenantResponseObject, error) {
	o, err := a.overview(ctx, access.Tenant(ctx).ID)
	return GetOverviewOfTenant200JSONResponse(o), err
}

// FollowOverview goes on with it.
func (a *API) FollowOverview(ctx context.Context, r FollowOverviewRequestObject) (FollowOverviewResponseObject, error) {
	return a.points(ctx, uuid.Nil, r.Params.Seconds), nil
}

// FollowOverviewOfTenant goes on with the tenant's.
func (a *API) FollowOverviewOfTenant(ctx context.Context, r FollowOverviewOfTenantRequestObject) (FollowOverviewOfTenantResponseObject, error) {
	return a.points(ctx, access.Tenant(ctx).ID, r.Params.Seconds), nil
}

func (a *API) points(ctx context.Context, of uuid.UUID, seconds *int) answer {
	return a.listen(ctx, seconds, func(ctx context.Context, l *live) error {
		for {
			o, err := a.overview(ctx, of)
			if err != nil {
				return err
			}
			o.Minutes = o.Minutes[len(o.Minutes)-newMinutes:]
			if err := l.send("overview", "", o); err != nil || !rest(ctx, pointEvery) {
				return err
			}
		}
	})
}

// overview is what was found a moment ago, or finds it.
func (a *API) overview(ctx context.Context, of uuid.UUID) (Overview, error) {
	now := a.Clock.Now()
	b := a.boards.get(of, now)
	b.mu.Lock()
	defer b.mu.Unlock()
	// A little less than the beat of a stream, so that each of its points is a new one.
	if !b.at.IsZero() && now.Sub(b.at) < pointEvery*9/10 {
		return b.shown, nil
	}
	o := Overview{At: now}
	if err := a.signIns(ctx, b, of, now, &o); err != nil {
		return Overview{}, err
	}
	if o.Sessions = b.shown.Sessions; now.Sub(b.counted) >= recount {
		n, err := session.Living(ctx, a.DB, of, now, counted)
		if err != nil {
			return Overview{}, err
		}
		o.Sessions, b.counted = bounded(n), now
	}
	if tokens, err := a.Tokens.Last(ctx, of, now, hour); err == nil {
		for i := range o.Minutes {
			o.Minutes[i].Tokens = tokens[i]
		}
	}
	if of == uuid.Nil {
		if err := a.installation(ctx, now, &o); err != nil {
			return Overview{}, err
		}
	}
	b.shown, b.at = o, now
	return o, nil
}

func bounded(n int64) OverviewCount { return OverviewCount{Count: min(n, counted), More: n > counted} }

// signIns asks for the minutes that may have changed since the last time: an event
// comes at most audit.Late behind its time.
func (a *API) signIns(ctx context.Context, b *board, of uuid.UUID, now time.Time, o *Overview) error {
	first := now.UTC().Truncate(time.Minute).Add(-(hour - 1) * time.Minute)
	since := first
	if changing := b.at.Add(-audit.Late).UTC().Truncate(time.Minute); changing.After(since) {
		since = changing
	}
	found, err := audit.SignInsSince(ctx, a.DB, of, since)
	if err != nil {
		return err
	}
	for minute := range b.minutes {
		if minute.Before(first) || !minute.Before(since) {
			delete(b.minutes, minute)
		}
	}
	for _, s := range found {
		at := s.Minute.UTC()
		b.minutes[at] = append(b.minutes[at], s)
	}
	var all []audit.SignIns
	for i := range hour {
		at := first.Add(time.Duration(i) * time.Minute)
		o.Minutes = append(o.Minutes, sum(at, b.minutes[at]))
		all = append(all, b.minutes[at]...)
	}
	o.P50, o.P95 = took(all, 0.5), took(all, 0.95)
	return nil
}

func sum(at time.Time, of []audit.SignIns) OverviewMinute {
	m := OverviewMinute{Minute: at, P50: took(of, 0.5), P95: took(of, 0.95)}
	reasons := map[string]int64{}
	for _, s := range of {
		if s.Outcome == audit.Success {
			m.SignIns += s.Count
			continue
		}
		m.Failures += s.Count
		reasons[s.Reason] += s.Count
	}
	if len(reasons) > 0 {
		m.Reasons = &reasons
	}
	return m
}

// took is how many milliseconds that share of the answers took at most, within the ten
// percent that are known of it, or nil.
func took(of []audit.SignIns, share float64) *int {
	counts, total := map[int]int64{}, int64(0)
	for _, s := range of {
		if s.Took >= 0 {
			counts[s.Took] += s.Count
			total += s.Count
		}
	}
	if total == 0 {
		return nil
	}
	rank, seen := int64(math.Ceil(share*float64(total))), int64(0)
	buckets := make([]int, 0, len(counts))
	for bucket := range counts {
		buckets = append(buckets, bucket)
	}
	slices.Sort(buckets)
	for _, bucket := range buckets {
		if seen += counts[bucket]; seen >= rank {
			ms := int(math.Round(math.Exp((float64(bucket) + 0.5) / 10)))
			return &ms
		}
	}
	return nil
}

// installation adds what is of no tenant.
func (a *API) installation(ctx context.Context, now time.Time, o *Overview) error {
	waiting, err := outbox.Look(ctx, a.DB, counted)
	if err != nil {
		return err
	}
	o.Outbox = &OverviewOutbox{Waiting: bounded(waiting.Waiting), Dead: bounded(waiting.Dead), Oldest: waiting.MailDue}
	last, _, err := journal.Runs{DB: a.DB}.Latest(ctx, []string{journal.SweepJob})
	if err != nil {
		return err
	}
	parts := append(a.health(ctx), mail(last[journal.SweepJob], waiting.MailDue, now))
	o.Parts = &parts
	return nil
}

// health asks the parts, all at once.
func (a *API) health(ctx context.Context) []OverviewPart {
	ctx, cancel := context.WithTimeout(ctx, partTime)
	defer cancel()
	all := []OverviewPart{{Name: OverviewPartNamePostgres}, {Name: OverviewPartNameHydra}, {Name: OverviewPartNameRedis}}
	var asking sync.WaitGroup
	for i := range all {
		asking.Go(func() {
			all[i].State = Up
			if err := a.Parts[string(all[i].Name)](ctx); err != nil {
				all[i].State = Down
			}
		})
	}
	asking.Wait()
	return all
}

// mail is how the mail server was when maintenance last asked it, unless mail waits.
func mail(swept journal.Run, due *time.Time, now time.Time) OverviewPart {
	p := OverviewPart{Name: OverviewPartNameMail, State: Up, Since: some(swept.StartedAt)}
	switch {
	case journal.Silent(swept.Summary, mailServer):
		p.State = Down
	case due != nil && now.Sub(*due) > mailLate:
		p.State, p.Since = Late, due
	case now.Sub(swept.StartedAt) > sweepLate:
		p.State = Unknown
	}
	return p
}
