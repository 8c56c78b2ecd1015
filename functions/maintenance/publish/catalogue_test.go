package publish_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"io/fs"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cloudevents/sdk-go/v2/binding"
	"github.com/cloudevents/sdk-go/v2/event"
	cloudhttp "github.com/cloudevents/sdk-go/v2/protocol/http"
	"github.com/google/uuid"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/authway/authway/functions/maintenance/publish"
	"github.com/authway/authway/shared/audit"
	"github.com/authway/authway/shared/events"
)

var update = flag.Bool("update", false, "rewrite the examples")

const (
	tenantID  = "00000000-0000-4000-8000-000000000001"
	accountID = "6b6f6f1c-5d1e-4f0a-9a53-0d2a4c1e7f10"
	sessionID = "0d5c9d1e-7a43-4d7f-8f0e-3b7b5f6b2c11"
	passkeyID = "c2a9f0b4-1c7e-4a55-9a0b-5f1d7e3c9b12"
)

var noon = time.Date(2026, 11, 24, 12, 0, 0, 123456000, time.UTC)

// details are what the audit log has of each action, and more than may leave.
var details = map[string]map[string]string{
	audit.ActionRegistered:       {"proved_by": "code", "email": "ada@example.org"},
	audit.ActionLeaving:          {"until": "2026-12-08T12:00:00Z"},
	audit.ActionEmailChanged:     {"proved_by": "link", "address": "ada@example.org"},
	audit.ActionSignedIn:         {"session": sessionID, "methods": "pwd otp mfa"},
	audit.ActionSignInFailed:     {"reason": "wrong_credentials", "typed": "ada@example.org"},
	audit.ActionDisowned:         {"event": "0193f5f2-8d3f-7c2c-9e6e-0a4a0b8f3d13"},
	audit.ActionSteppedUp:        {"session": sessionID, "methods": "pwd otp mfa"},
	audit.ActionSignedOut:        {"session": sessionID},
	audit.ActionPasswordChanged:  {"proved_by": "code"},
	audit.ActionFactorAdded:      {"kind": "totp"},
	audit.ActionFactorRemoved:    {"kind": "totp"},
	audit.ActionFactorRefused:    {"kind": "recovery", "reason": "code_wrong"},
	audit.ActionPasskeyAdded:     {"passkey": passkeyID, "name": "Ada's phone"},
	audit.ActionPasskeyRemoved:   {"passkey": passkeyID},
	audit.ActionPasskeyRefused:   {"passkey": passkeyID, "reason": "invalid"},
	audit.ActionIdentityLinked:   {"provider": "google"},
	audit.ActionIdentityUnlinked: {"provider": "google"},
	audit.ActionKeyTurned:        {"kid": "bWFkZSB1cCBmb3IgYW4gZXhhbXBsZSBvZiBhIGtleSE", "state": "active"},
}

// atAnApplication are the actions that happen on the way to one.
var atAnApplication = []string{
	audit.ActionRegistered, audit.ActionSignedIn, audit.ActionSignInFailed, audit.ActionSteppedUp, audit.ActionConsentGranted,
	audit.ActionConsentRevoked, audit.ActionFactorRefused,
}

// happened is an audit event of an entry's kind.
func happened(e publish.Entry) (audit.Found, string) {
	f := audit.Found{ID: uuid.NewSHA1(uuid.Nil, []byte(e.Action)), At: noon, Event: audit.Event{
		TenantID: uuid.MustParse(tenantID), Action: e.Action, Outcome: e.Outcome, ActorKind: audit.ActorUser, ActorID: accountID,
		SubjectID: accountID, IP: "192.0.2.1", Detail: details[e.Action],
	}}
	if slices.Contains(atAnApplication, e.Action) {
		f.ClientID = "photo-book"
	}
	switch e.Action {
	case audit.ActionSignInFailed:
		f.ActorKind, f.ActorID = audit.ActorAnonymous, ""
	case audit.ActionPurged:
		f.ActorKind, f.ActorID = audit.ActorSystem, "accounts.purge"
	case audit.ActionKeyTurned:
		f.TenantID, f.ActorKind, f.ActorID, f.SubjectID = uuid.Nil, audit.ActorSystem, "maintenance", ""
		return f, f.Detail["kid"]
	}
	return f, f.SubjectID
}

