package harness

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/authway/authway/shared/account"
	"github.com/authway/authway/shared/administrator"
	"github.com/authway/authway/shared/clock"
	"github.com/authway/authway/shared/session"
	"github.com/authway/authway/shared/tenant"
)

// administration is where the API is.
const administration = "/api/admin/v1"

// Operator is somebody who administers, signed in with a browser.
type Operator struct {
	*Visitor
	User account.User

	system *System
}

// Operator makes an account of the default tenant that has the role for the tenant of
// the slug, or for all if that is "", and signs it in with two factors, just now.
// administrator.None makes somebody who administers nothing.
func (s *System) Operator(t testing.TB, role administrator.Role, slug string) *Operator {
	t.Helper()
	return s.OperatorSince(t, role, slug, 0, session.MethodPassword, session.MethodOTP, session.MethodMFA)
}

// OperatorSince is Operator, signed in some time ago and with the methods.
func (s *System) OperatorSince(t testing.TB, role administrator.Role, slug string, ago time.Duration, methods ...string) *Operator {
	t.Helper()
	home, err := tenant.Store{DB: s.db}.BySlug(t.Context(), tenant.Default)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	id := uuid.New()
	u := account.User{
		ID: id, TenantID: home.ID, Email: "operator-" + id.String() + "@example.org", Name: "Grace Hopper",
		EmailVerifiedAt: &now, CreatedAt: now, UpdatedAt: now,
	}
	if err := (account.Store{DB: s.db}).Create(t.Context(), u); err != nil {
		t.Fatal(err)
	}
	s.grant(t, u, role, slug)
	store := session.Store{DB: s.db, Cache: s.cache, Clock: clock.NewFixed(now.Add(-ago))}
	_, token, err := store.Create(t.Context(), s.db, session.Session{TenantID: home.ID, UserID: id, AMR: methods, IP: "192.0.2.1"})
	if err != nil {
		t.Fatal(err)
	}
	o := &Operator{NewVisitor(t), u, s}
	address, err := url.Parse(s.Endpoints.URL)
	if err != nil {
		t.Fatal(err)
	}
	o.client.Jar.(*cookiejar.Jar).SetCookies(address, []*http.Cookie{{Name: "authway_session", Value: string(token), Path: "/"}})
	return o
}

// Administers gives an account of the default tenant a role for the tenant of the slug,
// or for all if that is "".
func (s *System) Administers(t testing.TB, email string, role administrator.Role, slug string) {
	t.Helper()
	u, err := s.account(t.Context(), email)
	if err != nil {
		t.Fatal(err)
	}
	s.grant(t, u, role, slug)
}

func (s *System) grant(t testing.TB, u account.User, role administrator.Role, slug string) {
	t.Helper()
	grant := administrator.Grant{TenantID: u.TenantID, UserID: u.ID, Role: role, GrantedAt: time.Now()}
	if slug != "" {
		of, err := tenant.Store{DB: s.db}.BySlug(t.Context(), slug)
		if err != nil {
			t.Fatal(err)
		}
		grant.OfTenant = &of.ID
	}
	if err := (administrator.Store{DB: s.db}).Put(t.Context(), grant); err != nil {
		t.Fatal(err)
	}
	// An owner who is left behind would let another test remove the last one.
	t.Cleanup(func() {
		_, _ = s.db.NewDelete().Model((*administrator.Grant)(nil)).Where("user_id = ?", u.ID).Exec(context.Background())
	})
}

// Ask calls the administration API. path begins behind its version.
func (o *Operator) Ask(method, path string, body any) *Answer {
	o.t.Helper()
	return o.Call(method, o.system.Endpoints.URL+administration+path, body)
}

