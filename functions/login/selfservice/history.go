package selfservice

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/authway/authway/shared/audit"
	"github.com/authway/authway/shared/browser"
	"github.com/authway/authway/shared/credential"
	"github.com/authway/authway/shared/identity"
	"github.com/authway/authway/shared/outbox"
	"github.com/authway/authway/shared/postgres"
	"github.com/authway/authway/shared/problem"
	"github.com/authway/authway/shared/proof"
)

const (
	// historyOf is how far back people are shown what was done to their account.
	historyOf   = 90 * 24 * time.Hour
	historyPage = 50
	// maxCursor bounds what is parsed.
	maxCursor = 100
)

type eventView struct {
	ID      uuid.UUID `json:"id"`
	At      time.Time `json:"at"`
	Action  string    `json:"action"`
	Outcome string    `json:"outcome"`
	IP      string    `json:"ip"`
	Client  string    `json:"client"`
	Methods []string  `json:"methods"`
	Session string    `json:"session"`
	Current bool      `json:"current"`
}

func viewOf(e audit.Past, p person) eventView {
	return eventView{
		ID: e.ID, At: e.At, Action: e.Action, Outcome: e.Outcome, IP: e.IP, Client: e.ClientID,
		Methods: strings.Fields(e.Detail["methods"]), Session: e.Detail["session"],
		Current: e.Detail["session"] == p.session.ID.String(),
	}
}

// history is one page of what was done to the account, and the cursor of the
// next.
func (a *API) history(ctx context.Context, p person, cursor string, size int64) ([]eventView, string, error) {
	since := a.Clock.Now().Add(-historyOf)
	past, next, err := audit.History(ctx, a.DB, p.user.TenantID, p.user.ID, since, cursor, size)
	views := make([]eventView, len(past))
	for i, e := range past {
		views[i] = viewOf(e, p)
	}
	return views, next, err
}

func (a *API) listHistory(w http.ResponseWriter, r *http.Request, p person) error {
	cursor := r.URL.Query().Get("before")
	if len(cursor) > maxCursor {
		return problem.BadRequest
	}
	views, next, err := a.history(r.Context(), p, cursor, historyPage)
	if err != nil {
		return err
	}
	return browser.JSON(w, map[string]any{"events": views, "next": next})
}

// disown is "this was not me": whoever it was loses everything they may hold, on
// the word of whoever holds a session. That may be the intruder; they then end
// their own session as well, and the account's owner is the one who can read its
// mail. What the account was given since, passkeys, an app, links, goes too:
// it may be what they come back with.
//
// If Hydra cannot be asked, the person can try again, signed in still or anew: what
// has ended by then is no error.
func (a *API) disown(w http.ResponseWriter, r *http.Request, p person) error {
	var body struct {
		Event uuid.UUID `json:"event"`
	}
	if err := decode(r, &body); err != nil {
		return err
	}
	since, err := audit.When(r.Context(), a.DB, p.user.TenantID, p.user.ID, body.Event)
	if errors.Is(err, audit.ErrUnknown) {
		return problem.NotFound
	}
	if err != nil {
		return err
	}
	err = a.revoker().Account(r.Context(), p.by(r), p.user.ID, func(ctx context.Context, tx postgres.IDB) error {
		if err := a.takeBack(ctx, tx, p, since); err != nil {
			return err
		}
		if told, err := a.disowned(ctx, tx, p, body.Event); told || err != nil {
			return err
		}
		return a.tellAndRecord(ctx, tx, r, p, outbox.AccountSecured, audit.ActionDisowned, map[string]string{"event": body.Event.String()})
	})
	if err != nil {
		return err
	}
	a.Cookies.ClearSession(w)
	a.Knocker.Knock(outbox.Job)
	return browser.JSON(w, map[string]string{"redirectTo": pathEnter + "?page=security"})
}

// pressedTwice is how long after a press another one counts as the same.
const pressedTwice = time.Minute

// disowned reports whether the person has said so of the event a moment ago. The
// account is locked.
func (a *API) disowned(ctx context.Context, tx postgres.IDB, p person, event uuid.UUID) (bool, error) {
	past, _, err := audit.History(ctx, tx, p.user.TenantID, p.user.ID, a.Clock.Now().Add(-pressedTwice), "", historyPage)
	return slices.ContainsFunc(past, func(e audit.Past) bool {
		return e.Action == audit.ActionDisowned && e.Detail["event"] == event.String()
	}), err
}

// takeBack takes away what somebody else may know or have since then.
func (a *API) takeBack(ctx context.Context, tx postgres.IDB, p person, since time.Time) error {
	_, errFactors := a.Factors.In(tx).RemoveSince(ctx, p.user.ID, since)
	_, errPasskeys := a.Passkeys.In(tx).RemoveSince(ctx, p.user.ID, since)
	_, errLinks := identity.Store{DB: tx}.RemoveSince(ctx, p.user.ID, since)
	return errors.Join(errFactors, errPasskeys, errLinks,
		a.Flows.In(tx).Forget(ctx, p.user.ID, ""),
		a.Proofs.Revoke(ctx, tx, p.user.ID, proof.ChangeEmail, uuid.Nil),
		credential.Store{DB: tx}.Revoke(ctx, p.user.ID, a.Clock.Now()))
}