// received is a fact as the SDK reads it at a sink.
func received(t *testing.T, f events.Fact) event.Event {
	t.Helper()
	came := make(chan event.Event, 1)
	sink := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		e, err := binding.ToEvent(r.Context(), cloudhttp.NewMessageFromHttpRequest(r))
		if err != nil {
			t.Error(err)
			e = &event.Event{}
		}
		came <- *e
		w.WriteHeader(http.StatusAccepted)
	}))
	defer sink.Close()
	at, err := url.Parse(sink.URL)
	if err != nil {
		t.Fatal(err)
	}
	if err := events.PostFact(t.Context(), at, f); err != nil {
		t.Fatal(err)
	}
	return <-came
}

// schemaOf compiles a type's schema. Everything that it does not name is refused:
// what leaves has to be written down.
func schemaOf(t *testing.T, name string) *jsonschema.Schema {
	t.Helper()
	text, err := publish.Schemas.ReadFile("schemas/" + name + ".json")
	if err != nil {
		t.Fatal(err)
	}
	read, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	schema := read.(map[string]any)
	if schema["title"] != "dev.authway."+name || schema["$id"] != "urn:authway:event:"+name || schema["description"] == "" {
		t.Errorf("%s: the schema is called %v, %v", name, schema["title"], schema["$id"])
	}
	schema["additionalProperties"] = false
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	if err := compiler.AddResource("urn:authway:event:"+name, schema); err != nil {
		t.Fatal(err)
	}
	compiled, err := compiler.Compile("urn:authway:event:" + name)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return compiled
}

func validate(t *testing.T, name string, data []byte) {
	t.Helper()
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	if err := schemaOf(t, name).Validate(value); err != nil {
		t.Errorf("%s: %s: %v", name, data, err)
	}
}

func TestEachTypeHasASchemaAndAnExample(t *testing.T) {
	t.Parallel()
	first := map[string]bool{}
	for _, entry := range publish.Catalogue {
		name := strings.TrimPrefix(entry.Type(), "dev.authway.")
		f, subject := happened(entry)
		fact, err := publish.Fact(f, subject, nil)
		if err != nil {
			t.Fatal(err)
		}
		e := received(t, fact)
		if err := e.Validate(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		validate(t, name, e.Data())
		if first[name] {
			continue
		}
		first[name] = true
		golden(t, name, e)
	}
	for _, kept := range []fs.ReadDirFS{publish.Schemas, publish.Examples} {
		folder, err := kept.ReadDir(".")
		if err != nil {
			t.Fatal(err)
		}
		files, err := kept.ReadDir(folder[0].Name())
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			if !first[strings.TrimSuffix(file.Name(), ".json")] {
				t.Errorf("%s/%s is of no type", folder[0].Name(), file.Name())
			}
		}
	}
}

// golden compares e, in the structured mode, with its example.
func golden(t *testing.T, name string, e event.Event) {
	t.Helper()
	compact, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	if err := json.Indent(&text, compact, "", "  "); err != nil {
		t.Fatal(err)
	}
	text.WriteString("\n")
	if *update {
		if err := os.WriteFile(filepath.Join("examples", name+".json"), text.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	example, err := publish.Examples.ReadFile("examples/" + name + ".json")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(example, text.Bytes()) {
		t.Errorf("%s is sent as\n%s\nif that is meant, run: go test ./functions/maintenance/publish -update", name, text.Bytes())
	}
	read := event.New()
	if err := json.Unmarshal(example, &read); err != nil || read.Validate() != nil {
		t.Errorf("%s: the example is no event: %v, %v", name, err, read.Validate())
	}
	validate(t, name, read.Data())
}

func TestNothingLeavesThatTheCatalogueDoesNotName(t *testing.T) {
	t.Parallel()
	for _, entry := range publish.Catalogue {
		f, subject := happened(entry)
		f.Detail = maps.Clone(f.Detail)
		if f.Detail == nil {
			f.Detail = map[string]string{}
		}
		f.Detail["surprise"] = "secret"
		fact, err := publish.Fact(f, subject, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, secret := range []string{"secret", "ada@", "phone", "192.0.2.1"} {
			if strings.Contains(string(fact.Data), secret) {
				t.Errorf("%s tells %s", entry.Name, secret)
			}
		}
	}
}

func TestEveryTypeIsListed(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range publish.Catalogue {
		if !bytes.Contains(readme, []byte("`"+strings.TrimPrefix(entry.Type(), "dev.authway.")+"`")) {
			t.Errorf("README.md does not list %s", entry.Type())
		}
	}
}
