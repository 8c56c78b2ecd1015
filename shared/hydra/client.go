package hydra

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	api "github.com/ory/hydra-client-go/v2"
)

var (
	// ErrExpired says that the challenge is older than Hydra's
	// ttl.login_consent_request, half an hour by default.
	ErrExpired = errors.New("hydra: the challenge has expired")
	// ErrUnknown says that Hydra cannot open the challenge: it is made up, cut
	// off, or from before a change of Hydra's secrets.
	ErrUnknown = errors.New("hydra: the challenge is unknown")
	// ErrUsed says that a logout challenge has been answered already.
	ErrUsed = errors.New("hydra: the challenge has been used")
	// ErrUnavailable says that Hydra did not answer, or answered with 5xx.
	ErrUnavailable = errors.New("hydra: unavailable")
	// ErrRefused is every other answer: a mistake of ours.
	ErrRefused = errors.New("hydra: the request was refused")
)

// timeout bounds one call. A healthy Hydra answers in about a millisecond.
const timeout = 5 * time.Second

// maxConcurrent bounds the calls under way from one instance. Hydra (up to
// v26.2.0) locks up when more requests hold its database connections than its
// pool has, and our own callers are only a part of those.
const maxConcurrent = 32

// Client calls Hydra. It is safe for concurrent use and connects on first use.
type Client struct {
	api *api.APIClient
}

// New makes a client of the administration API at adminURL. Requests go through what is
// put around its transport, the first outermost.
func New(adminURL *url.URL, around ...func(http.RoundTripper) http.RoundTripper) *Client {
	var transport http.RoundTripper = &http.Transport{
		MaxConnsPerHost:     maxConcurrent,
		MaxIdleConnsPerHost: maxConcurrent,
		IdleConnTimeout:     90 * time.Second,
	}
	for _, put := range slices.Backward(around) {
		transport = put(transport)
	}
	config := api.NewConfiguration()
	config.UserAgent = "authway"
	config.Servers = api.ServerConfigurations{{URL: strings.TrimSuffix(adminURL.String(), "/")}}
	config.HTTPClient = &http.Client{
		Timeout:       timeout,
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return &Client{api: api.NewAPIClient(config)}
}

// Ready reports whether Hydra says that it can serve.
func (c *Client) Ready(ctx context.Context) error {
	_, response, err := c.api.MetadataAPI.IsReady(ctx).Execute()
	return outcome("ready", response, err)
}

// outcome turns an answer into one of the package's errors, keeping the cause
// for the log.
func outcome(call string, response *http.Response, err error) error {
	if err == nil {
		return nil
	}
	kind := ErrRefused
	switch {
	case response == nil, response.StatusCode >= 500:
		kind = ErrUnavailable
	case response.StatusCode == http.StatusUnauthorized:
		kind = ErrExpired
	case response.StatusCode == http.StatusNotFound:
		kind = ErrUnknown
	case response.StatusCode == http.StatusGone:
		kind = ErrUsed
	case response.StatusCode < 300:
		// The body broke off or was not what the API promises.
		kind = ErrUnavailable
	}
	return fmt.Errorf("%w: %s: %w", kind, call, cause(response, err))
}

// cause repeats Hydra's error words, which hold no secret, and never the URL of
// a failed call, which holds the challenge.
func cause(response *http.Response, err error) error {
	if failed, ok := errors.AsType[*url.Error](err); ok {
		return failed.Err
	}
	var body struct {
		Error       string `json:"error"`
		Description string `json:"error_description"`
	}
	if generated, ok := errors.AsType[*api.GenericOpenAPIError](err); ok &&
		json.Unmarshal(generated.Body(), &body) == nil && body.Error != "" {
		return fmt.Errorf("%d %s: %s", response.StatusCode, body.Error, body.Description)
	}
	if response != nil {
		return fmt.Errorf("status %d: %w", response.StatusCode, err)
	}
	return err
}

func redirectTo(call string, redirect *api.OAuth2RedirectTo, response *http.Response, err error) (string, error) {
	if err := outcome(call, response, err); err != nil {
		return "", err
	}
	return redirect.RedirectTo, nil
}
