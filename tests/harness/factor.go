package harness

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"
	"golang.org/x/net/html"

	"github.com/authway/authway/frontend/pages"
	"github.com/authway/authway/shared/account"
	"github.com/authway/authway/shared/clock"
	"github.com/authway/authway/shared/factor"
	"github.com/authway/authway/shared/seal"
	"github.com/authway/authway/shared/tenant"
)

// step is how long a code of an authenticator app lasts.
const step = 30 * time.Second

// Phone is an authenticator app. The system's clock is the machine's, so that a
// test has two codes without waiting: the one of now, and the next one.
type Phone struct {
	t    testing.TB
	key  string
	last time.Time
}

// NewPhone is an app into which a key was typed.
func NewPhone(t testing.TB, key string) *Phone {
	return &Phone{t: t, key: strings.ReplaceAll(key, " ", "")}
}

// Code is one that the app has not given before.
func (p *Phone) Code() string {
	p.t.Helper()
	at := time.Now()
	if next := p.last.Add(step); at.Before(next) {
		at = next
	}
	if at.After(time.Now().Add(step)) {
		p.t.Fatal("harness: the app has no third code before the next half minute (ForgetSteps)")
	}
	p.last = at.Truncate(step)
	code, err := totp.GenerateCode(p.key, at)
	if err != nil {
		p.t.Fatal(err)
	}
	return code
}

// Again is the code that the app gave last.
func (p *Phone) Again() string {
	p.t.Helper()
	code, err := totp.GenerateCode(p.key, p.last)
	if err != nil {
		p.t.Fatal(err)
	}
	return code
}

// Key is what was typed into the app.
func (p *Phone) Key() string { return p.key }

// Wrong is a code that the app gives at no time near.
func (p *Phone) Wrong() string {
	p.t.Helper()
	near := map[string]bool{}
	for at := time.Now().Add(-4 * step); at.Before(time.Now().Add(4 * step)); at = at.Add(step) {
		code, err := totp.GenerateCode(p.key, at)
		if err != nil {
			p.t.Fatal(err)
		}
		near[code] = true
	}
	for _, code := range []string{"000000", "111111", "222222", "333333", "444444", "555555", "666666", "777777", "888888", "999999"} {
		if !near[code] {
			return code
		}
	}
	p.t.Fatal("harness: every code is right")
	return ""
}

// RequireMFA makes a tenant ask everybody for a second factor.
func (s *System) RequireMFA(t testing.TB, slug string) {
	t.Helper()
	s.exec(t, "UPDATE tenants SET require_mfa = true WHERE slug = ?", slug)
}

// EnrolPhone gives an account an app, and recovery codes that were kept.
func (s *System) EnrolPhone(t testing.TB, email string) (*Phone, []string) {
	t.Helper()
	box, err := seal.New([]string{MasterKey()})
	if err != nil {
		t.Fatal(err)
	}
	u, err := s.account(t.Context(), email)
	if err != nil {
		t.Fatal(err)
	}
	// Long ago, so that the codes of now are still to be used.
	then := clock.NewFixed(time.Now().Add(-time.Hour))
	store := factor.Store{DB: s.db, Box: box, Clock: then}
	owner := factor.Owner{TenantID: u.TenantID, UserID: u.ID}
	begun, err := store.Begin(t.Context(), owner, t.Name(), "harness", email)
	if err != nil {
		t.Fatal(err)
	}
	phone := NewPhone(t, begun.Secret)
	code, err := totp.GenerateCode(phone.key, then.Now())
	if err != nil {
		t.Fatal(err)
	}
	if result, err := store.Confirm(t.Context(), u.ID, t.Name(), code); err != nil || !result.Right {
		t.Fatalf("harness: enrol a phone: %+v, %v", result, err)
	}
	if err := store.IssueCodes(t.Context(), owner); err != nil {
		t.Fatal(err)
	}
	codes, err := store.UnreadCodes(t.Context(), u.ID)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := store.KeptCodes(t.Context(), u.ID); err != nil {
		t.Fatal(err)
	}
	return phone, codes
}

// Secrets are what is kept of an account's password, app and recovery codes.
func (s *System) Secrets(t testing.TB, email string) (kept []string) {
	t.Helper()
	err := s.db.NewRaw(`SELECT DISTINCT s FROM credentials, unnest(ARRAY[secret, reveal]) AS s
		WHERE s <> '' AND user_id = (SELECT id FROM users WHERE email_key = ?)`, account.EmailKey(email)).
		Scan(t.Context(), &kept)
	if err != nil {
		t.Fatal(err)
	}
	return kept
}

func (s *System) account(ctx context.Context, email string) (account.User, error) {
	var u account.User
	err := s.db.NewSelect().Model(&u).Column("id", "tenant_id", "email").
		Where("email_key = ?", account.EmailKey(email)).Scan(ctx)
	return u, err
}

// ForgetSteps makes the system forget which codes of the app it has had.
func (s *System) ForgetSteps(t testing.TB, email string, p *Phone) {
	t.Helper()
	s.exec(t, "UPDATE credentials SET last_step = 0 WHERE user_id = (SELECT id FROM users WHERE email_key = ?)", account.EmailKey(email))
	p.last = time.Time{}
}

// Recorded are the actions in the audit log about an account, each with its
// detail, the oldest first.
func (s *System) Recorded(t testing.TB, email string) (events []string) {
	t.Helper()
	err := s.db.NewRaw(`SELECT action || ' ' || detail::text FROM audit_events
		WHERE subject_id = (SELECT id::text FROM users WHERE email_key = ?) ORDER BY at`, account.EmailKey(email)).
		Scan(t.Context(), &events)
	if err != nil {
		t.Fatal(err)
	}
	return events
}

// View is what the page was drawn from.
func (p *Page) View() pages.View {
	p.visitor.t.Helper()
	var view pages.View
	for n := range p.root.Descendants() {
		if n.Type == html.ElementNode && n.Data == "script" && attribute(n, "id") == "view" && n.FirstChild != nil {
			if err := json.Unmarshal([]byte(n.FirstChild.Data), &view); err != nil {
				p.visitor.t.Fatalf("harness: the view of %s: %v", p.URL.Path, err)
			}
		}
	}
	return view
}

// AddUserTo makes an account of a tenant.
func (s *System) AddUserTo(t testing.TB, slug, email, name, password string) {
	t.Helper()
	home, err := (tenant.Store{DB: s.db}).BySlug(t.Context(), slug)
	if err != nil {
		t.Fatal(err)
	}
	s.addUser(t, home, email, name, password)
}
