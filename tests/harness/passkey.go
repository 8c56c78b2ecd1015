package harness

import (
	"encoding/json"
	"net/http"
	"net/url"
	"testing"

	"github.com/authway/authway/shared/account"
	"github.com/authway/authway/shared/clock"
	"github.com/authway/authway/shared/factor"
	"github.com/authway/authway/shared/passkey"
	"github.com/authway/authway/shared/seal"
	"github.com/authway/authway/shared/session"
)

// EnrolPasskey gives an account a passkey of the authenticator, and recovery codes
// that are still to be kept if it had none.
func (s *System) EnrolPasskey(t testing.TB, email string, a *Authenticator) {
	t.Helper()
	box, err := seal.New([]string{MasterKey()})
	if err != nil {
		t.Fatal(err)
	}
	public, err := url.Parse(s.Endpoints.URL)
	if err != nil {
		t.Fatal(err)
	}
	u, err := s.account(t.Context(), email)
	if err != nil {
		t.Fatal(err)
	}
	// A ceremony has a place; this one is gone when it is over.
	sessions := session.Store{DB: s.db, Cache: s.cache, Clock: clock.System()}
	held, _, err := sessions.Create(t.Context(), s.db, session.Session{TenantID: u.TenantID, UserID: u.ID, AMR: []string{}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.exec(t, "DELETE FROM sessions WHERE id = ?", held.ID)
	store := passkey.Store{DB: s.db, Box: box, Clock: clock.System(), Public: public}
	owner, at := passkey.Owner{TenantID: u.TenantID, UserID: u.ID}, passkey.InSession(held.ID)
	options, err := store.BeginRegistration(t.Context(), at, passkey.Person{Owner: owner, Name: email, DisplayName: email})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := store.FinishRegistration(t.Context(), at, owner, "Key", a.Register(options)); err != nil {
		t.Fatal(err)
	}
	factors := factor.Store{DB: s.db, Box: box, Clock: clock.System()}
	enrolled, err := factors.Of(t.Context(), u.ID)
	if err != nil {
		t.Fatal(err)
	}
	if enrolled.CodesLeft == 0 {
		if err := factors.IssueCodes(t.Context(), factor.Owner{TenantID: u.TenantID, UserID: u.ID}); err != nil {
			t.Fatal(err)
		}
	}
	if err := factors.AskPasskeys(t.Context(), u.ID); err != nil {
		t.Fatal(err)
	}
}

// KeepCodes says that an account's recovery codes are kept, and returns them.
func (s *System) KeepCodes(t testing.TB, email string) []string {
	t.Helper()
	box, err := seal.New([]string{MasterKey()})
	if err != nil {
		t.Fatal(err)
	}
	u, err := s.account(t.Context(), email)
	if err != nil {
		t.Fatal(err)
	}
	store := factor.Store{DB: s.db, Box: box, Clock: clock.System()}
	codes, err := store.UnreadCodes(t.Context(), u.ID)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := store.KeptCodes(t.Context(), u.ID); err != nil {
		t.Fatal(err)
	}
	return codes
}

// RemovePasskeys takes an account's passkeys away behind its back.
func (s *System) RemovePasskeys(t testing.TB, email string) {
	t.Helper()
	s.exec(t, "DELETE FROM credentials WHERE kind = 'passkey' AND user_id = (SELECT id FROM users WHERE email_key = ?)", account.EmailKey(email))
}

// AskPasskey asks, as the page's script does, for what an authenticator is to
// answer on this page.
func (p *Page) AskPasskey() json.RawMessage {
	p.visitor.t.Helper()
	address := *p.URL
	address.Path = "/api" + p.URL.Path + "/passkey"
	var asked struct {
		PublicKey json.RawMessage `json:"publicKey"`
	}
	p.visitor.Call(http.MethodPost, address.String(), nil).Into(p.visitor.t, 200, &asked)
	if asked.PublicKey == nil {
		p.visitor.t.Fatal("harness: there are no options for a passkey")
	}
	return asked.PublicKey
}

// Passkey are the fields that post an authenticator's answer.
func Passkey(answer json.RawMessage) map[string][]string {
	return map[string][]string{"action": {"passkey"}, "credential": {string(answer)}}
}

// RememberedSessions counts a person's sessions that outlive the browser.
func (s *System) RememberedSessions(t testing.TB, email string) int {
	t.Helper()
	n, err := s.db.NewSelect().Table("sessions").
		Where("remembered AND ended_at IS NULL AND user_id = (SELECT id FROM users WHERE email_key = ?)", account.EmailKey(email)).
		Count(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return int(n)
}
