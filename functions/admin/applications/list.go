package applications

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/authway/authway/functions/admin/access"
	"github.com/authway/authway/shared/client"
	"github.com/authway/authway/shared/hydra"
	"github.com/authway/authway/shared/problem"
)

// maxPages bounds the pages of Hydra that one answer looks at: ten thousand
// applications of all tenants.
const maxPages = 40

// place is where a list goes on: in a page of Hydra's, at an index.
type place struct {
	Page  string `json:"p"`
	Index int    `json:"i"`
}

func (p place) cursor() string {
	encoded, err := json.Marshal(p)
	if err != nil {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(encoded)
}

func readPlace(cursor string) (p place, err error) {
	if cursor == "" {
		return place{}, nil
	}
	text, err := base64.RawURLEncoding.DecodeString(cursor)
	if err == nil {
		err = json.Unmarshal(text, &p)
	}
	if err != nil || p.Index < 0 {
		return place{}, problem.BadRequest.At("cursor").Because(errors.Join(err, errors.New("no place in a list")))
	}
	return p, nil
}

// finder is what a list is asked for.
type finder struct {
	api    *API
	q      string
	kind   client.Kind
	unused bool
	limit  int
}

// ListApplications is a page of the tenant's.
func (a *API) ListApplications(ctx context.Context, request ListApplicationsRequestObject) (ListApplicationsResponseObject, error) {
	f := finder{api: a, q: strings.ToLower(strings.TrimSpace(access.Given(request.Params.Q))), limit: 50}
	if request.Params.Kind != nil {
		f.kind = *request.Params.Kind
	}
	if request.Params.Unused != nil {
		f.unused = *request.Params.Unused
	}
	if request.Params.Limit != nil {
		f.limit = *request.Params.Limit
	}
	at, err := readPlace(access.Given(request.Params.Cursor))
	if err != nil {
		return nil, err
	}
	found, next, err := f.find(ctx, at)
	if err != nil {
		return nil, err
	}
	declared, err := a.declared(ctx)
	if err != nil {
		return nil, err
	}
	answer := ListApplications200JSONResponse{Items: []ApplicationSummary{}, Next: next}
	for _, one := range found {
		app := one.app
		summary := ApplicationSummary{
			ID: app.ID, Name: app.Name, Kind: app.Kind(), BuiltIn: client.BuiltIn(app.ID), FirstParty: app.FirstParty,
			CreatedAt: moment(app.CreatedAt), LastUsedAt: moment(one.used), Unused: one.unused,
		}
		if app.LogoURI != "" {
			summary.LogoURI = &app.LogoURI
		}
		if d, ok := declared[app.ID]; ok {
			summary.Declared, summary.Drifted = true, d.Drifted()
		}
		answer.Items = append(answer.Items, summary)
	}
	return answer, nil
}

// seen is an application with when it was last used.
type seen struct {
	app    client.Application
	used   time.Time
	unused bool
}

// find goes through Hydra's pages until there are enough.
func (f finder) find(ctx context.Context, at place) (found []seen, next string, err error) {
	for range maxPages {
		all, after, err := f.api.Hydra.Applications(ctx, at.Page)
		if errors.Is(err, hydra.ErrRefused) && at.Page != "" {
			return nil, "", problem.BadRequest.At("cursor").Because(err)
		}
		if err != nil {
			return nil, "", err
		}
		used, err := f.usage(ctx, all)
		if err != nil {
			return nil, "", err
		}
		for i := at.Index; i < len(all); i++ {
			one := f.seen(all[i], used)
			if !f.matches(ctx, one) {
				continue
			}
			if len(found) == f.limit {
				return found, place{at.Page, i}.cursor(), nil
			}
			found = append(found, one)
		}
		if after == "" {
			return found, "", nil
		}
		at = place{Page: after}
	}
	return found, at.cursor(), nil
}

// usage is when those of a page that are the tenant's were used.
func (f finder) usage(ctx context.Context, all []client.Application) (map[string]time.Time, error) {
	var ids []string
	for _, app := range all {
		if of(access.Tenant(ctx), app) {
			ids = append(ids, app.ID)
		}
	}
	return client.Usage{DB: f.api.DB}.Of(ctx, ids)
}

func (f finder) seen(app client.Application, used map[string]time.Time) seen {
	one := seen{app: app, used: used[app.ID]}
	one.unused = unused(app, one.used, f.api.Clock.Now())
	return one
}

// unused reports whether an application got no token for a long time, and has been
// there for as long.
func unused(app client.Application, used, now time.Time) bool {
	before := now.Add(-client.Unused)
	return used.Before(before) && app.CreatedAt.Before(before)
}

func (f finder) matches(ctx context.Context, one seen) bool {
	app := one.app
	switch {
	case !of(access.Tenant(ctx), app), f.kind != "" && app.Kind() != f.kind, f.unused && !one.unused:
		return false
	case f.q == "":
		return true
	}
	return strings.Contains(strings.ToLower(app.Name), f.q) || strings.Contains(strings.ToLower(app.ID), f.q)
}

// GetApplication is one of them.
func (a *API) GetApplication(ctx context.Context, request GetApplicationRequestObject) (GetApplicationResponseObject, error) {
	app, err := a.one(ctx, request.ID)
	if err != nil {
		return nil, err
	}
	view, err := a.view(ctx, app)
	return GetApplication200JSONResponse(view), err
}

// view is an application with everything that is known of it.
func (a *API) view(ctx context.Context, app client.Application) (Application, error) {
	now := a.Clock.Now()
	used, err := client.Usage{DB: a.DB}.Of(ctx, []string{app.ID})
	if err != nil {
		return Application{}, err
	}
	secret, err := client.Secrets{DB: a.DB}.State(ctx, app.ID, now)
	if err != nil {
		return Application{}, err
	}
	view := Application{
		ID: app.ID, Kind: app.Kind(), Version: app.Version, BuiltIn: client.BuiltIn(app.ID), Reach: reaches[app.Reach()],
		CreatedAt: moment(app.CreatedAt), UpdatedAt: moment(app.UpdatedAt), LastUsedAt: moment(used[app.ID]),
		Unused: unused(app, used[app.ID], now), Settings: app.Settings,
		Secret: ApplicationSecretState{
			Has: app.HasSecret(), Known: secret.Known, ChangedAt: moment(secret.ChangedAt), OverlapUntil: moment(secret.OverlapUntil),
		},
	}
	declared, err := client.Declarations{DB: a.DB}.ByID(ctx, access.Tenant(ctx).ID, app.ID)
	if errors.Is(err, client.ErrUndeclared) {
		return view, nil
	}
	if err != nil {
		return Application{}, err
	}
	declaration, err := a.compared(declared, &app)
	view.Declaration = &declaration
	return view, err
}

var reaches = map[client.Reach]ApplicationReach{client.Ordinary: Ordinary, client.Trusted: Owner, client.Everywhere: System}
