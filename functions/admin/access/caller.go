package access

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/authway/authway/shared/account"
	"github.com/authway/authway/shared/administrator"
	"github.com/authway/authway/shared/audit"
	"github.com/authway/authway/shared/session"
	"github.com/authway/authway/shared/tenant"
)

// Recently is how long a sign-in with a second factor counts as one that has just
// happened.
const Recently = 10 * time.Minute

// Caller is who asks: a person, or a program.
type Caller struct {
	// User and Session are a person's; Home is the tenant of the account or the client.
	User    account.User
	Session session.Session
	Home    tenant.Tenant
	// Client is a program's id, and Scopes what its token allows.
	Client string
	Scopes []string
	// IP is where the request comes from.
	IP string

	// everywhere is the role for all tenants, and here the roles for single ones.
	everywhere administrator.Role
	here       map[uuid.UUID]administrator.Role
	// reachesAll is a program's whose registration says so.
	reachesAll bool
}

// System is the role for the installation.
func (c Caller) System() administrator.Role { return c.everywhere }

// In is the role for a tenant: the greater of the one for it and the one for all.
func (c Caller) In(tenantID uuid.UUID) administrator.Role {
	if mine := c.here[tenantID]; !c.everywhere.Includes(mine) {
		return mine
	}
	return c.everywhere
}

// Tenants are the ids of those that the person has a role of their own for.
func (c Caller) Tenants() []uuid.UUID {
	ids := make([]uuid.UUID, 0, len(c.here))
	for id := range c.here {
		ids = append(ids, id)
	}
	return ids
}

// with is the caller with other roles.
func (c Caller) with(grants []administrator.Grant) Caller {
	c.everywhere, c.here = administrator.None, map[uuid.UUID]administrator.Role{}
	for _, grant := range grants {
		if grant.OfTenant == nil {
			c.everywhere = grant.Role
			continue
		}
		c.here[*grant.OfTenant] = grant.Role
	}
	return c
}

// RecentUntil is until when the person's second factor counts as recent, or the zero
// time.
func (c Caller) RecentUntil() time.Time {
	if !c.Session.TwoFactors() {
		return time.Time{}
	}
	return c.Session.AuthenticatedAt.Add(Recently)
}

// AskRecent asks a person for a second factor whose last one is not recent at now: for
// the part of an operation that takes one. Of a program nothing is asked.
func (c Caller) AskRecent(now time.Time) error {
	if c.Client == "" && !now.Before(c.RecentUntil()) {
		return errRecent
	}
	return nil
}

// ID is the account's id or the client's.
func (c Caller) ID() string {
	if c.Client != "" {
		return c.Client
	}
	return c.User.ID.String()
}

// Event is the beginning of the record of something that the caller does.
func (c Caller) Event(tenantID uuid.UUID, action string) audit.Event {
	e := audit.Event{TenantID: tenantID, Action: action, Outcome: audit.Success, ActorKind: audit.ActorUser, ActorID: c.ID(), IP: c.IP}
	if c.Client != "" {
		e.ActorKind = audit.ActorClient
	}
	return e
}

func (c Caller) may(rule Rule, of *tenant.Tenant) bool {
	if c.Client != "" {
		if !slices.Contains(c.Scopes, rule.Scope) || rule.Scope == "" {
			return false
		}
		return c.reachesAll || of != nil && of.ID == c.Home.ID
	}
	if of == nil {
		return c.everywhere.Includes(rule.Role)
	}
	return c.In(of.ID).Includes(rule.Role)
}

type contextKey int

const (
	callerKey contextKey = iota
	tenantKey
	ruleKey
)

// From is who asks. There is always one behind the gate.
func From(ctx context.Context) Caller {
	c, _ := ctx.Value(callerKey).(Caller)
	return c
}

// Tenant is the one that the path names, which the caller may reach. It is the zero
// value where the path names none.
func Tenant(ctx context.Context) tenant.Tenant {
	t, _ := ctx.Value(tenantKey).(tenant.Tenant)
	return t
}
