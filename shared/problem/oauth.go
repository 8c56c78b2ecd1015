package problem

import (
	"net/http"
	"strings"
)

// Our codes in the words of RFC 6749 sections 4.1.2.1 and 5.2. A code that is not here is sent as it is:
// packages that speak OAuth make Errors whose codes already are the registered ones.
var oauthNames = map[string]string{
	"bad_request":            "invalid_request",
	"not_found":              "invalid_request",
	"method_not_allowed":     "invalid_request",
	"too_large":              "invalid_request",
	"unsupported_media_type": "invalid_request",
	"misdirected_host":       "invalid_request",
	"conflict":               "invalid_request",
	"unauthenticated":        "invalid_client",
	"denied":                 "access_denied",
	"cross_site":             "access_denied",
	"too_many_requests":      "temporarily_unavailable",
	"unavailable":            "temporarily_unavailable",
	"internal":               "server_error",
}

func writeOAuth(w http.ResponseWriter, e *Error) {
	name := e.code
	if registered, ok := oauthNames[name]; ok {
		name = registered
	}
	// RFC 6749 section 5.2 and RFC 9110 section 15.5.2: a 401 names the scheme that would have worked.
	if e.status == http.StatusUnauthorized && w.Header().Get("WWW-Authenticate") == "" {
		w.Header().Set("WWW-Authenticate", `Basic realm="authway"`)
	}
	send(w, e.status, "application/json", struct {
		Error       string `json:"error"`
		Description string `json:"error_description,omitempty"`
	}{name, describable(e.sentence)})
}

// describable keeps what RFC 6749 section 5.2 allows in error_description: printable ASCII without the
// quotation mark and the backslash.
func describable(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '"' || r == '\\':
			return '\''
		case r < 0x20 || r > 0x7e:
			return -1
		}
		return r
	}, s)
}
