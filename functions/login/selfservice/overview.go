package selfservice

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/authway/authway/frontend/pages"
	"github.com/authway/authway/shared/browser"
	"github.com/authway/authway/shared/proof"
)

// overview is all that the account's pages show of the account itself.
type overview struct {
	Account      accountView    `json:"account"`
	Tenant       tenantView     `json:"tenant"`
	Session      sessionState   `json:"session"`
	PendingEmail *pendingEmail  `json:"pendingEmail"`
	Password     passwordView   `json:"password"`
	TOTP         totpView       `json:"totp"`
	Codes        codesView      `json:"recoveryCodes"`
	Passkeys     []passkeyView  `json:"passkeys"`
	Identities   []identityView `json:"identities"`
	Providers    []providerView `json:"providers"`
}

type accountView struct {
	ID            uuid.UUID `json:"id"`
	Email         string    `json:"email"`
	EmailVerified bool      `json:"emailVerified"`
	Name          string    `json:"name"`
	Locale        string    `json:"locale"`
	CreatedAt     time.Time `json:"createdAt"`
}

type tenantView struct {
	Slug       string `json:"slug"`
	Name       string `json:"name"`
	RequireMFA bool   `json:"requireMfa"`
	// MinPassword is how many characters a new password has at least.
	MinPassword int `json:"minPassword"`
	// Look is how the tenant looks.
	Look pages.Look `json:"look"`
}

type sessionState struct {
	ID              uuid.UUID `json:"id"`
	AuthenticatedAt time.Time `json:"authenticatedAt"`
	FreshUntil      time.Time `json:"freshUntil"`
}

type pendingEmail struct {
	Address     string `json:"address"`
	ResendAfter int    `json:"resendAfter"`
}

type passwordView struct {
	Set       bool       `json:"set"`
	ChangedAt *time.Time `json:"changedAt"`
}

type totpView struct {
	On      bool       `json:"on"`
	AddedAt *time.Time `json:"addedAt"`
}

type codesView struct {
	Left   int  `json:"left"`
	Unread bool `json:"unread"`
}

func (a *API) overview(w http.ResponseWriter, r *http.Request, p person) error {
	view, err := a.view(r.Context(), p)
	if err != nil {
		return err
	}
	return browser.JSON(w, view)
}

func (a *API) view(ctx context.Context, p person) (overview, error) {
	view := overview{
		Account: accountView{
			ID: p.user.ID, Email: p.user.Email, EmailVerified: p.user.EmailVerifiedAt != nil,
			Name: p.user.Name, Locale: p.user.Locale, CreatedAt: p.user.CreatedAt,
		},
		Tenant: tenantView{
			Slug: p.tenant.Slug, Name: p.tenant.Name, RequireMFA: p.tenant.RequireMFA, MinPassword: p.tenant.MinPassword,
		},
		Session: sessionState{
			ID: p.session.ID, AuthenticatedAt: p.session.AuthenticatedAt, FreshUntil: p.session.AuthenticatedAt.Add(recent),
		},
	}
	look, err := a.tenants().Brand(ctx, p.tenant.ID)
	if err != nil {
		return view, err
	}
	view.Tenant.Look = browser.Look(look).Own()
	if view.Password.ChangedAt, err = a.credentials().PasswordSince(ctx, p.user.ID); err != nil {
		return view, err
	}
	view.Password.Set = view.Password.ChangedAt != nil
	enrolled, err := a.Factors.Of(ctx, p.user.ID)
	if err != nil {
		return view, err
	}
	view.TOTP = totpView{On: enrolled.AppSince != nil, AddedAt: enrolled.AppSince}
	view.Codes = codesView{Left: enrolled.CodesLeft, Unread: enrolled.Unread}
	if view.Passkeys, err = a.passkeys(ctx, p); err != nil {
		return view, err
	}
	if view.Identities, view.Providers, err = a.identities(ctx, p); err != nil {
		return view, err
	}
	view.PendingEmail, err = a.pending(ctx, p)
	return view, err
}

// pending is the address that waits for its code.
func (a *API) pending(ctx context.Context, p person) (*pendingEmail, error) {
	waiting, err := a.Proofs.ByAccount(ctx, a.DB, p.user.ID, proof.ChangeEmail)
	if errors.Is(err, proof.ErrUnknown) {
		return nil, nil
	}
	now := a.Clock.Now()
	if err != nil || waiting.UsedAt != nil || waiting.Expired(now) {
		return nil, err
	}
	return &pendingEmail{Address: waiting.Address, ResendAfter: seconds(waiting.ResendAfter(now))}, nil
}

func seconds(d time.Duration) int { return int((d + time.Second - 1) / time.Second) }
