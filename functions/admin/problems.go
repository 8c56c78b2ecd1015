package admin

import (
	"errors"
	"net/http"

	"github.com/authway/authway/shared/account"
	"github.com/authway/authway/shared/administrator"
	"github.com/authway/authway/shared/hydra"
	"github.com/authway/authway/shared/paging"
	"github.com/authway/authway/shared/postgres"
	"github.com/authway/authway/shared/problem"
	"github.com/authway/authway/shared/tenant"
)

// explain maps what the domain says, whichever room hears it, to what a caller can be
// told. What is not listed is internal.
func explain(err error) error {
	answers := []struct {
		is     error
		answer *problem.Error
	}{
		{account.ErrUnknown, problem.NotFound},
		{account.ErrEmail, problem.New(http.StatusUnprocessableEntity, "email_invalid", "This is not an e-mail address.").At("email")},
		{account.ErrName, problem.New(http.StatusUnprocessableEntity, "name_invalid", "This is not a name.").At("name")},
		{account.ErrTaken, problem.New(http.StatusConflict, "email_taken", "Another account has this address.").At("email")},
		{administrator.ErrLastOwner, problem.New(http.StatusConflict, "last_owner", "Nobody would be left who may decide who administers.")},
		{paging.ErrCursor, problem.BadRequest.At("cursor")},
		{tenant.ErrUnknown, problem.NotFound},
		{hydra.ErrUnknown, problem.NotFound},
		{hydra.ErrUnavailable, problem.Unavailable},
	}
	if _, told := errors.AsType[*problem.Error](err); told {
		return err
	}
	for _, a := range answers {
		if errors.Is(err, a.is) {
			return a.answer.Because(err)
		}
	}
	if postgres.Unreachable(err) {
		return problem.Unavailable.Because(err)
	}
	return err
}
