package token

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"github.com/authway/authway/shared/problem"
	"github.com/authway/authway/shared/resource"
)

// Errors in the words of RFC 6749, section 5.2, RFC 8693, section 2.2.2, and RFC
// 8707, section 2.
var (
	errInvalidRequest = problem.New(http.StatusBadRequest, "invalid_request", "The request lacks a parameter or repeats one.")
	errInvalidClient  = problem.New(http.StatusUnauthorized, "invalid_client", "The resource server is unknown or its secret is wrong.")
	errInvalidScope   = problem.New(http.StatusBadRequest, "invalid_scope", "The scope is not within the token's.")
	errInvalidTarget  = problem.New(http.StatusBadRequest, "invalid_target", "There is no such audience.")
	errInvalidGrant   = problem.New(http.StatusBadRequest, "invalid_grant", "The subject token is not active.")
	errGrantType      = problem.New(http.StatusBadRequest, "unsupported_grant_type", "Only token exchange is done here.")
)

// server is the resource server that asks, by HTTP Basic or by the form (RFC 6749,
// section 2.3.1), and not by both.
func (f *Function) server(r *http.Request) (resource.Server, error) {
	id, secret, basic := r.BasicAuth()
	if basic {
		var bad error
		id, secret, bad = unescaped(id, secret)
		if bad != nil || r.PostForm.Has("client_secret") {
			return resource.Server{}, errInvalidRequest.Because(bad)
		}
	} else {
		id, secret = r.PostForm.Get("client_id"), r.PostForm.Get("client_secret")
	}
	if id == "" || secret == "" {
		return resource.Server{}, errInvalidClient
	}
	s, err := f.servers.get(digest("server", id), func() (resource.Server, error) {
		s, err := f.resources.ByID(context.WithoutCancel(r.Context()), id)
		if errors.Is(err, resource.ErrUnknown) {
			// Nobody holds the secret of the zero value.
			return resource.Server{}, nil
		}
		return s, err
	})
	if err != nil {
		return resource.Server{}, unavailable(err)
	}
	if !s.Holds(secret, f.clock.Now()) {
		return resource.Server{}, errInvalidClient
	}
	return s, nil
}

func unescaped(id, secret string) (string, string, error) {
	plainID, errID := url.QueryUnescape(id)
	plainSecret, errSecret := url.QueryUnescape(secret)
	return plainID, plainSecret, errors.Join(errID, errSecret)
}

// once is a parameter that may be there once (RFC 6749, section 3.2).
func once(form url.Values, name string) (string, error) {
	values := form[name]
	if len(values) > 1 {
		return "", errInvalidRequest
	}
	return form.Get(name), nil
}

// form reads the body of a request that is no JSON.
func form(r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		if problem.TooLarge.Is(problem.Of(err)) {
			return err
		}
		return errInvalidRequest.Because(err)
	}
	return nil
}
