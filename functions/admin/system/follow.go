package system

import (
	"context"
	"errors"
	"time"

	"github.com/authway/authway/functions/admin/access"
	"github.com/authway/authway/shared/audit"
	"github.com/authway/authway/shared/paging"
	"github.com/authway/authway/shared/problem"
)

const (
	// lookEvery is how often the log is asked for what is new.
	lookEvery = time.Second
	// beatEvery is how long nothing is said when nothing happens: well below what stands
	// in front lets an upstream be silent.
	beatEvery = 10 * time.Second
)

// FollowAudit is the log of the installation as it is written.
func (a *API) FollowAudit(ctx context.Context, r FollowAuditRequestObject) (FollowAuditResponseObject, error) {
	p := r.Params
	return a.follow(ctx, audit.Filter{
		Actor: access.Given(p.Actor), Subject: access.Given(p.Subject), Client: access.Given(p.Client),
		Action: access.Given(p.Action), Outcome: string(access.Given(p.Outcome)), RequestID: access.Given(p.RequestID), IP: access.Given(p.IP),
	}, access.Given(p.LastEventID), access.Given(p.After), p.Seconds)
}

// FollowAuditOfTenant is the log of the tenant as it is written.
func (a *API) FollowAuditOfTenant(ctx context.Context, r FollowAuditOfTenantRequestObject) (FollowAuditOfTenantResponseObject, error) {
	p := r.Params
	return a.follow(ctx, audit.Filter{
		TenantID: access.Tenant(ctx).ID,
		Actor:    access.Given(p.Actor), Subject: access.Given(p.Subject), Client: access.Given(p.Client),
		Action: access.Given(p.Action), Outcome: string(access.Given(p.Outcome)), RequestID: access.Given(p.RequestID), IP: access.Given(p.IP),
	}, access.Given(p.LastEventID), access.Given(p.After), p.Seconds)
}

// follow goes on behind what the browser says it has, or else behind what the address
// says.
func (a *API) follow(ctx context.Context, f audit.Filter, last, after string, seconds *int) (answer, error) {
	if last == "" {
		last = after
	}
	tail, err := audit.NewTail(f, a.Clock.Now(), last)
	if errors.Is(err, paging.ErrCursor) {
		return nil, problem.BadRequest.At("after").Because(err)
	}
	if err != nil {
		return nil, err
	}
	return a.listen(ctx, seconds, func(ctx context.Context, l *live) error {
		var said time.Time
		for {
			now := a.Clock.Now()
			fresh, more, err := tail.Next(ctx, a.DB, now)
			switch {
			case err != nil:
				return err
			case len(fresh) > 0:
				err = l.send("events", tail.Position(), showAll(fresh))
			case now.Sub(said) >= beatEvery:
				err = l.send("beat", tail.Position(), struct{}{})
			default:
				now = said
			}
			if err != nil {
				return err
			}
			if said = now; !more && !rest(ctx, lookEvery) {
				return nil
			}
		}
	}), nil
}