// AskText is Ask with a body as it is, said to be JSON.
func (o *Operator) AskText(method, path, body string) *Answer {
	o.t.Helper()
	request, err := http.NewRequestWithContext(o.t.Context(), method, o.system.Endpoints.URL+administration+path, strings.NewReader(body))
	if err != nil {
		o.t.Fatal(err)
	}
	request.Header.Set("Accept", "application/json")
	request.Header.Set("Sec-Fetch-Site", "same-origin")
	request.Header.Set("Content-Type", "application/json")
	return answerBy(o.t, o.client, request)
}

// Program is a client of the administration API that is no person.
type Program struct {
	ID, Token string

	system *System
}

// Program registers a client of the tenant for the client credentials grant, and gets
// it a token with the scopes. metadata is added to the registration's.
func (s *System) Program(t testing.TB, slug string, metadata map[string]any, scopes ...string) *Program {
	t.Helper()
	said := map[string]any{tenant.MetadataKey: slug}
	for name, value := range metadata {
		said[name] = value
	}
	var made struct {
		ID     string `json:"client_id"`
		Secret string `json:"client_secret"`
	}
	s.HydraAdmin(t, http.MethodPost, "/admin/clients", map[string]any{
		"client_name": "Test program", "grant_types": []string{"client_credentials"}, "response_types": []string{},
		"scope": strings.Join(scopes, " "), "token_endpoint_auth_method": "client_secret_post", "metadata": said,
	}, &made)
	t.Cleanup(func() {
		request, err := http.NewRequest(http.MethodDelete, s.Endpoints.HydraAdminURL+"/admin/clients/"+made.ID, nil)
		if err == nil {
			if response, err := http.DefaultClient.Do(request); err == nil {
				response.Body.Close()
			}
		}
	})
	var granted struct {
		Token string `json:"access_token"`
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.Endpoints.URL+"/oauth2/token", strings.NewReader(url.Values{
		"grant_type": {"client_credentials"}, "client_id": {made.ID}, "client_secret": {made.Secret}, "scope": {strings.Join(scopes, " ")},
	}.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answerOf(t, request).Into(t, http.StatusOK, &granted)
	return &Program{made.ID, granted.Token, s}
}

// Ask calls the administration API with the token.
func (p *Program) Ask(t testing.TB, method, path, body string) *Answer {
	t.Helper()
	return p.system.AskWith(t, p.Token, method, path, body)
}

// AskJSON is Ask with a value that is sent as JSON; nil is no body.
func (p *Program) AskJSON(t testing.TB, method, path string, body any) *Answer {
	t.Helper()
	if body == nil {
		return p.Ask(t, method, path, "")
	}
	encoded, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	return p.Ask(t, method, path, string(encoded))
}

// AskWith calls the administration API with a bearer token.
func (s *System) AskWith(t testing.TB, token, method, path, body string) *Answer {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, s.Endpoints.URL+administration+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+token)
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	return answerOf(t, request)
}

func answerOf(t testing.TB, request *http.Request) *Answer {
	t.Helper()
	return answerBy(t, http.DefaultClient, request)
}

func answerBy(t testing.TB, client *http.Client, request *http.Request) *Answer {
	t.Helper()
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	read, err := io.ReadAll(io.LimitReader(response.Body, 4<<20))
	if err != nil {
		t.Fatal(err)
	}
	return &Answer{Status: response.StatusCode, Header: response.Header, Body: read, call: request.Method + " " + request.URL.Path}
}

// LeaveSessions makes a person's sessions look as if they had not been used for a
// while.
func (s *System) LeaveSessions(t testing.TB, email string, since time.Duration) {
	t.Helper()
	s.exec(t, "UPDATE sessions SET last_seen_at = last_seen_at - make_interval(secs => ?) WHERE user_id = (SELECT id FROM users WHERE email_key = ?)",
		since.Seconds(), account.EmailKey(email))
	s.forgetCopies(t)
}

// Purge removes an account and everything that is its own.
func (s *System) Purge(t testing.TB, email string) {
	t.Helper()
	s.exec(t, "DELETE FROM users WHERE email_key = ?", account.EmailKey(email))
}
