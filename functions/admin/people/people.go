package people

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/authway/authway/functions/admin/access"
	"github.com/authway/authway/shared/account"
	"github.com/authway/authway/shared/administrator"
	"github.com/authway/authway/shared/clock"
	"github.com/authway/authway/shared/events"
	"github.com/authway/authway/shared/flow"
	"github.com/authway/authway/shared/hydra"
	"github.com/authway/authway/shared/outbox"
	"github.com/authway/authway/shared/postgres"
	"github.com/authway/authway/shared/problem"
	"github.com/authway/authway/shared/proof"
	"github.com/authway/authway/shared/revocation"
	"github.com/authway/authway/shared/session"
	"github.com/authway/authway/shared/tenant"
)

// Grace is how long an account can be taken back after it was to be deleted. It is what
// people have who ask for it themselves.
const Grace = 14 * 24 * time.Hour

var (
	reads    = access.Rule{Role: administrator.Viewer, Scope: access.UsersRead}
	changes  = access.Rule{Role: administrator.Operator, Scope: access.UsersWrite}
	destroys = access.Rule{Role: administrator.Operator, Scope: access.UsersWrite, Recent: true}
)

// Rules are those of the operations. An edit of an e-mail address asks for more: see
// EditUser.
var Rules = access.Rules{
	"listUsers":         reads,
	"getUser":           reads,
	"listUserSessions":  reads,
	"listUserConsents":  reads,
	"listUserHistory":   reads,
	"listSessions":      reads,
	"editUser":          changes,
	"blockUser":         destroys,
	"unblockUser":       changes,
	"endUserSessions":   changes,
	"endUserSession":    changes,
	"endSession":        changes,
	"revokeUserConsent": changes,
	"restoreUser":       changes,
	"changeUsers":       destroys,
	"revokeUser":        destroys,
	"resetUserFactors":  destroys,
	"deleteUser":        destroys,
}

// API answers.
type API struct {
	DB       *postgres.DB
	Hydra    *hydra.Client
	Clock    clock.Clock
	Sessions session.Store
	Revoker  revocation.Revoker
	Flows    flow.Store
	Proofs   proof.Store
	Outbox   outbox.Store
	Knocker  *events.Knocker
	// Refuse answers a request that failed.
	Refuse func(http.ResponseWriter, *http.Request, error)
	// Explain maps what the domain says to what a caller can be told.
	Explain func(error) error
}

// Routes adds the operations to the mux, below base.
func (a *API) Routes(mux *http.ServeMux, base string) {
	strict := NewStrictHandlerWithOptions(a, nil, StrictHTTPServerOptions{RequestErrorHandlerFunc: a.refuse, ResponseErrorHandlerFunc: a.refuse})
	HandlerWithOptions(strict, StdHTTPServerOptions{BaseURL: base, BaseRouter: mux, ErrorHandlerFunc: a.refuse})
}

func (a *API) refuse(w http.ResponseWriter, r *http.Request, err error) { a.Refuse(w, r, explain(err)) }

var (
	errStale  = problem.New(http.StatusConflict, "conflict", "The account has been changed meanwhile.")
	errRole   = problem.New(http.StatusUnprocessableEntity, "role_unknown", "The tenant has no such role.").At("roles")
	errLocale = problem.New(http.StatusUnprocessableEntity, "locale_unknown", "There is no such language here.").At("locale")
	errRest   = problem.New(http.StatusServiceUnavailable, "unfinished", "It is done, but what was granted meanwhile may live on. Do it once more.")
)

// explain is what this room knows beside what all of them do.
func explain(err error) error {
	for _, e := range []struct {
		is     error
		answer *problem.Error
	}{
		{session.ErrNone, problem.NotFound},
		{tenant.ErrNoRole, errRole},
		{revocation.ErrUnfinished, errRest},
		{revocation.ErrForeign, problem.NotFound},
	} {
		if errors.Is(err, e.is) {
			return e.answer.Because(err)
		}
	}
	return err
}

func (a *API) accounts() account.Store { return account.Store{DB: a.DB} }

// within finds an account of the tenant of the path.
func (a *API) within(ctx context.Context, id uuid.UUID) (account.User, error) {
	return a.accounts().In(ctx, access.Tenant(ctx).ID, id)
}

// by is the caller, for package revocation.
func by(ctx context.Context, reason string) revocation.By {
	e := access.From(ctx).Event(access.Tenant(ctx).ID, "")
	if reason != "" {
		e.Detail = map[string]string{access.DetailReason: reason}
	}
	return e
}
