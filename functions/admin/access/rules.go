package access

import (
	"maps"

	"github.com/authway/authway/shared/administrator"
)

// Rule is what an operation asks of its caller. An operation whose path names a
// tenant asks it for that tenant, any other for the installation.
type Rule struct {
	// Role is what a person needs. None lets everybody in who is signed in.
	Role administrator.Role
	// Scope is what a program needs; "" refuses programs.
	Scope string
	// Recent asks a person for a second factor within the last minutes (Recently).
	Recent bool
}

// Rules are by the operation's id in the OpenAPI document.
type Rules map[string]Rule

// Join is all of the tables' rules.
func Join(tables ...Rules) Rules {
	all := Rules{}
	for _, table := range tables {
		maps.Copy(all, table)
	}
	return all
}

// Scopes of programs. To write includes nothing: a program that reads as well asks
// for both.
const (
	UsersRead         = "authway.users.read"
	UsersWrite        = "authway.users.write"
	ApplicationsRead  = "authway.applications.read"
	ApplicationsWrite = "authway.applications.write"
	TenantsRead       = "authway.tenants.read"
	TenantsWrite      = "authway.tenants.write"
	AuditRead         = "authway.audit.read"
	SystemRead        = "authway.system.read"
	SystemWrite       = "authway.system.write"
)

// ScopePrefix begins every scope of this API. Who registers clients decides who has
// one, and so it takes an owner.
const ScopePrefix = "authway."
