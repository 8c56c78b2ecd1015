package oauth2_test

import (
	"net/url"
	"testing"

	"github.com/authway/authway/shared/oauth2"
)

func TestWantsTwoFactors(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		parameter, value string
		want             bool
	}{
		"nothing asked":              {"state", "aal2", false},
		"acr_values":                 {"acr_values", "aal2", true},
		"acr_values among others":    {"acr_values", "urn:other aal1 aal2", true},
		"another context":            {"acr_values", "aal1 aal22", false},
		"an essential claim":         {"claims", `{"id_token":{"acr":{"essential":true,"values":["aal3","aal2"]}}}`, true},
		"a claim of one value":       {"claims", `{"id_token":{"acr":{"value":"aal2"}}}`, true},
		"a claim without a value":    {"claims", `{"id_token":{"acr":null}}`, false},
		"a claim of userinfo":        {"claims", `{"userinfo":{"acr":{"value":"aal2"}}}`, false},
		"claims that are no JSON":    {"claims", `{"id_token":{"acr":{"value":"aal2"}`, false},
		"claims of another shape":    {"claims", `["aal2"]`, false},
		"a value of another type":    {"claims", `{"id_token":{"acr":{"value":2}}}`, false},
		"values of another type too": {"claims", `{"id_token":{"acr":{"values":"aal2"}}}`, false},
	} {
		request := oauth2.ParseRequest("https://x/oauth2/auth?" + url.Values{c.parameter: {c.value}}.Encode())
		if got := request.WantsTwoFactors(); got != c.want {
			t.Errorf("%s: got %v", name, got)
		}
	}
}
