package integration_test

import (
	"bytes"
	"encoding/base64"
	"image"
	"image/color"
	"image/png"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/authway/authway/shared/administrator"
	"github.com/authway/authway/tests/harness"
)

// boundary is a tenant of its own, its owner, and somebody with an account in front of
// one of its applications.
type boundary struct {
	journey
	slug  string
	owner *harness.Operator
}

type demands struct {
	MinPassword     int      `json:"minPassword"`
	RequireMfa      bool     `json:"requireMfa"`
	Registration    string   `json:"registration"`
	Providers       []string `json:"providers"`
	SessionIdle     *int     `json:"sessionIdle"`
	SessionAbsolute *int     `json:"sessionAbsolute"`
}

type tenantSettings struct {
	Slug, Name, Version string
	Look                struct {
		Accent, Logo, Support, Terms, Privacy string
		Welcome                               map[string]string
	}
	Demands    demands
	Configured []struct{ ID, Name string }
}

func beginBoundary(t *testing.T) boundary {
	t.Helper()
	system := harness.Run(t)
	slug := "of-" + strings.Split(someone(), "@")[0]
	system.AddTenant(t, slug)
	b := boundary{slug: slug, owner: system.Operator(t, administrator.Owner, slug), journey: journey{
		t: t, system: system, visitor: harness.NewVisitor(t), email: someone(),
		app: system.NewApp(t, map[string]any{"metadata": map[string]any{"tenant": slug}}),
	}}
	system.AddUserTo(t, slug, b.email, "Ada Lovelace", password)
	return b
}

func (b boundary) settings() (s tenantSettings) {
	b.t.Helper()
	b.owner.Ask(http.MethodGet, "/tenants/"+b.slug, nil).Into(b.t, 200, &s)
	return s
}

func (b boundary) edit(body map[string]any) *harness.Answer {
	b.t.Helper()
	body["version"] = b.settings().Version
	return b.owner.Ask(http.MethodPatch, "/tenants/"+b.slug, body)
}

// demand changes what the tenant demands.
func (b boundary) demand(change func(*demands)) {
	b.t.Helper()
	d := b.settings().Demands
	change(&d)
	if answer := b.edit(map[string]any{"demands": d, "reason": "a test"}); answer.Status != 200 {
		b.t.Fatalf("the demands are not taken: %s", answer)
	}
}

func lookOf(changes map[string]any) map[string]any {
	look := map[string]any{"accent": "", "support": "", "terms": "", "privacy": "", "welcome": map[string]string{}}
	for name, value := range changes {
		look[name] = value
	}
	return look
}

// flow is what the script of a static page is told.
func (b boundary) flow(page *harness.Page, more string) *harness.Answer {
	b.t.Helper()
	return b.visitor.Call(http.MethodGet, b.system.Endpoints.URL+"/api/login/flow?"+page.URL.RawQuery+more, nil)
}

