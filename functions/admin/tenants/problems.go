package tenants

import (
	"errors"
	"net/http"

	"github.com/authway/authway/shared/administrator"
	"github.com/authway/authway/shared/problem"
	"github.com/authway/authway/shared/tenant"
)

var (
	errSetting       = problem.New(http.StatusUnprocessableEntity, "setting_invalid", "This setting cannot be what it was set to.")
	errUnreadable    = problem.New(http.StatusUnprocessableEntity, "accent_unreadable", "Text in this colour cannot be read. Choose a darker one.")
	errPicture       = problem.New(http.StatusUnprocessableEntity, "picture_invalid", "This is not a PNG or WebP picture of 64 KiB and 1024 by 1024 points at most.").At("look.logo")
	errVersion       = problem.New(http.StatusConflict, "conflict", "Somebody else has changed this meanwhile.")
	errSlugTaken     = problem.New(http.StatusConflict, "slug_taken", "There is a tenant of that slug.").At("slug")
	errSlugOther     = problem.New(http.StatusUnprocessableEntity, "slug_differs", "This is not the tenant's slug.").At("slug")
	errInUse         = problem.New(http.StatusConflict, "tenant_in_use", "The tenant has accounts or applications.")
	errRole          = problem.New(http.StatusUnprocessableEntity, "role_invalid", "This is not a role's name, or its description is too long.").At("name")
	errManyRoles     = problem.New(http.StatusConflict, "too_many_roles", "The tenant has as many roles as it may have.")
	errNoAccount     = problem.New(http.StatusUnprocessableEntity, "account_unknown", "There is no such account.").At("account")
	errBlocked       = problem.New(http.StatusConflict, "account_blocked", "The account is blocked, or about to be deleted.").At("account")
	errUnproved      = problem.New(http.StatusConflict, "account_unproved", "The person has not shown that the account's address is theirs.").At("account")
	errInstallation  = problem.New(http.StatusForbidden, "forbidden", "Only an owner of the installation may do this.")
	errUnknownTenant = problem.New(http.StatusUnprocessableEntity, "tenant_unknown", "There is no such tenant.").At("tenant")
)

// explain maps what the stores say to what a caller can be told.
func explain(err error) error {
	if fault, ok := errors.AsType[*tenant.Fault](err); ok {
		if fault.Unreadable {
			return errUnreadable.At(fieldOf(fault.Field)).Because(err)
		}
		return errSetting.At(fieldOf(fault.Field)).Because(err)
	}
	answers := []struct {
		is     error
		answer *problem.Error
	}{
		{tenant.ErrStale, errVersion},
		{tenant.ErrTaken, errSlugTaken},
		{tenant.ErrInUse, errInUse},
		{tenant.ErrRole, errRole},
		{tenant.ErrNoRole, problem.NotFound},
		{tenant.ErrManyRoles, errManyRoles},
		{administrator.ErrNone, problem.NotFound},
	}
	for _, a := range answers {
		if errors.Is(err, a.is) {
			return a.answer.Because(err)
		}
	}
	return err
}

// fieldOf is where a setting stands in a TenantEdit.
func fieldOf(setting string) string {
	switch setting {
	case "name", "slug":
		return setting
	case "minPassword", "requireMfa", "registration", "providers", "sessionIdle", "sessionAbsolute":
		return "demands." + setting
	}
	return "look." + setting
}
