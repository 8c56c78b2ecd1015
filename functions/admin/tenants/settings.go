package tenants

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/authway/authway/functions/admin/access"
	"github.com/authway/authway/shared/audit"
	"github.com/authway/authway/shared/postgres"
	"github.com/authway/authway/shared/tenant"
)

// GetTenant is how the tenant looks and what it demands.
func (a *API) GetTenant(ctx context.Context, _ GetTenantRequestObject) (GetTenantResponseObject, error) {
	store := tenant.Store{DB: a.DB}
	found, err := store.Settings(ctx, access.Tenant(ctx).ID)
	if err != nil {
		return nil, err
	}
	shown, err := show(ctx, store, found)
	return GetTenant200JSONResponse(shown), err
}

// EditTenant changes what is named. What is written and who reads it next decide
// alone when it acts: nothing keeps a tenant's settings. To demand less takes a recent
// second factor.
func (a *API) EditTenant(ctx context.Context, request EditTenantRequestObject) (EditTenantResponseObject, error) {
	edit := *request.Body
	version, err := strconv.ParseInt(edit.Version, 10, 64)
	if err != nil {
		return nil, errVersion.Because(err)
	}
	var picture *tenant.Logo
	if edit.Look != nil && edit.Look.Logo != nil {
		read, err := pictureOf(*edit.Look.Logo)
		if err != nil {
			return nil, err
		}
		picture = &read
	}
	var shown TenantSettings
	err = postgres.InTx(ctx, a.DB, func(ctx context.Context, tx postgres.IDB) error {
		store, now := tenant.Store{DB: tx}, a.Clock.Now()
		before, err := store.LockSettings(ctx, access.Tenant(ctx).ID)
		if err != nil {
			return err
		}
		to := apply(before, edit)
		if loosens(before, to) {
			if err := access.From(ctx).AskRecent(now); err != nil {
				return err
			}
		}
		to.Version = version
		after, err := store.Edit(ctx, to, picture, now)
		if err != nil {
			return err
		}
		if err := access.Record(ctx, tx, now, access.Change{
			Action: audit.ActionTenantChanged, Tenant: after.ID, Object: after.Slug, Reason: access.Given(edit.Reason),
			Before: recorded(before), After: recorded(after),
		}); err != nil {
			return err
		}
		shown, err = show(ctx, store, after)
		return err
	})
	return EditTenant200JSONResponse(shown), err
}

// apply is the settings with what an edit names.
func apply(to tenant.Settings, edit TenantEdit) tenant.Settings {
	if edit.Name != nil {
		to.Name = strings.TrimSpace(*edit.Name)
	}
	if l := edit.Look; l != nil {
		to.Accent, to.Support, to.Terms, to.Privacy = l.Accent, l.Support, l.Terms, l.Privacy
		to.Welcome = map[string]string{}
		for language, text := range map[string]*string{"en": l.Welcome.En, "ko": l.Welcome.Ko, "ar": l.Welcome.Ar} {
			if text := strings.TrimSpace(access.Given(text)); text != "" {
				to.Welcome[language] = text
			}
		}
	}
	if d := edit.Demands; d != nil {
		to.MinPassword, to.RequireMFA, to.Registration = d.MinPassword, d.RequireMfa, tenant.Registration(d.Registration)
		to.Idle, to.Absolute, to.Providers = d.SessionIdle, d.SessionAbsolute, nil
		if d.Providers != nil {
			// An empty list is none, and not all.
			to.Providers = append([]string{}, *d.Providers...)
		}
	}
	return to
}

// loosens reports whether people come in more easily, or stay longer, than before.
func loosens(before, after tenant.Settings) bool {
	// nil is all providers, or Authway's own times.
	provider := func(id string) bool { return before.Providers == nil || slices.Contains(before.Providers, id) }
	longer := func(was, is *int) bool { return was != nil && (is == nil || *is > *was) }
	return before.RequireMFA && !after.RequireMFA ||
		after.MinPassword < before.MinPassword ||
		before.Registration != tenant.Open && after.Registration == tenant.Open ||
		before.Providers != nil && after.Providers == nil ||
		slices.ContainsFunc(after.Providers, func(id string) bool { return !provider(id) }) ||
		longer(before.Idle, after.Idle) || longer(before.Absolute, after.Absolute)
}

func show(ctx context.Context, store tenant.Store, s tenant.Settings) (TenantSettings, error) {
	shown := TenantSettings{
		ID: s.ID, Slug: s.Slug, Name: s.Name, Version: strconv.FormatInt(s.Version, 10), CreatedAt: s.CreatedAt, UpdatedAt: s.UpdatedAt,
		Look: TenantLook{
			Accent: s.Accent, Logo: tenant.Brand{Picture: s.Picture}.PicturePath(), Support: s.Support, Terms: s.Terms, Privacy: s.Privacy,
		},
		Demands: TenantDemands{
			MinPassword: s.MinPassword, RequireMfa: s.RequireMFA, Registration: TenantRegistration(s.Registration),
			SessionIdle: s.Idle, SessionAbsolute: s.Absolute,
		},
		Configured: []TenantProvider{},
	}
	for language, into := range map[string]**string{"en": &shown.Look.Welcome.En, "ko": &shown.Look.Welcome.Ko, "ar": &shown.Look.Welcome.Ar} {
		if text, ok := s.Welcome[language]; ok {
			*into = &text
		}
	}
	if s.Providers != nil {
		shown.Demands.Providers = &s.Providers
	}
	configured, err := store.Configured(ctx, s.Slug)
	for _, p := range configured {
		shown.Configured = append(shown.Configured, TenantProvider{ID: p.ID, Name: p.Name})
	}
	return shown, err
}

// recorded is what the audit log keeps of settings. A picture is named by its sum, and
// a mail address by its domain.
func recorded(s tenant.Settings) map[string]any {
	support := s.Support
	if _, domain, isMail := strings.Cut(support, "@"); isMail && !strings.Contains(support, "/") {
		support = "***@" + domain
	}
	return map[string]any{
		"name": s.Name, "accent": s.Accent, "picture": s.Picture, "support": support, "terms": s.Terms, "privacy": s.Privacy,
		"welcome": s.Welcome, "requireMfa": s.RequireMFA, "minPassword": s.MinPassword, "registration": s.Registration,
		"providers": s.Providers, "sessionIdle": s.Idle, "sessionAbsolute": s.Absolute,
	}
}
