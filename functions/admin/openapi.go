package admin

import (
	_ "embed"

	"github.com/authway/authway/functions/admin/access"
	"github.com/authway/authway/functions/admin/applications"
	"github.com/authway/authway/functions/admin/intake"
	"github.com/authway/authway/functions/admin/me"
	"github.com/authway/authway/functions/admin/people"
	"github.com/authway/authway/functions/admin/system"
	"github.com/authway/authway/functions/admin/tenants"
)

// base is where the API is.
const base = "/api/admin/v1"

//go:embed openapi.yaml
var document []byte

// Document is the OpenAPI document of the API, in YAML.
func Document() []byte { return document }

// Rules are what each operation of the document asks of its caller.
func Rules() access.Rules {
	return access.Join(me.Rules, system.Rules, applications.Rules, intake.Rules, people.Rules, tenants.Rules)
}
