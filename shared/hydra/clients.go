package hydra

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// clientPage is how many applications are asked for at once.
const clientPage = 250

// Clients are all applications, each as Hydra describes it, with fields that this
// version of the client does not know. Their secrets are not among them: Hydra
// keeps hashes, and shows not even those.
func (c *Client) Clients(ctx context.Context) ([]json.RawMessage, error) {
	all := []json.RawMessage{}
	for token := ""; ; {
		call := c.api.OAuth2API.ListOAuth2Clients(ctx).PageSize(clientPage)
		if token != "" {
			call = call.PageToken(token)
		}
		_, response, err := call.Execute()
		if err := outcome("list clients", response, err); err != nil {
			return nil, err
		}
		var page []json.RawMessage
		if err := json.NewDecoder(response.Body).Decode(&page); err != nil {
			return nil, fmt.Errorf("%w: list clients: %w", ErrRefused, err)
		}
		all = append(all, page...)
		next := nextPage(response.Header)
		// Hydra v2.3.0 names a page after the last one when there is no client at all.
		if len(page) == 0 || next == "" || next == token {
			return all, nil
		}
		token = next
	}
}

// nextPage is the token of the page after this one (RFC 8288 Link headers), or "".
func nextPage(h http.Header) string {
	for link := range strings.SplitSeq(strings.Join(h.Values("Link"), ","), ",") {
		address, parameters, ok := strings.Cut(strings.TrimSpace(link), ">")
		if !ok || !strings.Contains(parameters, `rel="next"`) {
			continue
		}
		if u, err := url.Parse(strings.TrimPrefix(address, "<")); err == nil {
			return u.Query().Get("page_token")
		}
	}
	return ""
}
