package login

import (
	"errors"
	"net/http"
	"time"

	"github.com/authway/authway/shared/account"
	"github.com/authway/authway/shared/credential"
	"github.com/authway/authway/shared/flow"
	"github.com/authway/authway/shared/hydra"
	"github.com/authway/authway/shared/passkey"
	"github.com/authway/authway/shared/postgres"
	"github.com/authway/authway/shared/problem"
	"github.com/authway/authway/shared/proof"
	"github.com/authway/authway/shared/provider"
	"github.com/authway/authway/shared/tenant"
)

// What a person can be told. Unknown account and wrong password are one.
var (
	errExpired          = problem.New(http.StatusGone, "expired", "This sign-in has expired. Start again.")
	errUnknownChallenge = problem.New(http.StatusNotFound, "unknown_challenge", "This sign-in is not known here. Start again from the application.")
	errFinished         = problem.New(http.StatusConflict, "finished", "This sign-in is already done.")
	errSignedOutAlready = problem.New(http.StatusGone, "used", "You have been signed out already.")

	errWrongCredentials    = problem.New(http.StatusUnprocessableEntity, "wrong_credentials", "The e-mail address or the password is not right.")
	errDisabled            = problem.New(http.StatusForbidden, "account_disabled", "This account has been disabled.")
	errEmailRequired       = problem.New(http.StatusUnprocessableEntity, "email_required", "Enter your e-mail address.").At("email")
	errEmailInvalid        = problem.New(http.StatusUnprocessableEntity, "email_invalid", "This is not an e-mail address.").At("email")
	errPasswordRequired    = problem.New(http.StatusUnprocessableEntity, "password_required", "Enter your password.").At("password")
	errPasswordShort       = problem.New(http.StatusUnprocessableEntity, "password_short", "The password is shorter than a password has to be here.").At("password")
	errPasswordPersonal    = problem.New(http.StatusUnprocessableEntity, "password_is_personal", "The password is too close to your name or address.").At("password")
	errPasswordBreached    = problem.New(http.StatusUnprocessableEntity, "password_breached", "This password is in lists of stolen passwords. Choose another.").At("password")
	errSignInBreached      = problem.New(http.StatusForbidden, "password_breached", "This password is in lists of stolen passwords. Choose a new one to go on.")
	errPasswordRevoked     = problem.New(http.StatusForbidden, "password_revoked", "This password does not count any more. Choose a new one to go on.")
	errNameRequired        = problem.New(http.StatusUnprocessableEntity, "name_required", "Enter your name.").At("name")
	errRegistrationClosed  = problem.New(http.StatusForbidden, "registration_closed", "Accounts are made by invitation only here.")
	errCannotRegister      = problem.New(http.StatusUnprocessableEntity, "cannot_register", "An account cannot be made with these data. If you have one, sign in.")
	errPasskeyExpired      = problem.New(http.StatusUnprocessableEntity, "passkey_expired", "That took too long. Try again.")
	errPasskeyUnknown      = problem.New(http.StatusUnprocessableEntity, "passkey_unknown", "This passkey is not known here. Sign in in another way.")
	errPasskeyRefused      = problem.New(http.StatusUnprocessableEntity, "passkey_refused", "This passkey cannot be used here. Sign in in another way.")
	errCodeReplayed        = problem.New(http.StatusUnprocessableEntity, "code_replayed", "This code has been used already. Wait for the next one.").At("code")
	errCodeRequired        = problem.New(http.StatusUnprocessableEntity, "code_required", "Enter the code.").At("code")
	errCodeWrong           = problem.New(http.StatusUnprocessableEntity, "code_wrong", "The code is not right.").At("code")
	errCodeExpired         = problem.New(http.StatusUnprocessableEntity, "code_expired", "The code has expired. Ask for another one.").At("code")
	errLinkUsed            = problem.New(http.StatusGone, "used", "The link works once only, and has been used.")
	errInvitationOver      = problem.New(http.StatusGone, "invitation_over", "This link does not work any more.")
	errLinkElsewhere       = problem.New(http.StatusConflict, "link_elsewhere", "Open the link in the browser in which you asked for it, or type the code of the mail there.")
	errProviderUnavailable = problem.New(http.StatusServiceUnavailable, "provider_unavailable", "The other provider does not answer right now. Try again, or sign in another way.")
	errProviderRefused     = problem.New(http.StatusUnprocessableEntity, "provider_refused", "Signing in at the other provider did not work. Try again, or sign in another way.")
	errProviderEmail       = problem.New(http.StatusUnprocessableEntity, "provider_email_unverified", "The e-mail address has not been confirmed, so it cannot be used to sign in this way. Sign in another way.")
	errOverloaded          = problem.New(http.StatusServiceUnavailable, "overloaded", "Too many people are signing in at this moment. Try again.").After(2 * time.Second)
)

// explain maps what the domain says to what a person can be told. What is not
// listed is internal.
func explain(err error) error {
	answers := []struct {
		is     error
		answer *problem.Error
	}{
		{credential.ErrBusy, errOverloaded},
		{credential.ErrShort, errPasswordShort},
		{credential.ErrLong, problem.TooLarge.At("password")},
		{credential.ErrPersonal, errPasswordPersonal},
		{account.ErrEmail, errEmailInvalid},
		{account.ErrName, errNameRequired},
		{account.ErrTaken, errCannotRegister},
		{proof.ErrUnknown, errUnknownChallenge},
		{proof.ErrWrong, errCodeWrong},
		{proof.ErrExpired, errCodeExpired},
		{proof.ErrUsed, errLinkUsed},
		{passkey.ErrExpired, errPasskeyExpired},
		{passkey.ErrUnknown, errPasskeyUnknown},
		{passkey.ErrTenant, errPasskeyRefused},
		{passkey.ErrUnverified, errPasskeyRefused},
		{passkey.ErrCloned, errPasskeyRefused},
		{passkey.ErrInvalid, errPasskeyRefused},
		{passkey.ErrNoDomain, problem.NotFound},
		{flow.ErrUnknown, errUnknownChallenge},
		{flow.ErrOtherBrowser, errUnknownChallenge},
		{flow.ErrPending, problem.Unavailable},
		{tenant.ErrUnknown, errUnknownChallenge},
		{provider.ErrUnknown, problem.NotFound},
		{provider.ErrUnavailable, errProviderUnavailable},
		{provider.ErrRefused, errProviderRefused},
		{provider.ErrAnswer, errProviderRefused},
		{hydra.ErrExpired, errExpired},
		{hydra.ErrUnknown, errUnknownChallenge},
		{hydra.ErrUsed, errSignedOutAlready},
		{hydra.ErrUnavailable, problem.Unavailable},
	}
	for _, a := range answers {
		if errors.Is(err, a.is) {
			return a.answer.Because(err)
		}
	}
	if _, ok := errors.AsType[*problem.Error](err); !ok && postgres.Unreachable(err) {
		return problem.Unavailable.Because(err)
	}
	return err
}
