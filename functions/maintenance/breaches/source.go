package breaches

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/authway/authway/shared/problem"
)

// Source is where a list comes from: the address of a filter's file.
type Source struct{ address *url.URL }

var errSource = errors.New("breaches: not the address of a list")

// ParseSource reads https://…, http://… or file:///…. The error does not repeat
// the address, which may hold a password.
func ParseSource(text string) (*Source, error) {
	u, err := url.Parse(text)
	if err != nil || u.Fragment != "" {
		return nil, errSource
	}
	switch u.Scheme {
	case "http", "https":
		// No host is spelled with what ends an address in a sentence, and what stands
		// behind it would not be taken for a part of one when it is redacted.
		if u.Hostname() == "" || strings.ContainsAny(u.Host, "\"`<>") {
			return nil, errSource
		}
	case "file":
		if u.Host != "" || u.RawQuery != "" || !filepath.IsAbs(u.Path) {
			return nil, errSource
		}
	default:
		return nil, errSource
	}
	return &Source{address: u}, nil
}

// String is the address without what may be secret in it.
func (s *Source) String() string { return problem.Redact(s.address.String()) }

// Client is a client for sources: it waits for a server, but not for ever, and
// is not led from https to http. How long a transfer takes is the job's to
// bound.
func Client() *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			Proxy:                 http.ProxyFromEnvironment,
			DialContext:           (&net.Dialer{Timeout: 10 * time.Second}).DialContext,
			TLSHandshakeTimeout:   10 * time.Second,
			ResponseHeaderTimeout: time.Minute,
			DisableKeepAlives:     true,
		},
		CheckRedirect: func(to *http.Request, from []*http.Request) error {
			if len(from) >= 5 || from[0].URL.Scheme == "https" && to.URL.Scheme != "https" {
				return errors.New("it leads somewhere that is not followed")
			}
			return nil
		},
	}
}

// open begins the transfer. How much is read of it follows from the list's
// header and is bounded there.
func (s *Source) open(ctx context.Context, client *http.Client) (io.ReadCloser, error) {
	if s.address.Scheme == "file" {
		file, err := os.Open(s.address.Path)
		if err != nil {
			return nil, fmt.Errorf("breaches: %w", err)
		}
		return file, nil
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.address.String(), http.NoBody)
	if err != nil {
		return nil, fmt.Errorf("breaches: %s: %s", s, problem.Redact(err.Error()))
	}
	response, err := client.Do(request)
	if err != nil {
		if asked, ok := errors.AsType[*url.Error](err); ok {
			// It repeats the whole address.
			err = asked.Err
		}
		return nil, fmt.Errorf("breaches: %s: %w", s, err)
	}
	if response.StatusCode != http.StatusOK {
		_ = response.Body.Close()
		return nil, fmt.Errorf("breaches: %s answers %s", s, response.Status)
	}
	return response.Body, nil
}
