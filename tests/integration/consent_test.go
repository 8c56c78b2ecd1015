package integration_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/authway/authway/tests/harness"
)

func TestDeny(t *testing.T) {
	t.Parallel()
	j := begin(t, nil)
	page := j.signIn(j.visitor.Open(j.app.Start()))
	if arrival := j.app.Arrive(t, page.Submit(nil, "decision=deny")); arrival.Error != "access_denied" {
		t.Errorf("got %+v", arrival)
	}
}

func TestConsentSaysWhoAsksWhomForWhat(t *testing.T) {
	t.Parallel()
	j := begin(t, map[string]any{"client_name": `Shop "<b>&`})
	text := j.signIn(j.visitor.Open(j.app.Start())).Text()
	for _, want := range []string{`Shop "<b>&`, j.email} {
		if !strings.Contains(text, want) {
			t.Errorf("the page does not say %q: %s", want, text)
		}
	}
}

func TestFirstPartySkipsConsent(t *testing.T) {
	t.Parallel()
	j := begin(t, map[string]any{"skip_consent": true})
	arrival := j.app.Arrive(t, j.signIn(j.visitor.Open(j.app.Start())))
	if arrival.Claims["email"] != j.email {
		t.Errorf("claims are %v", arrival.Claims)
	}
}

func TestRememberedConsentSkips(t *testing.T) {
	t.Parallel()
	j := begin(t, nil)
	page := j.signIn(j.visitor.Open(j.app.Start()))
	j.app.Arrive(t, page.Submit(map[string][]string{"remember": {"on"}}, "decision=allow"))
	arrival := j.app.Arrive(t, j.visitor.Open(j.app.Start()))
	if arrival.Claims["email"] != j.email {
		t.Errorf("claims are %v", arrival.Claims)
	}
}

func TestConsentThatIsNotRememberedIsAskedAgain(t *testing.T) {
	t.Parallel()
	j := begin(t, nil)
	page := j.signIn(j.visitor.Open(j.app.Start()))
	j.app.Arrive(t, page.Submit(map[string][]string{"remember": nil}, "decision=allow"))
	if page := j.visitor.Open(j.app.Start()); page.URL.Path != "/consent" {
		t.Errorf("at %s", page.URL)
	}
}

func TestUntickedScopeIsNotGranted(t *testing.T) {
	t.Parallel()
	j := begin(t, nil)
	page := j.signIn(j.visitor.Open(j.app.Start()))
	ticked := page.Fields()["scope"]
	if !slices.Contains(ticked, "email") {
		t.Fatalf("the page offers %v", ticked)
	}
	arrival := j.app.Arrive(t, page.Submit(map[string][]string{"scope": {"openid", "profile"}}, "decision=allow"))
	if _, given := arrival.Claims["email"]; given || arrival.Claims["name"] == nil {
		t.Errorf("claims are %v", arrival.Claims)
	}
	if scope, _ := arrival.Tokens.Extra("scope").(string); scope != "openid profile" {
		t.Errorf("granted %q", scope)
	}
}

func TestForgedScopeIsNotGranted(t *testing.T) {
	t.Parallel()
	j := begin(t, map[string]any{"scope": "openid email admin"})
	j.app.Config.Scopes = []string{"openid"}
	page := j.signIn(j.visitor.Open(j.app.Start()))
	arrival := j.app.Arrive(t, page.Submit(map[string][]string{"scope": {"openid", "admin", "email"}}, "decision=allow"))
	if scope, _ := arrival.Tokens.Extra("scope").(string); scope != "openid" {
		t.Errorf("granted %q", scope)
	}
}

func TestConsentAnsweredTwiceKeepsTheFirstAnswer(t *testing.T) {
	t.Parallel()
	j := begin(t, nil)
	page := j.signIn(j.visitor.Open(j.app.Start()))
	first := page.Once(map[string][]string{"decision": {"allow"}})
	second := page.Once(map[string][]string{"decision": {"deny"}})
	if first.Next() == "" || first.Next() != second.Next() {
		t.Errorf("two answers:\n%s\n%s", first.Next(), second.Next())
	}
}

// Half of them allow, and half deny: Hydra hears one answer.
func TestConsentIsDecidedOnce(t *testing.T) {
	t.Parallel()
	j := begin(t, nil)
	page := j.signIn(j.visitor.Open(j.app.Start()))
	n, answers := postEach(t, func(i int) (*harness.Page, map[string][]string) {
		return page, map[string][]string{"decision": {[]string{"allow", "deny"}[i%2]}}
	})
	n.among(t, "200")
	arrival := j.app.Arrive(t, j.visitor.Open(toOnePlace(t, answers)))
	granted, denied := j.times("consent.granted"), j.times("consent.denied")
	if granted+denied != 1 || (granted == 1) != (arrival.Error == "") {
		t.Errorf("granted %d times, denied %d times; the application is told %q", granted, denied, arrival.Error)
	}
}

func TestConsentWithoutADecision(t *testing.T) {
	t.Parallel()
	j := begin(t, nil)
	page := j.signIn(j.visitor.Open(j.app.Start()))
	answer := page.Once(map[string][]string{"decision": {"perhaps"}})
	says(t, answer, 400, "bad_request")
	j.app.Arrive(t, j.allow(page))
}

func TestBackButtonAfterConsent(t *testing.T) {
	t.Parallel()
	j := begin(t, nil)
	page := j.signIn(j.visitor.Open(j.app.Start()))
	j.app.Arrive(t, page.Submit(map[string][]string{"remember": {"on"}}, "decision=allow"))
	again := j.visitor.Open(page.URL.String())
	says(t, again, 409, "finished")
	if on := j.visitor.Open(again.NextLink()); !j.app.At(on) || on.URL.Query().Get("code") == "" {
		t.Errorf("going on leads to %s", on.URL)
	}
}

func TestTwoTabsAtConsent(t *testing.T) {
	t.Parallel()
	j := begin(t, nil)
	first := j.signIn(j.visitor.Open(j.app.Start()))
	second := j.visitor.Open(j.app.Start())
	if first.URL.Path != "/consent" || second.URL.Path != "/consent" {
		t.Fatalf("at %s and %s", first.URL, second.URL)
	}
	// The first tab's request is sent again, and the person asked once more.
	arrival := j.app.Arrive(t, j.allow(j.allow(first)))
	if arrival.Error != "" {
		t.Errorf("the first tab: %+v", arrival)
	}
}
