package integration_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/authway/authway/shared/audit"
	"github.com/authway/authway/shared/postgres"
	"github.com/authway/authway/shared/revocation"
	"github.com/authway/authway/shared/tenant"
	"github.com/authway/authway/tests/harness"
)

// administration ends things in these tests.
var administration = revocation.By{
	TenantID: uuid.MustParse("00000000-0000-4000-8000-000000000001"), ActorKind: audit.ActorSystem, ActorID: "test",
}

// holding is a person with two browsers, and a stranger, all at applications.
type holding struct {
	resident
	server harness.ResourceServer
	// other is the person's other browser.
	other    resident
	stranger journey
	second   *harness.App
}

func beginHolding(t *testing.T) holding {
	t.Helper()
	r := atHome(t)
	other := r
	other.visitor = harness.NewVisitor(t)
	other.enter(other.visitor)
	stranger := begin(t, nil)
	stranger.app = r.app
	return holding{
		resident: r, other: other, stranger: stranger, second: r.system.NewApp(t, nil),
		server: r.system.NewResourceServer(t, tenant.Default, word(), "https://api.example/"+word()),
	}
}

// arrive is what somebody gets at an application.
func (h holding) arrive(j journey, app *harness.App) harness.Arrival {
	h.t.Helper()
	return app.Arrive(h.t, h.pending(j, app))
}

// pending is somebody on the way back to an application, with a code.
func (h holding) pending(j journey, app *harness.App) *harness.Page {
	h.t.Helper()
	page := j.visitor.Open(app.Start())
	if page.URL.Path == "/login" {
		page = j.signIn(page)
	}
	if app.At(page) {
		return page
	}
	return j.allow(page)
}

// ended fails the test unless nobody takes the tokens any more.
func (h holding) ended(who string, app *harness.App, a harness.Arrival) {
	h.t.Helper()
	if h.introspect(a.Tokens.AccessToken) {
		h.t.Errorf("%s: Hydra takes the access token", who)
	}
	h.server.AwaitInactive(h.t, a.Tokens.AccessToken)
	if _, err := app.TryRefresh(h.t.Context(), a.Tokens); err == nil {
		h.t.Errorf("%s: the refresh token is redeemed", who)
	}
}

// lives fails the test unless everybody takes the tokens.
func (h holding) lives(who string, app *harness.App, a harness.Arrival) {
	h.t.Helper()
	if !h.introspect(a.Tokens.AccessToken) || !h.server.Active(h.t, a.Tokens.AccessToken) {
		h.t.Errorf("%s: the access token has ended", who)
	}
	app.Refresh(h.t, a.Tokens)
}

func (h holding) known(arrivals ...harness.Arrival) {
	h.t.Helper()
	for _, a := range arrivals {
		// Kept from now on, by this process and by all.
		if !h.server.Active(h.t, a.Tokens.AccessToken) {
			h.t.Fatal("a token is not active to begin with")
		}
	}
}

func TestRevokeOneSession(t *testing.T) {
	t.Parallel()
	h := beginHolding(t)
	third := h.system.NewApp(t, map[string]any{"skip_consent": true})
	otherThird := h.arrive(h.other.journey, third)
	own, others, strangers := h.arrive(h.journey, h.app), h.arrive(h.other.journey, h.second), h.arrive(h.stranger, h.app)
	// Hydra does not ask for this one: what the other browser let in is remembered.
	silent := h.arrive(h.journey, third)
	pending := h.pending(h.journey, third)
	h.known(own, others, strangers, silent, otherThird)
	subject, id := uuid.MustParse(own.IDToken.Subject), uuid.MustParse(h.overview().Session.ID)
	revoker := h.system.Revoker(t)
	if err := revoker.Session(t.Context(), administration, uuid.MustParse(strangers.IDToken.Subject), id); !errors.Is(err, revocation.ErrForeign) {
		t.Errorf("as a stranger's: %v", err)
	}
	for range 2 {
		if err := revoker.Session(t.Context(), administration, subject, id); err != nil {
			t.Fatal(err)
		}
	}
	h.ended("the session's", h.app, own)
	h.ended("the session's, not asked for", third, silent)
	if err := third.TryArrive(t, pending); err == nil {
		t.Error("a code of the session is redeemed")
	}
	h.lives("the other browser's", h.second, others)
	h.lives("a stranger's", h.app, strangers)
	h.call(http.MethodGet, "", nil).Refused(t, 401, "unauthenticated", "")
	h.other.overview()
	if recorded := h.system.RecordedOf(t, subject.String()); !slices.ContainsFunc(recorded, func(e string) bool {
		return strings.HasPrefix(e, "session.ended") && strings.Contains(e, id.String())
	}) {
		t.Errorf("it is not in the log: %v", recorded)
	}
}

func TestRevokeAnApplication(t *testing.T) {
	t.Parallel()
	h := beginHolding(t)
	own, others, strangers := h.arrive(h.journey, h.app), h.arrive(h.other.journey, h.second), h.arrive(h.stranger, h.app)
	renewed := h.app.Refresh(t, own.Tokens)
	pending := h.pending(h.journey, h.app)
	h.known(renewed, others, strangers)
	for range 2 {
		if err := h.system.Revoker(t).Client(t.Context(), administration, h.app.ClientID); err != nil {
			t.Fatal(err)
		}
	}
	h.ended("the person's", h.app, renewed)
	h.ended("a stranger's", h.app, strangers)
	if err := h.app.TryArrive(t, pending); err == nil {
		t.Error("a code from before is redeemed")
	}
	h.lives("another application's", h.second, others)
	h.overview()
	// What begins after that second is a new grant.
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(20 * time.Second); h.app.TryArrive(t, h.pending(h.journey, h.app)) != nil; <-tick.C {
		if time.Now().After(end) {
			t.Fatal("the application gets no tokens any more")
		}
	}
}

func TestRevokeAPerson(t *testing.T) {
	t.Parallel()
	h := beginHolding(t)
	hears := newTold(t, h.system, nil)
	own, others, strangers := h.arrive(h.journey, h.app), h.arrive(h.other.journey, h.second), h.arrive(h.stranger, h.app)
	sid, _ := h.arrive(h.journey, hears.App).Claims["sid"].(string)
	pending := h.pending(h.other.journey, h.second)
	h.known(own, others, strangers)
	subject := uuid.MustParse(own.IDToken.Subject)
	for range 2 {
		err := h.system.Revoker(t).Account(t.Context(), administration, subject, func(context.Context, postgres.IDB) error { return nil })
		if err != nil {
			t.Fatal(err)
		}
	}
	h.ended("the one browser's", h.app, own)
	h.ended("the other browser's", h.second, others)
	if err := h.second.TryArrive(t, pending); err == nil {
		t.Error("a code from before is redeemed")
	}
	if n := h.system.LivingSessions(t, h.email); n != 0 {
		t.Errorf("%d sessions are left", n)
	}
	hears.hears(t, h.system.Issuer(t), sid)
	h.lives("a stranger's", h.app, strangers)
}
