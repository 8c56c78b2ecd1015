package selfservice

import (
	"errors"
	"net/http"

	"github.com/authway/authway/shared/account"
	"github.com/authway/authway/shared/administrator"
	"github.com/authway/authway/shared/identity"
	"github.com/authway/authway/shared/paging"
	"github.com/authway/authway/shared/passkey"
	"github.com/authway/authway/shared/problem"
)

// What a person can be told beside what the sign-in says.
var (
	errRecent          = problem.New(http.StatusForbidden, "recent_sign_in_required", "Sign in once more to do this.")
	errLastWay         = problem.New(http.StatusConflict, "last_sign_in_method", "This is the last way to sign in. Add another one first.")
	errMFARequired     = problem.New(http.StatusConflict, "mfa_required", "A second factor is required here. Add another one first.")
	errPasswordWrong   = problem.New(http.StatusUnprocessableEntity, "wrong_password", "The password is not right.").At("current")
	errPasswordRevoked = problem.New(http.StatusForbidden, "password_revoked", "This password has been reset. Set a new one by recovery.").At("current")
	errEmailMismatch   = problem.New(http.StatusUnprocessableEntity, "email_mismatch", "This is not the account's e-mail address.").At("email")
	errEmailSame       = problem.New(http.StatusUnprocessableEntity, "email_unchanged", "This is the account's address already.").At("email")
	errEmailTaken      = problem.New(http.StatusConflict, "email_taken", "Another account has this address.").At("email")
	errLocale          = problem.New(http.StatusUnprocessableEntity, "locale_unknown", "This language is not offered.").At("locale")
	errCodeReplayed    = problem.New(http.StatusUnprocessableEntity, "code_replayed", "This code has been used already. Wait for the next one.").At("code")
	errCodeRequired    = problem.New(http.StatusUnprocessableEntity, "code_required", "Enter the code.").At("code")
	errCodeWrong       = problem.New(http.StatusUnprocessableEntity, "code_wrong", "The code is not right.").At("code")
	errEnrolled        = problem.New(http.StatusConflict, "factor_enrolled", "There is an authenticator app already.")
	errNotBegun        = problem.New(http.StatusConflict, "factor_not_begun", "Begin anew: this key has been replaced by another.")
	errNameRequired    = problem.New(http.StatusUnprocessableEntity, "name_required", "Enter a name.").At("name")
	errNameInvalid     = problem.New(http.StatusUnprocessableEntity, "name_invalid", "A name has at most 100 characters.").At("name")
	errPasskeyTaken    = problem.New(http.StatusConflict, "passkey_taken", "This passkey is in use already.")
	errIdentityTaken   = problem.New(http.StatusConflict, "identity_taken", "Another account is linked to this one at the provider.")
	errEmailUnverified = problem.New(http.StatusForbidden, "email_unverified", "Confirm the account's own e-mail address first.")
	errProviderEmail   = problem.New(http.StatusUnprocessableEntity, "provider_email_unverified", "The e-mail address has not been confirmed at the provider.")
	errLastOwner       = problem.New(http.StatusConflict, "last_owner", "You are the last owner of the installation. Make somebody else an owner first.")
	errNoFactor        = problem.New(http.StatusConflict, "no_factor", "Recovery codes are for the loss of a second factor. Add one first.")
)

func (a *API) explain(err error) error {
	switch {
	case errors.Is(err, account.ErrTaken):
		return errEmailTaken.Because(err)
	case errors.Is(err, administrator.ErrLastOwner):
		return errLastOwner.Because(err)
	case errors.Is(err, identity.ErrTaken):
		return errIdentityTaken.Because(err)
	case errors.Is(err, passkey.ErrName):
		return errNameInvalid.Because(err)
	case errors.Is(err, passkey.ErrTaken):
		return errPasskeyTaken.Because(err)
	case errors.Is(err, paging.ErrCursor):
		return problem.BadRequest.Because(err)
	}
	return a.Explain(err)
}
