package integration_test

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/authway/authway/functions/admin"
	"github.com/authway/authway/functions/admin/access"
	"github.com/authway/authway/shared/administrator"
	"github.com/authway/authway/shared/hydra"
	"github.com/authway/authway/shared/session"
	"github.com/authway/authway/tests/harness"
)

// adminOperation is one of the administration API's document.
type adminOperation struct {
	id, method, path string
	rule             access.Rule
	body             *openapi3.Schema
	// streams says that the body is no JSON.
	streams bool
}

// ofTenant says that its path names a tenant.
func (o adminOperation) ofTenant() bool { return strings.Contains(o.path, "{tenant}") }

// adminOperations are all that the document has, each with its rule.
func adminOperations(t *testing.T) []adminOperation {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromData(admin.Document())
	if err != nil {
		t.Fatal(err)
	}
	if err := doc.Validate(t.Context()); err != nil {
		t.Fatalf("the document is not valid: %v", err)
	}
	rules, unused := admin.Rules(), admin.Rules()
	var all []adminOperation
	for _, path := range slices.Sorted(maps.Keys(doc.Paths.Map())) {
		for method, is := range doc.Paths.Value(path).Operations() {
			rule, ruled := rules[is.OperationID]
			if !ruled {
				t.Errorf("%s %s has no rule: nobody can use it", method, path)
			}
			delete(unused, is.OperationID)
			o := adminOperation{id: is.OperationID, method: method, path: path, rule: rule}
			if is.RequestBody != nil {
				media := is.RequestBody.Value.Content.Get("application/json")
				if o.streams = media == nil; !o.streams {
					o.body = media.Schema.Value
				}
			}
			all = append(all, o)
		}
	}
	for id := range unused {
		t.Errorf("the rule of %s is of no operation", id)
	}
	return all
}

// adminCaller is somebody, and how they ask.
type adminCaller struct {
	name string
	ask  func(method, path string, body any) *harness.Answer
	// may is what the table has to say of them.
	may func(o adminOperation) bool
	// stale says that a second factor is not recent.
	stale bool
	// program says that it is none who could show one.
	program bool
	nobody  bool
}

// adminCallers are everybody who might ask for something of the tenant home; elsewhere
// is another one.
func adminCallers(t *testing.T, system *harness.System, home, elsewhere string) []adminCaller {
	never := func(o adminOperation) bool { return o.rule.Role == administrator.None }
	stranger := harness.NewVisitor(t)
	callers := []adminCaller{{name: "nobody", nobody: true, may: func(adminOperation) bool { return false },
		ask: func(method, path string, body any) *harness.Answer {
			return stranger.Call(method, system.Endpoints.URL+"/api/admin/v1"+path, body)
		}}}
	person := func(name string, o *harness.Operator, stale bool, may func(adminOperation) bool) {
		callers = append(callers, adminCaller{name: name, ask: o.Ask, may: may, stale: stale})
	}
	person("a person without a role", system.Operator(t, administrator.None, ""), false, never)
	for _, role := range []administrator.Role{administrator.Viewer, administrator.Operator, administrator.Owner} {
		person(string(role)+" of the tenant", system.Operator(t, role, home), false, func(o adminOperation) bool {
			return never(o) || o.ofTenant() && role.Includes(o.rule.Role)
		})
		person(string(role)+" of everything", system.Operator(t, role, ""), false, func(o adminOperation) bool {
			return role.Includes(o.rule.Role)
		})
		person(string(role)+" of another tenant", system.Operator(t, role, elsewhere), false, never)
	}
	everything := func(o adminOperation) bool { return true }
	person("owner with a password alone", system.OperatorSince(t, administrator.Owner, "", 0, session.MethodPassword), true, everything)
	person("owner with a second factor of yesterday", system.OperatorSince(t, administrator.Owner, "", access.Recently,
		session.MethodPassword, session.MethodOTP, session.MethodMFA), true, everything)

	program := func(name string, p *harness.Program, may func(adminOperation) bool) {
		callers = append(callers, adminCaller{name: name, program: true, may: may, ask: func(method, path string, body any) *harness.Answer {
			return p.AskJSON(t, method, path, body)
		}})
	}
	scopes := []string{
		access.UsersRead, access.UsersWrite, access.ApplicationsRead, access.ApplicationsWrite, access.TenantsRead, access.TenantsWrite,
		access.AuditRead, access.SystemRead, access.SystemWrite,
	}
	program("program of the tenant", system.Program(t, home, nil, scopes...), func(o adminOperation) bool {
		return never(o) || o.ofTenant() && o.rule.Scope != ""
	})
	program("program of another tenant", system.Program(t, elsewhere, nil, scopes...), never)
	program("program of everything", system.Program(t, elsewhere, map[string]any{hydra.AllTenantsKey: "all"}, scopes...), func(o adminOperation) bool {
		return never(o) || o.rule.Scope != ""
	})
	for _, scope := range scopes {
		program("program with "+scope+" alone", system.Program(t, home, map[string]any{hydra.AllTenantsKey: "all"}, scope), func(o adminOperation) bool {
			return never(o) || o.rule.Scope == scope
		})
	}
	return callers
}

// A parameter that no operation has is refused by the document, which is asked after
// the rules: who gets to hear of it was let in, and nothing has happened.
const unlisted = "no-such-parameter"

func TestEveryOperationLetsInWhomItsRuleLetsIn(t *testing.T) {
	t.Parallel()
	system := harness.Run(t)
	home, elsewhere := "in-"+strings.Split(someone(), "@")[0], "out-"+strings.Split(someone(), "@")[0]
	system.AddTenant(t, home)
	system.AddTenant(t, elsewhere)
	callers := adminCallers(t, system, home, elsewhere)
	for _, o := range adminOperations(t) {
		path := made(o, home, func(string) string { return "00000000-0000-4000-8000-000000000000" })
		for _, c := range callers {
			answer := c.ask(o.method, path+"?"+unlisted+"=1", nil)
			status, code, field := http.StatusBadRequest, "bad_request", unlisted
			switch {
			case c.nobody:
				status, code, field = http.StatusUnauthorized, "unauthenticated", ""
			case !c.may(o):
				status, code, field = http.StatusForbidden, "forbidden", ""
			case o.rule.Recent && c.stale && !c.program:
				status, code, field = http.StatusForbidden, "second_factor_required", ""
			}
			if p := answer.Problem(); answer.Status != status || p.Code != code || p.Field != field {
				t.Errorf("%s, asked by %s: %s, want %d %s", o.id, c.name, answer, status, code)
			}
		}
	}
}

// made is the path with the tenant, and a value for every other parameter.
func made(o adminOperation, tenant string, value func(name string) string) string {
	parts := strings.Split(o.path, "/")
	for i, part := range parts {
		if name, isName := strings.CutPrefix(part, "{"); isName {
			if name = strings.TrimSuffix(name, "}"); name == "tenant" {
				parts[i] = tenant
				continue
			}
			parts[i] = value(parts[i-1] + "/" + name)
		}
	}
	return strings.Join(parts, "/")
}
