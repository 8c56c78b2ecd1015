package integration_test

import (
	"crypto/rand"
	"os"
	"strings"
	"testing"

	"github.com/authway/authway/functions/maintenance"
	// Backups go to object storage here.
	_ "github.com/authway/authway/functions/maintenance/backup/store/clouds"
	"github.com/authway/authway/shared/serve"
	"github.com/authway/authway/tests/harness"
)

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == asMaintenance {
		maintenance.Command(os.Args[2:], func() { serve.Main(maintenance.Spec) })
		return
	}
	if err := harness.UseStorageKeys(); err != nil {
		panic(err)
	}
	harness.Main(m)
}

const password = "correct horse battery"

// someone is an address that no other test uses.
func someone() string { return strings.ToLower(rand.Text()) + "@example.org" }

// journey is a person with an account, in front of an application.
type journey struct {
	t       *testing.T
	system  *harness.System
	app     *harness.App
	visitor *harness.Visitor
	email   string
}

// begin makes a person with an account, an application with changes to its
// registration, and a browser.
func begin(t *testing.T, changes map[string]any) journey {
	t.Helper()
	system := harness.Run(t)
	j := journey{t: t, system: system, app: system.NewApp(t, changes), visitor: harness.NewVisitor(t), email: someone()}
	system.AddUser(t, j.email, "Ada Lovelace", password)
	return j
}

// signIn fills the sign-in form of page.
func (j journey) signIn(page *harness.Page) *harness.Page {
	j.t.Helper()
	return page.Submit(map[string][]string{"email": {j.email}, "password": {password}}, "")
}

func (j journey) allow(page *harness.Page) *harness.Page {
	j.t.Helper()
	if page.URL.Path != "/consent" {
		j.t.Fatalf("this is not the consent page but %s (%d): %s", page.URL, page.Status, page.Text())
	}
	return page.Submit(nil, "decision=allow")
}

// through signs in and consents, from the authorization request to the
// application.
func (j journey) through(parameters ...string) harness.Arrival {
	j.t.Helper()
	return j.app.Arrive(j.t, j.allow(j.signIn(j.visitor.Open(j.app.Start(parameters...)))))
}

// says fails the test unless the page has the status and the alert's code.
func says(t *testing.T, page *harness.Page, status int, alert string) {
	t.Helper()
	if page.Status != status || page.Alert() != alert {
		t.Errorf("%s: %d with alert %q, want %d with %q: %s", page.URL.Path, page.Status, page.Alert(), status, alert, page.Text())
	}
}
