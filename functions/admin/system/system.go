package system

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/authway/authway/functions/admin/access"
	"github.com/authway/authway/functions/admin/takeout"
	"github.com/authway/authway/shared/administrator"
	"github.com/authway/authway/shared/audit"
	"github.com/authway/authway/shared/clock"
	"github.com/authway/authway/shared/events"
	"github.com/authway/authway/shared/journal"
	"github.com/authway/authway/shared/meter"
	"github.com/authway/authway/shared/postgres"
	"github.com/authway/authway/shared/problem"
)

// Rules let viewers look. What takes much away at once or ends the life of a key asks
// for a second factor, and keys are an owner's.
var Rules = access.Rules{
	"listAudit":              {Role: administrator.Viewer, Scope: access.AuditRead},
	"listAuditOfTenant":      {Role: administrator.Viewer, Scope: access.AuditRead},
	"getAudit":               {Role: administrator.Viewer, Scope: access.AuditRead},
	"getAuditOfTenant":       {Role: administrator.Viewer, Scope: access.AuditRead},
	"followAudit":            {Role: administrator.Viewer, Scope: access.AuditRead},
	"followAuditOfTenant":    {Role: administrator.Viewer, Scope: access.AuditRead},
	"exportAudit":            {Role: administrator.Viewer, Scope: access.AuditRead, Recent: true},
	"exportAuditOfTenant":    {Role: administrator.Viewer, Scope: access.AuditRead, Recent: true},
	"verifyAudit":            {Role: administrator.Operator, Scope: access.AuditRead},
	"listKeys":               {Role: administrator.Viewer, Scope: access.SystemRead},
	"rotateKeys":             {Role: administrator.Owner, Scope: access.SystemWrite, Recent: true},
	"compromiseKey":          {Role: administrator.Owner, Scope: access.SystemWrite, Recent: true},
	"listJobs":               {Role: administrator.Viewer, Scope: access.SystemRead},
	"listJobRuns":            {Role: administrator.Viewer, Scope: access.SystemRead},
	"runJob":                 {Role: administrator.Operator, Scope: access.SystemWrite},
	"listLetters":            {Role: administrator.Viewer, Scope: access.SystemRead},
	"seeLetter":              {Role: administrator.Operator, Scope: access.SystemWrite},
	"listBackups":            {Role: administrator.Viewer, Scope: access.SystemRead},
	"enterMonitoring":        {Role: administrator.Viewer, Scope: access.SystemRead},
	"getOverview":            {Role: administrator.Viewer, Scope: access.SystemRead},
	"followOverview":         {Role: administrator.Viewer, Scope: access.SystemRead},
	"getOverviewOfTenant":    {Role: administrator.Viewer, Scope: access.SystemRead},
	"followOverviewOfTenant": {Role: administrator.Viewer, Scope: access.SystemRead},
}

// API answers. New makes one.
type API struct {
	DB      *postgres.DB
	Clock   clock.Clock
	Public  *url.URL
	Tokens  *meter.Meter
	Knocker *events.Knocker
	// Parts are asked whether they answer: postgres, hydra, redis.
	Parts map[string]func(context.Context) error
	// Leaving ends when the server begins to stop.
	Leaving context.Context
	// Refuse answers a request that failed.
	Refuse func(http.ResponseWriter, *http.Request, error)

	// Exports bounds the files that are taken away at once.
	Exports *takeout.Places

	listening *takeout.Places
	boards    *boards
}

// New makes a into one that answers.
func New(a API) *API {
	a.listening, a.boards = &takeout.Places{All: listeners, Each: ears}, &boards{}
	return &a
}

// Routes adds the operations to the mux, below base.
func (a *API) Routes(mux *http.ServeMux, base string) {
	refuse := func(w http.ResponseWriter, r *http.Request, err error) { a.Refuse(w, r, explain(err)) }
	strict := NewStrictHandlerWithOptions(a, nil, StrictHTTPServerOptions{RequestErrorHandlerFunc: refuse, ResponseErrorHandlerFunc: refuse})
	HandlerWithOptions(strict, StdHTTPServerOptions{BaseURL: base, BaseRouter: mux, ErrorHandlerFunc: refuse})
}

var (
	errWaiting = problem.New(http.StatusConflict, "already_waiting", "The same has been asked for, and maintenance has not begun with it yet.")
	errConfirm = problem.New(http.StatusUnprocessableEntity, "confirmation_mismatch", "This is not the key's id.").At("confirm")
	errTimes   = problem.New(http.StatusUnprocessableEntity, "times_invalid", "The end has to come after the beginning, by 31 days at most.").At("to")
	errGone    = problem.New(http.StatusConflict, "key_gone", "This key is gone already.")
)

// explain maps what the stores of this room say. What is not listed is for the
// function to explain.
func explain(err error) error {
	for is, answer := range map[error]*problem.Error{
		audit.ErrUnknown: problem.NotFound, journal.ErrUnknown: problem.NotFound,
		journal.ErrWaiting: errWaiting,
	} {
		if errors.Is(err, is) {
			return answer.Because(err)
		}
	}
	return err
}

// Defaults of the document that an absent parameter stands for.

func timeOf(p *time.Time) time.Time {
	if p == nil {
		return time.Time{}
	}
	return p.UTC()
}

// some is a pointer to what is not the zero value.
func some[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}
