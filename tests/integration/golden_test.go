package integration_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/authway/authway/shared/tenant"
)

var update = flag.Bool("update", false, "rewrite the recorded answers")

// What differs from run to run, in the words that stand for it in a recording.
var varying = []struct {
	name string
	is   *regexp.Regexp
}{
	{"JWT", regexp.MustCompile(`eyJ[\w-]+\.[\w-]+\.[\w-]+`)},
	{"UUID", regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)},
	{"ID", regexp.MustCompile(`"[A-Z2-7]{26}"`)},
	{"COORDINATE", regexp.MustCompile(`"[\w-]{43}"`)},
	{"TIME", regexp.MustCompile(`\b1[0-9]{9}\b`)},
	{"SECONDS", regexp.MustCompile(`("expires_in": )[0-9]+`)},
}

// recordedAs compares an answer with the recording of that name.
func recordedAs(t *testing.T, name string, body []byte, replace ...string) {
	t.Helper()
	var pretty bytes.Buffer
	if err := json.Indent(&pretty, body, "", "  "); err != nil {
		t.Fatalf("%s is no JSON: %v: %s", name, err, body)
	}
	text := strings.NewReplacer(replace...).Replace(pretty.String())
	for _, v := range varying {
		word := `"` + v.name + `"`
		switch v.name {
		case "SECONDS":
			word = "${1}" + word
		case "JWT", "UUID":
			word = v.name
		}
		text = v.is.ReplaceAllString(text, word)
	}
	file := filepath.Join("testdata", "answers", name+".json")
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(strings.TrimSpace(text)+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.TrimSpace(text) + "\n"; got != string(want) {
		t.Errorf("%s is not what is recorded; if that is meant: go test ./tests/integration -run AnswersAreAsRecorded -update\n%s", file, got)
	}
}

func fetch(t *testing.T, address string) []byte {
	t.Helper()
	response, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d, %v: %s", address, response.StatusCode, err, body)
	}
	return body
}

// discovery is what of it no version of Hydra may change behind our back.
func discovery(t *testing.T, issuer string) []byte {
	t.Helper()
	var all map[string]any
	if err := json.Unmarshal(fetch(t, issuer+"/.well-known/openid-configuration"), &all); err != nil {
		t.Fatal(err)
	}
	kept := map[string]any{}
	for _, name := range []string{
		"issuer", "authorization_endpoint", "token_endpoint", "userinfo_endpoint", "revocation_endpoint", "end_session_endpoint",
		"jwks_uri", "response_types_supported", "grant_types_supported", "subject_types_supported",
		"code_challenge_methods_supported", "backchannel_logout_supported", "backchannel_logout_session_supported",
		"frontchannel_logout_supported", "frontchannel_logout_session_supported",
	} {
		kept[name] = all[name]
	}
	text, err := json.Marshal(kept)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestAnswersAreAsRecorded(t *testing.T) {
	t.Parallel()
	j, caller, arrival := service(t)
	callee := j.system.NewResourceServer(t, tenant.Default, word(), "https://api.example/"+word())
	replace := []string{
		j.system.Endpoints.URL, "https://auth.example.com", j.app.ClientID, "APPLICATION", arrival.IDToken.Subject, "PERSON",
		caller.ID, "CALLER", callee.ID, "CALLEE", caller.Audience, "https://caller.example", callee.Audience, "https://callee.example",
	}
	token := url.Values{"token": {arrival.Tokens.AccessToken}}
	exchange := url.Values{
		"grant_type": {exchangeGrant}, "subject_token": {arrival.Tokens.AccessToken}, "audience": {callee.Audience},
		"subject_token_type": {"urn:ietf:params:oauth:token-type:access_token"}, "scope": {"email"},
	}
	made := caller.Post(t, "/token/exchange", exchange)
	var got struct {
		AccessToken string `json:"access_token"`
	}
	made.Into(t, http.StatusOK, &got)
	claims, err := json.Marshal(verified(t, j.system, got.AccessToken, callee.Audience))
	if err != nil {
		t.Fatal(err)
	}
	for name, body := range map[string][]byte{
		"discovery":              discovery(t, j.system.Endpoints.URL),
		"introspection":          caller.Post(t, "/token/introspect", token).Body,
		"introspection-inactive": caller.Post(t, "/token/introspect", url.Values{"token": {"x"}}).Body,
		"introspection-refused":  caller.Post(t, "/token/introspect", url.Values{}).Body,
		"exchange":               made.Body,
		"exchange-refused":       caller.Post(t, "/token/exchange", url.Values{"grant_type": {exchangeGrant}}).Body,
		"exchanged-token":        claims,
	} {
		recordedAs(t, name, body, replace...)
	}
}