func picture(t *testing.T) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := png.Encode(&out, image.NewPaletted(image.Rect(0, 0, 32, 32), color.Palette{color.Black})); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestTenantLooksAsItsOwnerSays(t *testing.T) {
	t.Parallel()
	b := beginBoundary(t)
	logo := picture(t)
	b.edit(map[string]any{"name": " Acme & Co ", "look": lookOf(map[string]any{
		"accent": "#7c3aed", "support": "help@acme.example", "terms": "https://acme.example/terms", "privacy": "https://acme.example/privacy",
		"welcome": map[string]string{"en": "Good to see <you>", "ko": "어서 오세요"}, "logo": base64.StdEncoding.EncodeToString(logo),
	})}).Into(t, 200, &struct{}{})
	is := b.settings()
	if is.Name != "Acme & Co" || is.Look.Accent != "#7c3aed" || is.Look.Welcome["ko"] != "어서 오세요" || !strings.HasPrefix(is.Look.Logo, "/login/brand/") {
		t.Fatalf("the settings are %+v", is)
	}

	// With script: the static page is told.
	page := b.visitor.Open(b.app.Start())
	var told struct {
		Look struct{ Name, Logo, Accent, Welcome, Help, Terms, Privacy string }
	}
	b.flow(page, "&locale=ko").Into(t, 200, &told)
	if l := told.Look; l.Name != "Acme & Co" || l.Logo != is.Look.Logo || l.Accent != "7c3aed" || l.Welcome != "어서 오세요" ||
		l.Help != "mailto:help@acme.example" || l.Terms != "https://acme.example/terms" || l.Privacy != "https://acme.example/privacy" {
		t.Errorf("the script is told %+v", l)
	}
	// Without: the page that the function draws, and the steps after it.
	drawn := page.Submit(nil, "action=others")
	for _, want := range []string{"Acme &amp; Co", "/login/brand/7c3aed.css", is.Look.Logo, "mailto:help@acme.example", "https://acme.example/terms", "Good to see &lt;you&gt;"} {
		if !strings.Contains(drawn.Body, want) {
			t.Errorf("the drawn page lacks %s", want)
		}
	}
	if consent := b.signIn(drawn); consent.URL.Path != "/consent" || !strings.Contains(consent.Body, "/login/brand/7c3aed.css") ||
		!strings.Contains(consent.Body, "Acme &amp; Co") {
		t.Errorf("the consent page at %s does not show the tenant", consent.URL)
	}

	brandServed(t, b.system.Endpoints.URL+is.Look.Logo, "image/png", logo)
	brandServed(t, b.system.Endpoints.URL+"/login/brand/7c3aed.css", "text/css; charset=utf-8", nil)
	for _, none := range []string{strings.Repeat("0", 64), "ffffff.css", "7c3aed", "..%2f..%2fetc", "7C3AED.css", "x.css"} {
		if response, _ := get(t, b.system.Endpoints.URL+"/login/brand/"+none, ""); response.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %d", none, response.StatusCode)
		}
	}
	// No picture any more, and the rest stays.
	b.edit(map[string]any{"look": lookOf(map[string]any{"accent": "#7c3aed", "logo": ""})}).Into(t, 200, &struct{}{})
	if is := b.settings(); is.Look.Logo != "" || is.Look.Accent != "#7c3aed" || is.Look.Support != "" || is.Name != "Acme & Co" {
		t.Errorf("the settings are %+v", is)
	}
}

// brandServed fails the test unless a file of a brand is there for ever, and is nothing but
// what it says.
func brandServed(t *testing.T, address, mediaType string, content []byte) {
	t.Helper()
	response, body := get(t, address, "")
	h := response.Header
	if response.StatusCode != 200 || h.Get("Content-Type") != mediaType || content != nil && body != string(content) {
		t.Errorf("%s: %d %s with %d bytes", address, response.StatusCode, h.Get("Content-Type"), len(body))
	}
	if !strings.Contains(h.Get("Cache-Control"), "immutable") || h.Get("X-Content-Type-Options") != "nosniff" ||
		!strings.Contains(h.Get("Content-Security-Policy"), "sandbox") {
		t.Errorf("%s: %v", address, h)
	}
}

func TestSettingsThatCannotBeAreRefused(t *testing.T) {
	t.Parallel()
	b := beginBoundary(t)
	before := b.settings()
	svg := base64.StdEncoding.EncodeToString([]byte(`<svg xmlns="http://www.w3.org/2000/svg"/>`))
	for _, c := range []struct {
		look        map[string]any
		code, field string
	}{
		{map[string]any{"accent": "#ffff00"}, "accent_unreadable", "look.accent"},
		{map[string]any{"accent": "#ffffff"}, "accent_unreadable", "look.accent"},
		{map[string]any{"support": "javascript:alert(1)"}, "setting_invalid", "look.support"},
		{map[string]any{"support": "http://acme.example"}, "setting_invalid", "look.support"},
		{map[string]any{"terms": "https://a b"}, "setting_invalid", "look.terms"},
		{map[string]any{"privacy": "https://user@acme.example"}, "setting_invalid", "look.privacy"},
		{map[string]any{"welcome": map[string]string{"en": "two\nlines"}}, "setting_invalid", "look.welcome"},
		{map[string]any{"welcome": map[string]string{"en": "turned \u202e around"}}, "setting_invalid", "look.welcome"},
		{map[string]any{"logo": svg}, "picture_invalid", "look.logo"},
		{map[string]any{"logo": "not base64"}, "picture_invalid", "look.logo"},
	} {
		b.edit(map[string]any{"look": lookOf(c.look)}).Refused(t, 422, c.code, c.field)
	}
	d := before.Demands
	d.MinPassword = 11
	b.edit(map[string]any{"demands": d}).Refused(t, 400, "bad_request", "demands.minPassword")
	b.edit(map[string]any{"name": "\t"}).Refused(t, 422, "setting_invalid", "name")
	stale := b.owner.Ask(http.MethodPatch, "/tenants/"+b.slug, map[string]any{"version": before.Version, "name": "First"})
	late := b.owner.Ask(http.MethodPatch, "/tenants/"+b.slug, map[string]any{"version": before.Version, "name": "Second"})
	if stale.Status != 200 || b.settings().Name != "First" {
		t.Errorf("the first edit: %s", stale)
	}
	late.Refused(t, 409, "conflict", "")
}

