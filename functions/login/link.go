package login

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/authway/authway/shared/account"
	"github.com/authway/authway/shared/audit"
	"github.com/authway/authway/shared/browser"
	"github.com/authway/authway/shared/flow"
	"github.com/authway/authway/shared/identity"
	"github.com/authway/authway/shared/outbox"
	"github.com/authway/authway/shared/postgres"
)

// linkWithin is how long an identity waits for the account's own sign-in.
const linkWithin = 10 * time.Minute

// link is an identity that is to be an account's.
type link struct {
	Provider string `json:"provider"`
	Issuer   string `json:"issuer"`
	Subject  string `json:"subject"`
	Email    string `json:"email"`
	// Account and UserID are whose sign-in it waits for, until Until.
	Account string    `json:"account,omitempty"`
	UserID  uuid.UUID `json:"user_id,omitzero"`
	Until   time.Time `json:"until,omitzero"`
}

func (l link) expired(now time.Time) bool { return !now.Before(l.Until) }

// linkFirst asks for the account's own sign-in, with which the identity is
// linked. Both sides have to have verified the address: an account whose address
// was never proved may have been made by somebody else, to whom the person
// would then give their identity.
func (f *Function) linkFirst(w http.ResponseWriter, r *http.Request, v visit, l link, u account.User) error {
	switch {
	case !u.MaySignIn():
		return f.refuse(r, v, u, errDisabled)
	case u.EmailVerifiedAt == nil:
		return f.back(w, r, v, errProviderEmail)
	}
	l.Account, l.UserID, l.Until = u.Email, u.ID, f.clock.Now().Add(linkWithin)
	if err := f.wait(r.Context(), v, waiting{Link: &l}); err != nil {
		return explain(err)
	}
	return f.goTo(w, r, pathProvider+"?flow="+v.flow.ID)
}

// linkWaiting links the identity that waits in the flow for u, within the
// transaction in which u's session begins. It reports whether there was one.
func (f *Function) linkWaiting(ctx context.Context, tx postgres.IDB, r *http.Request, v visit, u account.User) (bool, error) {
	l := waitingOf(v).Link
	if l == nil || l.UserID != u.ID || l.expired(f.clock.Now()) || u.EmailVerifiedAt == nil {
		return false, nil
	}
	_, err := f.flows.In(tx).TakeProvider(ctx, v.flow.ID, func(value []byte) bool {
		var now waiting
		return json.Unmarshal(value, &now) == nil && now.Link != nil && now.Link.Issuer == l.Issuer && now.Link.Subject == l.Subject
	})
	if errors.Is(err, flow.ErrTaken) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	err = f.addLink(ctx, tx, r, u, *l, v.request.App.ID)
	if errors.Is(err, identity.ErrTaken) {
		// Another sign-in of the same person has linked it.
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return true, f.outbox.AddMail(ctx, tx, u.TenantID, outbox.Mail{
		To: u.Email, Locale: u.Locale, Template: outbox.IdentityLinked,
		Data: map[string]string{outbox.Provider: f.providers.Name(l.Provider)},
	})
}

// addLink links an identity and records it.
func (f *Function) addLink(ctx context.Context, tx postgres.IDB, r *http.Request, u account.User, l link, client string) error {
	now := f.clock.Now()
	err := (identity.Store{DB: tx}).Add(ctx, identity.Identity{
		TenantID: u.TenantID, UserID: u.ID, Provider: l.Provider, Issuer: l.Issuer, Subject: l.Subject, Email: l.Email,
	}, now)
	if err != nil {
		return err
	}
	return audit.Append(ctx, tx, now, linkEvent(r, u, l, client))
}

func linkEvent(r *http.Request, u account.User, l link, client string) audit.Event {
	return audit.Event{
		TenantID: u.TenantID, Action: audit.ActionIdentityLinked, Outcome: audit.Success, ActorKind: audit.ActorUser,
		ActorID: u.ID.String(), SubjectID: u.ID.String(), ClientID: client, IP: browser.ClientIP(r),
		Detail: map[string]string{"provider": l.Provider},
	}
}

// nameOf is what the provider calls the person, or what stands before the @.
func nameOf(given, email string) string {
	if name, err := account.ParseName(given); err == nil {
		return name
	}
	local, _, _ := strings.Cut(email, "@")
	return local
}
