package integration_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/authway/authway/shared/administrator"
	"github.com/authway/authway/shared/tenant"
	"github.com/authway/authway/tests/harness"
)

// crowd is a tenant with people whose addresses and names begin alike.
type crowd struct {
	office
	mark string
}

func beginCrowd(t *testing.T) crowd {
	t.Helper()
	system, home := harness.Run(t), "of-"+word()
	system.AddTenant(t, home)
	c := crowd{office{system.Operator(t, administrator.Operator, home), t, system, home}, word()}
	for i, name := range []string{"Zoe " + c.mark, c.mark + " One", "%" + c.mark, strings.ToUpper(c.mark) + " Two"} {
		system.AddUserTo(t, home, fmt.Sprintf("%d-%s@example.org", i, c.mark), name, password)
	}
	system.AddUserTo(t, home, c.mark+"@example.org", c.mark+" Three", password)
	return c
}

func (c crowd) list(query string) (p asPeople) {
	c.t.Helper()
	c.Ask(http.MethodGet, c.users("?"+query), nil).Into(c.t, 200, &p)
	return p
}

// numbered are the addresses that begin with the digits; m is the one without.
func (c crowd) numbered(digits string) (emails []string) {
	for _, d := range digits {
		emails = append(emails, strings.TrimPrefix(string(d)+"-"+c.mark+"@example.org", "m-"))
	}
	return emails
}

func TestAdministratorSearches(t *testing.T) {
	t.Parallel()
	c := beginCrowd(t)
	mark, list, numbered := c.mark, c.list, c.numbered
	for query, want := range map[string]string{
		"search=" + mark:                     "m13",
		"search=" + strings.ToUpper(mark):    "m13",
		"search=" + mark + "&by=email":       "m",
		"search=" + mark + "&by=name":        "1m3",
		"search=" + url.QueryEscape("%"):     "2",
		"search=2-" + mark + "@example.org":  "2",
		"search=" + mark + "&state=blocked":  "",
		"search=" + mark + "&by=id":          "",
		"state=invited":                      "",
		"state=active":                       "m3210",
		"administers=true":                   "",
		"createdTo=2001-01-01T00:00:00Z":     "",
		"createdFrom=2001-01-01T00:00:00Z":   "m3210",
		"role=editor":                        "",
		"search=" + mark + "&state=active":   "m13",
		"search=" + mark + "%20&by=name":     "1m3",
		"search=" + mark + "%20t&by=name":    "m3",
		"search=" + mark + "&role=editor":    "",
		"search=" + url.QueryEscape(`\'";_`): "",
	} {
		if got := list(query).emails(); !slices.Equal(got, numbered(want)) {
			t.Errorf("%s finds %v, want %v", query, got, numbered(want))
		}
	}
}

func TestSearchesGiveEachOnce(t *testing.T) {
	t.Parallel()
	c := beginCrowd(t)
	mark, list := c.mark, c.list
	// Each once, whatever the page.
	for _, query := range []string{"search=" + mark, "state=active", "search=" + mark + "&by=name", ""} {
		whole := list(query).emails()
		var all []string
		for cursor := ""; ; {
			page := list(query + "&limit=1&cursor=" + url.QueryEscape(cursor))
			all = append(all, page.emails()...)
			if cursor = page.Next; cursor == "" {
				break
			}
		}
		if !slices.Equal(all, whole) || len(whole) < 3 {
			t.Errorf("%s: page by page %v, at once %v", query, all, whole)
		}
	}
	id := list("search=2-" + mark).Items[0].ID
	for _, text := range []string{id, strings.ToUpper(id[:8]), id[:13]} {
		if got := list("search=" + text).emails(); !slices.Contains(got, c.numbered("2")[0]) {
			t.Errorf("by %s there is %v", text, got)
		}
	}
	for query, field := range map[string]string{
		"search=%ff": "search", "cursor=x": "cursor", "cursor=time." + uuid.NewString(): "cursor", "limit=201": "limit",
		"state=odd": "state", "createdTo=0000-01-01T00:00:00Z": "createdTo", "createdFrom=yesterday": "createdFrom",
	} {
		c.Ask(http.MethodGet, c.users("?"+query), nil).Refused(t, 400, "bad_request", field)
	}
}

// Somebody of another tenant is not there.
func TestAdministratorReachesNobodyElsewhere(t *testing.T) {
	t.Parallel()
	c := beginCrowd(t)
	elsewhere := someone()
	c.system.AddUser(t, elsewhere, "Ada Elsewhere", password)
	stranger := office{c.Operator, t, c.system, tenant.Default}.idOf(elsewhere)
	for _, path := range []string{"", "/sessions", "/consents", "/history"} {
		c.Ask(http.MethodGet, c.users("/"+stranger+path), nil).Refused(t, 404, "not_found", "")
	}
	for _, what := range []string{"block", "unblock", "revoke", "delete", "restore", "factors/reset", "sessions/end", "consents/x/revoke"} {
		c.do(stranger, what).Refused(t, 404, "not_found", "")
	}
}
