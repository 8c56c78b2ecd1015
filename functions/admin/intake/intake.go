package intake

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/authway/authway/functions/admin/access"
	"github.com/authway/authway/functions/admin/takeout"
	"github.com/authway/authway/shared/administrator"
	"github.com/authway/authway/shared/clock"
	"github.com/authway/authway/shared/events"
	"github.com/authway/authway/shared/factor"
	"github.com/authway/authway/shared/intake"
	"github.com/authway/authway/shared/invitation"
	"github.com/authway/authway/shared/outbox"
	"github.com/authway/authway/shared/postgres"
	"github.com/authway/authway/shared/problem"
	"github.com/authway/authway/shared/tenant"
)

// Rules ask for a recent second factor where many accounts come in or go out, and where
// one is kept out. The
// content of an import is sent by whoever has begun it, and may take longer than a
// second factor is recent.
var Rules = access.Rules{
	"listInvitations":    {Role: administrator.Viewer, Scope: access.UsersRead},
	"invite":             {Role: administrator.Operator, Scope: access.UsersWrite},
	"resendInvitation":   {Role: administrator.Operator, Scope: access.UsersWrite},
	"revokeInvitation":   {Role: administrator.Operator, Scope: access.UsersWrite, Recent: true},
	"sendRecovery":       {Role: administrator.Operator, Scope: access.UsersWrite},
	"exportUsers":        {Role: administrator.Operator, Scope: access.UsersRead, Recent: true},
	"listImports":        {Role: administrator.Viewer, Scope: access.UsersRead},
	"getImport":          {Role: administrator.Viewer, Scope: access.UsersRead},
	"listImportFindings": {Role: administrator.Viewer, Scope: access.UsersRead},
	"createImport":       {Role: administrator.Operator, Scope: access.UsersWrite, Recent: true},
	"putImportContent":   {Role: administrator.Operator, Scope: access.UsersWrite},
	"cancelImport":       {Role: administrator.Operator, Scope: access.UsersWrite},
}

// MaxContent is what a file may weigh.
const MaxContent = 64 << 20

// API answers.
type API struct {
	DB      *postgres.DB
	Outbox  outbox.Store
	Factors factor.Store
	Clock   clock.Clock
	Knocker *events.Knocker
	// Exports bounds the files that are taken away at once.
	Exports *takeout.Places
	// Refuse answers a request that failed.
	Refuse func(http.ResponseWriter, *http.Request, error)
}

// Routes adds the operations to the mux, below base.
func (a *API) Routes(mux *http.ServeMux, base string) {
	refuse := func(w http.ResponseWriter, r *http.Request, err error) { a.Refuse(w, r, explain(err)) }
	strict := NewStrictHandlerWithOptions(a, nil, StrictHTTPServerOptions{RequestErrorHandlerFunc: refuse, ResponseErrorHandlerFunc: refuse})
	HandlerWithOptions(strict, StdHTTPServerOptions{BaseURL: base, BaseRouter: mux, ErrorHandlerFunc: refuse})
}

var (
	errEarly    = problem.New(http.StatusTooManyRequests, "sent_recently", "A mail was sent a moment ago. Wait a minute.").After(time.Minute)
	errBlocked  = problem.New(http.StatusConflict, "account_blocked", "The account is blocked, or about to be deleted.")
	errRole     = problem.New(http.StatusUnprocessableEntity, "role_unknown", "The tenant has no such role.").At("roles")
	errBusy     = problem.New(http.StatusConflict, "import_busy", "Another upload of this import is under way.").After(intake.Hold)
	errOver     = problem.New(http.StatusConflict, "import_over", "The import is over.")
	errDiffers  = problem.New(http.StatusConflict, "import_differs", "This is not the file that the import was begun with.")
	errPosition = problem.New(http.StatusConflict, "import_position", "The import goes on at another place.").At("offset")
	errLonger   = problem.New(http.StatusUnprocessableEntity, "import_longer", "The content is longer than was said.")
	errLate     = problem.New(http.StatusConflict, "import_late", "The import was begun more than a day ago. Begin another one.")
)

// explain maps what only this room hears. The rest is mapped for all rooms.
func explain(err error) error {
	answers := []struct {
		is     error
		answer *problem.Error
	}{
		{invitation.ErrUnknown, problem.NotFound},
		{invitation.ErrEarly, errEarly},
		{intake.ErrUnknown, problem.NotFound},
		{intake.ErrHeld, errBusy},
		{intake.ErrOver, errOver},
		{intake.ErrLost, errOver},
		{tenant.ErrNoRole, errRole},
	}
	for _, a := range answers {
		if errors.Is(err, a.is) {
			return a.answer.Because(err)
		}
	}
	return err
}

func orNil[T comparable](value T) *T {
	var zero T
	if value == zero {
		return nil
	}
	return &value
}

// place is the tenant of the path, and who asks.
func place(ctx context.Context) (tenant.Tenant, access.Caller) {
	return access.Tenant(ctx), access.From(ctx)
}