func TestRegistrationIsClosed(t *testing.T) {
	t.Parallel()
	b := beginBoundary(t)
	open := b.visitor.Open(b.app.Start())
	form := open.Submit(nil, "action=register")
	waiting := b.fillIn(harness.NewVisitor(t).Open(b.app.Start()).Submit(nil, "action=register"), someone())
	b.demand(func(d *demands) { d.Registration = "invited" })

	b.flow(open, "&page=register").Refused(t, 403, "registration_closed", "")
	var told struct{ Closed bool }
	b.flow(open, "&page=login").Into(t, 200, &told)
	if !told.Closed {
		t.Error("the script of the sign-in page is not told")
	}
	email := someone()
	for name, page := range map[string]*harness.Page{
		"the way to the form": open.Submit(nil, "action=register"),
		"the form":            form.Submit(map[string][]string{"name": {"Grace"}, "email": {email}, "password": {newPassword}}, ""),
	} {
		says(t, page, 403, "registration_closed")
		if !strings.Contains(page.NextLink(), "/login?flow=") {
			t.Errorf("%s leads to %q", name, page.NextLink())
		}
	}
	if mails := b.system.Mails(t, email); len(mails) > 0 || b.system.CountUsers(t, email) > 0 {
		t.Errorf("somebody was let in: %d mails", len(mails))
	}
	// Who had begun before comes too late.
	address := waiting.View().Account
	says(t, enter(waiting, b.system.AwaitMail(t, address, 1).Code()), 422, "cannot_register")
	if b.system.CountUsers(t, address) > 0 {
		t.Error("an account was made of a registration from before")
	}
	b.app.Arrive(t, b.allow(b.signIn(b.visitor.Open(b.app.Start()))))
}

func TestProvidersMakeNoAccountsWhereRegistrationIsClosed(t *testing.T) {
	t.Parallel()
	b := beginBoundary(t)
	b.system.Provider(t)
	b.demand(func(d *demands) { d.Registration = "invited" })
	for _, verified := range [][]string{{"on"}, nil} {
		g := guest{subject: someone(), journey: b.journey}
		g.visitor, g.email = harness.NewVisitor(t), someone()
		g.says = map[string][]string{"subject": {g.subject}, "email": {g.email}, "name": {"Grace Hopper"}, "verified": verified}
		says(t, g.reach("/login/provider", g.by(harness.ProviderOpen)), 200, "registration_closed")
		if b.system.CountUsers(t, g.email) > 0 || len(b.system.Mails(t, g.email)) > 0 {
			t.Error("the provider has let somebody in")
		}
	}
	// Who has an account links it, as before.
	g := guest{subject: someone(), journey: b.journey}
	g.system.VerifyEmail(t, g.email)
	g.says = map[string][]string{"subject": {g.subject}, "email": {g.email}, "name": {"Ada"}, "verified": {"on"}}
	page := g.by(harness.ProviderOpen)
	says(t, page, 200, "provider_link_first")
	g.app.Arrive(t, g.allow(g.signIn(page)))
	g.visitor = harness.NewVisitor(t)
	g.app.Arrive(t, g.allow(g.by(harness.ProviderOpen)))
}

