package integration_test

import (
	"context"
	"fmt"
	"net"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"github.com/authway/authway/functions/login"
	"github.com/authway/authway/shared/invitation"
	"github.com/authway/authway/shared/tenant"
	"github.com/authway/authway/tests/harness"
)

// migrator is the real program that a deployment runs, on an empty database.
type migrator struct {
	t       *testing.T
	program string
	db      harness.Database
	public  string
}

// run gives what it prints, and its status.
func (m migrator) run(args ...string) (out string, code int) {
	m.t.Helper()
	command := exec.CommandContext(m.t.Context(), m.program, args...)
	command.Env = []string{"DATABASE_URL=" + m.db.OwnerURL()}
	if m.public != "" {
		command.Env = append(command.Env, "AUTHWAY_URL="+m.public)
	}
	said, err := command.CombinedOutput()
	if command.ProcessState == nil {
		m.t.Fatal(err)
	}
	return string(said), command.ProcessState.ExitCode()
}

// link is the last line, which is an address.
func (m migrator) link(args ...string) string {
	m.t.Helper()
	out, code := m.run(args...)
	lines := strings.Split(strings.TrimSpace(out), "\n")
	last := lines[len(lines)-1]
	if code != 0 || !strings.HasPrefix(last, m.public+"/login/invited?token=") || strings.Count(out, "token=") != 1 {
		m.t.Fatalf("%v: %d, %s", args, code, out)
	}
	return last
}

func TestFirstAdministratorComesByTheLinkOfTheMigration(t *testing.T) {
	t.Parallel()
	m := migrator{t: t, program: filepath.Join(t.TempDir(), "migrate"), db: harness.NewEmptyDatabase(t)}
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", m.program, "../../migrations/cmd/migrate").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	// Without an address it is the path alone.
	if out, code := m.run("up"); code != 0 || !strings.Contains(out, "\n/login/invited?token=") {
		t.Fatalf("%d, %s", code, out)
	}
	port, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	m.public = fmt.Sprintf("http://%s", port.Addr())
	_ = port.Close()
	at := harness.StartFunction(t, login.Spec, m.db, map[string]string{"AUTHWAY_URL": m.public})
	former := m.link("up")
	current := m.link("setup-link")

	visitor := harness.NewVisitor(t)
	visitor.Through(m.public, strings.TrimPrefix(at, "http://"))
	visitor.Until = m.public + "/account/"
	says(t, visitor.Open(former), 410, "invitation_over")
	page := visitor.Open(current)
	for fields, alert := range map[[3]string]string{
		{"", "Ada", newPassword}: "email_required", {"ada", "Ada", newPassword}: "email_invalid",
		{"ada@example.org", "", newPassword}: "name_required", {"ada@example.org", "Ada", "short"}: "password_short",
	} {
		says(t, page.Submit(map[string][]string{"email": {fields[0]}, "name": {fields[1]}, "password": {fields[2]}}, ""), 422, alert)
	}
	done := page.Submit(map[string][]string{"email": {"ada@example.org"}, "name": {"Ada Lovelace"}, "password": {newPassword}}, "")
	if done.URL.Path != "/account/sign-in" || done.URL.Query().Get("page") != "admin" {
		t.Fatalf("at %s (%d) with %q: %s", done.URL, done.Status, done.Alert(), done.Text())
	}
	says(t, visitor.Open(current), 410, "invitation_over")
	says(t, page.Submit(map[string][]string{"email": {"eve@example.org"}, "name": {"Eve"}, "password": {newPassword}}, ""), 410, "invitation_over")

	var owners []string
	err = m.db.Owner(t).NewRaw("SELECT u.email FROM administrators AS a JOIN users AS u ON u.id = a.user_id WHERE a.role = 'owner' AND a.of_tenant IS NULL").
		Scan(t.Context(), &owners)
	if err != nil || len(owners) != 1 || owners[0] != "ada@example.org" {
		t.Errorf("owners are %v: %v", owners, err)
	}
	// From now on there is no such link, and none that was printed works.
	if out, code := m.run("up"); code != 0 || strings.Contains(out, "token=") {
		t.Errorf("%d, %s", code, out)
	}
	if out, code := m.run("setup-link"); code != 1 || strings.Contains(out, "token=") {
		t.Errorf("%d, %s", code, out)
	}
}

func TestInstallationIsSetUpOnce(t *testing.T) {
	t.Parallel()
	db := harness.NewDatabase(t)
	owner := db.Owner(t)
	var token string
	err := owner.RunInTx(t.Context(), nil, func(ctx context.Context, tx bun.Tx) (err error) {
		token, err = invitation.Store{DB: tx}.IssueSetup(ctx, tenant.Default, time.Now())
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	const public = "http://127.0.0.1:1"
	at := harness.StartFunction(t, login.Spec, db, map[string]string{"AUTHWAY_URL": public})
	visitor := harness.NewVisitor(t)
	visitor.Through(public, strings.TrimPrefix(at, "http://"))
	page := visitor.Open(public + invitation.Link(token))
	n, _ := postEach(t, func(i int) (*harness.Page, map[string][]string) {
		return page, map[string][]string{"email": {strconv.Itoa(i) + "@example.org"}, "name": {"Ada"}, "password": {newPassword}}
	})
	n.once(t, "200", "410 invitation_over", "503 overloaded")
	var users, owners int
	err = owner.NewRaw("SELECT (SELECT count(*) FROM users), (SELECT count(*) FROM administrators WHERE role = 'owner' AND of_tenant IS NULL)").
		Scan(t.Context(), &users, &owners)
	if err != nil || users != 1 || owners != 1 {
		t.Errorf("%d accounts, %d owners: %v", users, owners, err)
	}
}

// The function that signs people in makes no administrator but by a link, however it is
// spoken to: it may neither write the table nor use up a link that it can only read.
func TestLoginMakesNoAdministrator(t *testing.T) {
	t.Parallel()
	db := harness.NewDatabase(t)
	as := db.As(t, "login")
	for _, statement := range []string{
		"INSERT INTO administrators (tenant_id, user_id, role, granted_at) SELECT tenant_id, id, 'owner', now() FROM users",
		"UPDATE invitations SET used_at = NULL", "UPDATE invitations SET token_hash = ''", "DELETE FROM invitations",
		"INSERT INTO invitations (id, tenant_id, kind, token_hash, created_at, sent_at, expires_at) SELECT gen_random_uuid(), id, 'setup', sha256('x'), now(), now(), now() FROM tenants",
	} {
		if _, err := as.NewRaw(statement).Exec(t.Context()); err == nil || !strings.Contains(err.Error(), "permission denied") {
			t.Errorf("%s: %v", statement, err)
		}
	}
	var done bool
	if err := as.NewRaw("SELECT invitation_set_up(encode(sha256('x'), 'hex'), gen_random_uuid())").Scan(t.Context(), &done); err != nil || done {
		t.Errorf("a made up token: %v, %v", done, err)
	}
}
