package integration_test

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/authway/authway/shared/administrator"
)

func TestTenThousandAccounts(t *testing.T) {
	t.Parallel()
	i := beginInviting(t, administrator.Operator)
	const n = 10_000
	done := i.takeIn("jsonl", file(i.slug, n), nil)
	if done.Created != n || done.Failed != n/97+1 || done.State != "done" || i.people() != n {
		t.Fatalf("it is %s, and there are %d", done.counts(), i.people())
	}
	if done.Line != done.Created+done.Failed {
		t.Errorf("%d lines became %d accounts and %d mistakes", done.Line, done.Created, done.Failed)
	}
	var odd int
	err := i.system.Database(t).NewRaw("SELECT count(*) FROM users AS u WHERE u.tenant_id = (SELECT id FROM tenants WHERE slug = ?) AND "+
		"((SELECT count(*) FROM credentials AS c WHERE c.user_id = u.id AND c.kind = 'password' AND c.tenant_id = u.tenant_id) <> 1 OR u.invited_at IS NOT NULL "+
		"OR u.email_key <> lower(u.email) OR u.email_verified_at IS NULL)", i.slug).Scan(t.Context(), &odd)
	if err != nil || odd != 0 {
		t.Errorf("%d accounts are not what the file says: %v", odd, err)
	}
	var names int
	if err := i.system.Database(t).NewRaw("SELECT count(*) FROM import_keys WHERE import_id = ?", done.ID).Scan(t.Context(), &names); err != nil || names != 0 {
		t.Errorf("%d names are left: %v", names, err)
	}
	i.audited(done.ID, n)
	// And out again.
	i.by = i.system.Operator(t, administrator.Owner, i.slug)
	jsonl := i.ask(http.MethodGet, "/users/export?format=jsonl", nil)
	if lines := bytes.Count(jsonl.Body, []byte("\n")); lines != n || jsonl.Header.Get("X-Total-Count") != fmt.Sprint(n) || bytes.Contains(jsonl.Body, []byte("password_hash")) {
		t.Errorf("the file has %d lines, announced are %s", lines, jsonl.Header.Get("X-Total-Count"))
	}
	some := i.ask(http.MethodGet, "/users/export?format=csv&hashes=true&search=p99", nil)
	if lines := bytes.Count(some.Body, []byte("\r\n")); some.Status != 200 || lines != 1+1+10+100 || !bytes.Contains(some.Body, []byte("{SSHA}")) {
		t.Errorf("some are %d lines (%d)", lines, some.Status)
	}
}

func TestExportIsGuarded(t *testing.T) {
	t.Parallel()
	i := beginInviting(t, administrator.Operator)
	i.takeIn("jsonl", `{"email":"=x@`+i.slug+`.example","name":"@SUM(A1)","password_hash":"{SSHA}nUZl4BaMVZn4hrSAm5dyop5Z8AkwMTIzNDU2Nzg5YWJjZGVm"}`, nil)
	csv := i.ask(http.MethodGet, "/users/export?format=csv", nil)
	if !strings.Contains(string(csv.Body), ",'=x@") || !strings.Contains(string(csv.Body), ",'@SUM(A1),") || strings.Contains(string(csv.Body), "SSHA") {
		t.Errorf("the file is %s", csv.Body)
	}
	i.ask(http.MethodGet, "/users/export?format=csv&hashes=true", nil).Refused(t, 403, "forbidden", "")
	i.by = i.system.OperatorSince(t, administrator.Owner, i.slug, 0, "pwd")
	i.ask(http.MethodGet, "/users/export?format=csv", nil).Refused(t, 403, "second_factor_required", "")
	program := i.system.Program(t, i.slug, nil, "authway.users.read")
	program.Ask(t, http.MethodGet, "/tenants/"+i.slug+"/users/export?format=csv&hashes=true", "").Refused(t, 403, "forbidden", "")
	if answer := program.Ask(t, http.MethodGet, "/tenants/"+i.slug+"/users/export?format=csv", ""); answer.Status != 200 {
		t.Errorf("a program exports: %s", answer)
	}
	var recorded []string
	err := i.system.Database(t).NewRaw("SELECT detail->>'hashes' FROM audit_events WHERE action = 'users.exported' AND tenant_id = (SELECT id FROM tenants WHERE slug = ?)", i.slug).
		Scan(t.Context(), &recorded)
	if err != nil || !slices.Equal(recorded, []string{"false", "false"}) {
		t.Errorf("recorded is %v: %v", recorded, err)
	}
}