func TestOnlySomeProvidersAreOffered(t *testing.T) {
	t.Parallel()
	b := beginBoundary(t)
	b.system.Provider(t)
	var ids []string
	for _, p := range b.settings().Configured {
		ids = append(ids, p.ID)
	}
	if !slices.Contains(ids, harness.ProviderOpen) || slices.Contains(ids, harness.ProviderClosed) {
		t.Errorf("the configured providers are %v", ids)
	}
	for _, offered := range [][]string{{harness.ProviderTrusted}, {}} {
		b.demand(func(d *demands) { d.Providers = offered })
		b.visitor = harness.NewVisitor(t)
		page := b.visitor.Open(b.app.Start())
		var flow struct{ Providers []struct{ ID string } }
		b.flow(page, "").Into(t, 200, &flow)
		if len(flow.Providers) != len(offered) || len(offered) > 0 && flow.Providers[0].ID != offered[0] {
			t.Errorf("with %v the page offers %v", offered, flow.Providers)
		}
		drawn := page.Submit(nil, "action=others")
		if drawn.Link("/login/provider/"+harness.ProviderOpen+"?") != "" || (drawn.Link("/login/provider/"+harness.ProviderTrusted) != "") != (len(offered) > 0) {
			t.Errorf("with %v the drawn page offers others", offered)
		}
		// Nor can it be asked for by its address.
		says(t, b.visitor.Open(b.system.Endpoints.URL+"/login/provider/"+harness.ProviderOpen+"?"+page.URL.RawQuery), 404, "not_found")
	}
	b.demand(func(d *demands) { d.Providers = nil })
	if d := b.settings().Demands; d.Providers != nil {
		t.Errorf("all are %v", d.Providers)
	}
}

func TestPasswordsAreAsLongAsTheTenantWants(t *testing.T) {
	t.Parallel()
	b := beginBoundary(t)
	b.demand(func(d *demands) { d.MinPassword = 30 })
	const long = "thirty characters are not that many"
	email := someone()
	form := b.visitor.Open(b.app.Start()).Submit(nil, "action=register")
	short := form.Submit(map[string][]string{"name": {"Grace"}, "email": {email}, "password": {newPassword}}, "")
	says(t, short, 422, "password_short")
	if view := short.View(); view.Least != 30 || !strings.Contains(short.Text(), "30") {
		t.Errorf("the page asks for %d: %s", view.Least, short.Text())
	}
	page := short.Submit(map[string][]string{"name": {"Grace"}, "email": {email}, "password": {long}}, "")
	b.allow(enter(page, b.system.AwaitMail(t, email, 1).Code()))

	// A password that exists stays, and its person may have to choose a longer one.
	j := b.journey
	j.visitor = harness.NewVisitor(t)
	b.app.Arrive(t, j.allow(j.signIn(j.visitor.Open(b.app.Start()))))
	r := resident{j}
	r.call(http.MethodPut, "/password", map[string]any{"current": password, "password": newPassword}).Refused(t, 422, "password_short", "password")
	if answer := r.call(http.MethodPut, "/password", map[string]any{"current": password, "password": long}); answer.Status != 204 {
		t.Errorf("a long password: %s", answer)
	}

	j.email = someone()
	b.system.AddUserTo(t, b.slug, j.email, "Grace Hopper", password)
	page = j.forgot(harness.NewVisitor(t), j.email)
	page = j.atNewPassword(enter(page, b.system.AwaitMail(t, j.email, 1).Code()))
	says(t, choose(page, newPassword), 422, "password_short")
	if page := choose(page, long+" at all"); page.URL.Path != "/consent" {
		t.Errorf("a long password leads to %s with %q", page.URL, page.Alert())
	}
}

func TestSessionsLiveAsLongAsTheTenantSays(t *testing.T) {
	t.Parallel()
	b := beginBoundary(t)
	r := resident{b.journey}
	b.app.Arrive(t, b.allow(b.signIn(b.visitor.Open(b.app.Start()))))
	r.call(http.MethodGet, "", nil).Into(t, 200, &struct{}{})
	b.system.AgeSessions(t, b.email, 2*time.Hour)
	r.call(http.MethodGet, "", nil).Into(t, 200, &struct{}{})
	hour := 3600
	b.demand(func(d *demands) { d.SessionAbsolute = &hour })
	b.system.AgeSessions(t, b.email, 0)
	r.call(http.MethodGet, "", nil).Refused(t, 401, "unauthenticated", "")
	b.demand(func(d *demands) { d.SessionAbsolute = nil })
	b.system.AgeSessions(t, b.email, 0)
	r.call(http.MethodGet, "", nil).Into(t, 200, &struct{}{})
	b.system.LeaveSessions(t, b.email, 2*time.Hour)
	b.demand(func(d *demands) { d.SessionIdle = &hour })
	r.call(http.MethodGet, "", nil).Refused(t, 401, "unauthenticated", "")
}

func TestEverybodyNeedsASecondFactor(t *testing.T) {
	t.Parallel()
	b := beginBoundary(t)
	b.demand(func(d *demands) { d.RequireMfa = true })
	if page := b.signIn(b.visitor.Open(b.app.Start())); page.URL.Path != "/login/enrol" {
		t.Errorf("a password alone leads to %s", page.URL)
	}
}
