package integration_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/authway/authway/tests/harness"
)

// keyring is a person who looks after their passkeys.
type keyring struct {
	resident
	device *harness.Authenticator
}

type keyView struct {
	ID, Name, CreatedAt string
	CredentialID        string
	UsedAt              *string
	Synced              bool
}

func atKeys(t *testing.T) keyring {
	t.Helper()
	r := atHome(t)
	return keyring{r, harness.NewAuthenticator(t, r.system.Endpoints.URL)}
}

func (k keyring) ask() json.RawMessage {
	k.t.Helper()
	var asked struct {
		PublicKey json.RawMessage `json:"publicKey"`
	}
	k.call(http.MethodPost, "/passkeys/options", nil).Into(k.t, 200, &asked)
	return asked.PublicKey
}

func (k keyring) add(name string) (added keyView) {
	k.t.Helper()
	body := map[string]any{"name": name, "credential": k.device.Register(k.ask())}
	k.call(http.MethodPost, "/passkeys", body).Into(k.t, 201, &added)
	return added
}

func (k keyring) list() []keyView {
	k.t.Helper()
	var o struct{ Passkeys []keyView }
	k.call(http.MethodGet, "", nil).Into(k.t, 200, &o)
	return o.Passkeys
}

func TestPasskeysOfAnAccount(t *testing.T) {
	t.Parallel()
	k := atKeys(t)
	added := k.add("  Ada's phone ")
	if added.Name != "Ada's phone" || added.UsedAt != nil || added.Synced || added.CredentialID != k.device.CredentialIDs()[0] {
		t.Errorf("added %+v", added)
	}
	if o := k.overview(); o.Codes.Left != 10 {
		t.Errorf("the first passkey brought %d recovery codes", o.Codes.Left)
	}
	k.system.AwaitMail(t, k.email, 1)
	var asked struct{ ExcludeCredentials []struct{ ID string } }
	if err := json.Unmarshal(k.ask(), &asked); err != nil || len(asked.ExcludeCredentials) != 1 || asked.ExcludeCredentials[0].ID != k.device.CredentialIDs()[0] {
		t.Errorf("the options leave out %+v, %v", asked, err)
	}
	k.call(http.MethodPatch, "/passkeys/"+added.ID, map[string]string{"name": "The blue one"}).Into(t, 204, nil)
	if all := k.list(); len(all) != 1 || all[0].Name != "The blue one" {
		t.Errorf("there is %+v", all)
	}
	k.call(http.MethodPatch, "/passkeys/"+added.ID, map[string]string{"name": " "}).Refused(t, 422, "name_required", "name")
	k.call(http.MethodPatch, "/passkeys/"+added.ID, map[string]string{"name": strings.Repeat("x", 101)}).Refused(t, 422, "name_invalid", "name")
	k.call(http.MethodDelete, "/passkeys/"+added.ID, nil).Into(t, 204, nil)
	k.call(http.MethodDelete, "/passkeys/"+added.ID, nil).Refused(t, 404, "not_found", "")
	k.call(http.MethodPatch, "/passkeys/"+added.ID, map[string]string{"name": "x"}).Refused(t, 404, "not_found", "")
	if all, o := k.list(), k.overview(); len(all) != 0 || o.Codes.Left != 0 {
		t.Errorf("afterwards there is %+v, with %d codes", all, o.Codes.Left)
	}
	k.system.AwaitMail(t, k.email, 2)
	for _, action := range []string{"passkey.added ", "passkey.renamed ", "passkey.removed "} {
		if !slices.ContainsFunc(k.system.Recorded(t, k.email), func(e string) bool { return strings.HasPrefix(e, action) }) {
			t.Errorf("%s was not recorded", action)
		}
	}
}

func TestPasskeysOfAnAccountAreRefused(t *testing.T) {
	t.Parallel()
	k := atKeys(t)
	k.call(http.MethodPost, "/passkeys", map[string]any{"name": "", "credential": map[string]any{}}).Refused(t, 422, "passkey_expired", "")
	answer := k.device.Register(k.ask())
	k.call(http.MethodPost, "/passkeys", map[string]any{"name": strings.Repeat("x", 101), "credential": answer}).Refused(t, 422, "name_invalid", "name")
	// A name that was too long has cost nothing.
	k.call(http.MethodPost, "/passkeys", map[string]any{"name": "", "credential": answer}).Into(t, 201, nil)
	k.call(http.MethodPost, "/passkeys", map[string]any{"name": "", "credential": answer}).Refused(t, 422, "passkey_expired", "")
	k.ask()
	k.call(http.MethodPost, "/passkeys", map[string]any{"name": "", "credential": answer}).Refused(t, 422, "passkey_refused", "")
	other := harness.NewAuthenticator(t, "https://evil.example")
	k.call(http.MethodPost, "/passkeys", map[string]any{"name": "", "credential": other.Register(k.ask())}).Refused(t, 422, "passkey_refused", "")
	if all := k.list(); len(all) != 1 || all[0].Name == "" {
		t.Errorf("there is %+v", all)
	}

	stranger := atKeys(t)
	for _, call := range []struct {
		method string
		body   any
	}{{http.MethodDelete, nil}, {http.MethodPatch, map[string]string{"name": "Mine"}}} {
		stranger.call(call.method, "/passkeys/"+k.list()[0].ID, call.body).Refused(t, 404, "not_found", "")
		stranger.call(call.method, "/passkeys/x", call.body).Refused(t, 404, "not_found", "")
	}
	k.system.AgeSessions(t, k.email, time.Hour)
	for _, call := range []struct{ method, path string }{
		{http.MethodPost, "/passkeys/options"}, {http.MethodPost, "/passkeys"}, {http.MethodDelete, "/passkeys/" + k.list()[0].ID},
	} {
		k.call(call.method, call.path, nil).Refused(t, 403, "recent_sign_in_required", "")
	}
}

func TestLastPasskeyIsTheLastWayIn(t *testing.T) {
	t.Parallel()
	k := atKeys(t)
	first, second := k.add("One"), keyView{}
	k.device = harness.NewAuthenticator(t, k.system.Endpoints.URL)
	second = k.add("Two")
	k.call(http.MethodDelete, "/password", nil).Into(t, 204, nil)
	var left sync.WaitGroup
	statuses := make([]int, 2)
	for i, id := range []string{first.ID, second.ID} {
		left.Go(func() {
			answer, err := k.visitor.TryCall(http.MethodDelete, k.at("/api/account/passkeys/"+id), nil)
			if err != nil {
				t.Error(err)
				return
			}
			statuses[i] = answer.Status
		})
	}
	left.Wait()
	slices.Sort(statuses)
	if !slices.Equal(statuses, []int{204, 409}) || len(k.list()) != 1 {
		t.Errorf("two removals at once: %v, and %d are left", statuses, len(k.list()))
	}
	k.call(http.MethodDelete, "/passkeys/"+k.list()[0].ID, nil).Refused(t, 409, "last_sign_in_method", "")
}

func TestPasskeyThatIsNotEnoughIsNoWayIn(t *testing.T) {
	t.Parallel()
	k := atKeys(t)
	k.device.Verifies = false
	k.add("A key without a PIN")
	k.call(http.MethodDelete, "/password", nil).Refused(t, 409, "last_sign_in_method", "")
}
