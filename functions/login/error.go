package login

import (
	"errors"
	"net/http"

	"github.com/authway/authway/shared/problem"
)

// errOAuth is what Hydra could tell nobody else: there is no application, or no
// safe address of it, to send the person back to. Hydra's own text is for the
// log; on a page it would be a stranger's words in our name, since anybody can
// write a link with such a text.
var errOAuth = problem.New(http.StatusBadRequest, "oauth_error", "The application's request could not be understood.")

const maxOAuthError = 200

func (f *Function) showError(_ http.ResponseWriter, r *http.Request) error {
	code := r.URL.Query().Get("error")
	if len(code) > maxOAuthError {
		code = code[:maxOAuthError]
	}
	return errOAuth.Because(errors.New("hydra: " + code))
}
