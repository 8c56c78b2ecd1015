package integration_test

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/authway/authway/functions/maintenance"
	"github.com/authway/authway/functions/token"
	"github.com/authway/authway/shared/clock"
	"github.com/authway/authway/shared/config"
	signing "github.com/authway/authway/shared/keyring"
	"github.com/authway/authway/shared/postgres"
	"github.com/authway/authway/shared/seal"
	"github.com/authway/authway/shared/tokens"
	api "github.com/authway/authway/tests/examples/go"
	"github.com/authway/authway/tests/harness"
)

const audienceOfExamples = "https://api.example.com"

func testBox(t testing.TB) *seal.Box {
	t.Helper()
	box, err := seal.New([]string{harness.MasterKey()})
	if err != nil {
		t.Fatal(err)
	}
	return box
}

// issuerAt signs with the system's keys, at a time that its clock tells.
func issuerAt(t *testing.T, system *harness.System, c clock.Clock) *tokens.Issuer {
	t.Helper()
	db, err := postgres.Open(postgres.Config{URL: system.Endpoints.DatabaseURL})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	store := signing.Store{DB: db, Box: testBox(t), Clock: clock.System()}
	// The system's first tick may still be under way.
	if _, err := store.Turn(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	return tokens.New(signing.NewRing(store, clock.System()), c)
}

func get(t *testing.T, address, bearer string) (*http.Response, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	if bearer != "" {
		request.Header.Set("Authorization", "Bearer "+bearer)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response, string(body)
}

const jwksPath = "/.well-known/authway/jwks.json"

// kids are the keys of a JWKS, and that there is nothing private in it.
func kids(t *testing.T, address string) (ids []string) {
	t.Helper()
	response, body := get(t, address+jwksPath, "")
	var set struct {
		Keys []map[string]string `json:"keys"`
	}
	if err := json.Unmarshal([]byte(body), &set); err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("got %d %s, %v", response.StatusCode, body, err)
	}
	for _, key := range set.Keys {
		for member := range key {
			if !slices.Contains([]string{"kty", "crv", "x", "y", "n", "e", "alg", "kid", "use"}, member) {
				t.Errorf("the JWKS shows %s", member)
			}
		}
		ids = append(ids, key["kid"])
	}
	return ids
}

func TestJWKSIsPublicAndCached(t *testing.T) {
	t.Parallel()
	system := harness.Run(t)
	issuerAt(t, system, clock.System())
	if ids := kids(t, system.Endpoints.URL); len(ids) < 2 {
		t.Errorf("%d keys; one signs and one is to come", len(ids))
	}
	response, _ := get(t, system.Endpoints.URL+jwksPath, "")
	for name, want := range map[string]string{
		"Content-Type": "application/jwk-set+json", "Cache-Control": "public, max-age=600", "Access-Control-Allow-Origin": "*",
	} {
		if got := response.Header.Values(name); len(got) != 1 || got[0] != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
}

// Before there is a key, nobody is given an empty set to keep.
func TestJWKSWithoutKeysIsNotGivenOut(t *testing.T) {
	t.Parallel()
	response, body := get(t, harness.StartFunction(t, token.Spec, harness.NewDatabase(t), nil)+jwksPath, "")
	if response.StatusCode != http.StatusServiceUnavailable || strings.Contains(body, "keys") {
		t.Errorf("got %d %s", response.StatusCode, body)
	}
}

// startNode starts the example in Node and returns its address.
func startNode(t *testing.T, issuer string) string {
	t.Helper()
	example := exec.CommandContext(t.Context(), "node", "api.mjs")
	example.Dir = "../examples/node"
	if _, err := os.Stat(filepath.Join(example.Dir, "node_modules/jose")); err != nil {
		t.Fatal("the example's library is missing: cd tests/examples/node && npm ci")
	}
	example.Env = append(os.Environ(), "ISSUER="+issuer, "AUDIENCE="+audienceOfExamples, "PORT=0")
	example.Stderr = t.Output()
	said, err := example.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := example.Start(); err != nil {
		t.Fatalf("node: %v", err)
	}
	t.Cleanup(func() {
		_ = example.Process.Kill()
		_ = example.Wait()
	})
	line, err := bufio.NewReader(said).ReadString('\n')
	port, ok := strings.CutPrefix(strings.TrimSpace(line), "listening on ")
	if err != nil || !ok {
		t.Fatalf("the example says %q, %v", line, err)
	}
	return "http://127.0.0.1:" + port
}

func TestExamplesAcceptAccessTokensAndNothingElse(t *testing.T) {
	t.Parallel()
	system := harness.Run(t)
	issuer := system.Endpoints.URL
	examples := map[string]string{"go": "", "node": startNode(t, issuer)}
	server := httptest.NewServer(api.New(t.Context(), issuer, audienceOfExamples))
	t.Cleanup(server.Close)
	examples["go"] = server.URL
	signed := func(at time.Time, change func(*tokens.Claims)) string {
		t.Helper()
		c := tokens.Claims{
			Type: tokens.AccessToken, Issuer: issuer, Subject: "ada", Audience: []string{audienceOfExamples}, ExpiresAt: at.Add(time.Minute),
		}
		if change != nil {
			change(&c)
		}
		raw, err := issuerAt(t, system, clock.NewFixed(at)).Sign(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	good := signed(time.Now(), nil)
	parts := strings.Split(good, ".")
	header := func(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }
	for name, raw := range map[string]string{
		"an access token":  good,
		"another audience": signed(time.Now(), func(c *tokens.Claims) { c.Audience = []string{"https://other.example.com"} }),
		"another issuer":   signed(time.Now(), func(c *tokens.Claims) { c.Issuer = "https://evil.example.com" }),
		"another type":     signed(time.Now(), func(c *tokens.Claims) { c.Type = tokens.Phantom }),
		"expired":          signed(time.Now().Add(-time.Hour), nil),
		"unsigned":         header(`{"alg":"none","typ":"at+jwt"}`) + "." + parts[1] + ".",
		"an unknown key":   header(`{"alg":"ES256","typ":"at+jwt","kid":"made up"}`) + "." + parts[1] + "." + parts[2],
		"changed":          parts[0] + "." + header(`{"sub":"eve"}`) + "." + parts[2],
		"nothing":          "",
	} {
		for language, address := range examples {
			response, body := get(t, address, raw)
			if accepted := response.StatusCode == http.StatusOK && strings.Contains(body, `"subject":"ada"`); accepted != (raw == good) {
				t.Errorf("%s: %s: %d %s", language, name, response.StatusCode, body)
			}
		}
	}
}

func shell(t *testing.T, settings map[string]string, args ...string) (int, string) {
	t.Helper()
	var out, complaints bytes.Buffer
	code := maintenance.Run(t.Context(), args, config.Map(settings), &out, &complaints)
	return code, out.String() + complaints.String()
}

func shellSettings(t *testing.T, db harness.Database, more ...string) map[string]string {
	t.Helper()
	settings := map[string]string{
		"AUTHWAY_URL": "https://auth.example.com", "DATABASE_URL": db.URL("maintenance"), "SMTP_URL": "smtp://127.0.0.1:1",
		"AUTHWAY_MASTER_KEYS": harness.MasterKey(), "HYDRA_ADMIN_URL": harness.Run(t).Endpoints.HydraAdminURL,
	}
	for i := 0; i+1 < len(more); i += 2 {
		settings[more[i]] = more[i+1]
	}
	return settings
}

func TestCompromisedKeyGoesWithOneCommand(t *testing.T) {
	t.Parallel()
	db := harness.NewDatabase(t)
	settings := shellSettings(t, db)
	if code, said := shell(t, settings, "run", "keys.rotate"); code != 0 || !strings.Contains(said, "active") {
		t.Fatalf("got %d %s", code, said)
	}
	before := kids(t, harness.StartFunction(t, token.Spec, db, nil))
	if code, said := shell(t, settings, "run", "keys.rotate", "--compromised", before[0]); code != 0 || !strings.Contains(said, before[0]+" gone") {
		t.Errorf("got %d %s", code, said)
	}
	after := kids(t, harness.StartFunction(t, token.Spec, db, nil))
	if len(after) != 2 || after[0] != before[1] || slices.Contains(after, before[0]) {
		t.Errorf("before %v, after %v", before, after)
	}
	for _, args := range [][]string{{"made-up"}, {before[0]}} {
		if code, said := shell(t, settings, "run", "keys.rotate", "--compromised", args[0]); code != 1 || !strings.Contains(said, "no key that lives has the id") {
			t.Errorf("%v: got %d %s", args, code, said)
		}
	}
	for _, args := range [][]string{{"run", "keys.rotate", "--compromised"}, {"run", "outbox.deliver", "--compromised", "x"}, {"run", "keys.rotate", "--compromised", "x", "--dry-run"}} {
		if code, _ := shell(t, settings, args...); code != 64 {
			t.Errorf("%v: %d", args, code)
		}
	}
}

// Without Hydra our own keys are turned all the same, and the rest is tried again.
func TestKeysTurnWithoutHydra(t *testing.T) {
	t.Parallel()
	db := harness.NewDatabase(t)
	settings := shellSettings(t, db, "HYDRA_ADMIN_URL", "http://127.0.0.1:1", "HYDRA_KEYS_ROTATE", "true")
	if code, said := shell(t, settings, "run", "keys.rotate"); code != 1 {
		t.Errorf("got %d %s", code, said)
	}
	if ids := kids(t, harness.StartFunction(t, token.Spec, db, nil)); len(ids) != 2 {
		t.Errorf("got %v", ids)
	}
	if code, said := shell(t, settings, "run", "keys.rotate", "--dry-run"); code != 0 || !strings.Contains(said, "is due") {
		t.Errorf("got %d %s", code, said)
	}
}

var settingLine = regexp.MustCompile(`(?m)^(JWT_PRIVATE_KEY|JWT_PUBLIC_KEY)=(\S+)$`)

// generate runs the script and returns what it prints, and the files' folder.
func generate(t *testing.T, path string, args ...string) (map[string]string, string) {
	t.Helper()
	folder := filepath.Join(t.TempDir(), "keys")
	script := exec.CommandContext(t.Context(), "../../scripts/generate-keys.sh", append(args, folder)...)
	script.Env = os.Environ()
	if path != "" {
		script.Env = append(script.Env, "PATH="+path)
	}
	script.Stderr = t.Output()
	out, err := script.Output()
	if err != nil {
		t.Fatalf("generate-keys.sh: %v", err)
	}
	printed := map[string]string{}
	for _, line := range settingLine.FindAllStringSubmatch(string(out), -1) {
		printed[line[1]] = line[2]
	}
	return printed, folder
}

// withoutOpenSSL is a PATH with all that the script needs but openssl.
func withoutOpenSSL(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	for _, program := range []string{"bash", "env", "go", "base64", "tr", "mkdir", "mktemp", "rm", "mv", "dirname", "cat"} {
		at, err := exec.LookPath(program)
		if err == nil {
			err = os.Symlink(at, filepath.Join(folder, program))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

func TestGeneratedKeysAreTheFirstOnes(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		path string
		args []string
		alg  signing.Algorithm
	}{
		"openssl":      {"", nil, signing.ES256},
		"openssl, RSA": {"", []string{"--rsa"}, signing.RS256},
		"go":           {withoutOpenSSL(t), nil, signing.ES256},
	} {
		printed, folder := generate(t, c.path, c.args...)
		for _, file := range []string{"jwt_private.pem", "jwt_public.pem"} {
			info, err := os.Stat(filepath.Join(folder, file))
			if err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("%s: %s: %v, %v", name, file, info, err)
			}
		}
		pair, err := signing.ParsePrivate(printed["JWT_PRIVATE_KEY"])
		if err != nil || pair.Key().Algorithm != c.alg || pair.CheckPublic(printed["JWT_PUBLIC_KEY"]) != nil {
			t.Errorf("%s: %v, %v", name, pair, err)
		}
		again := exec.CommandContext(t.Context(), "../../scripts/generate-keys.sh", folder)
		if out, err := again.Output(); err == nil || len(out) > 0 {
			t.Errorf("%s: a pair that is there was written over", name)
		}
	}
	printed, _ := generate(t, "")
	pair, err := signing.ParsePrivate(printed["JWT_PRIVATE_KEY"])
	if err != nil {
		t.Fatal(err)
	}
	db := harness.NewDatabase(t)
	code, said := shell(t, shellSettings(t, db, "JWT_PRIVATE_KEY", printed["JWT_PRIVATE_KEY"], "JWT_PUBLIC_KEY", printed["JWT_PUBLIC_KEY"]), "run", "keys.rotate")
	if ids := kids(t, harness.StartFunction(t, token.Spec, db, nil)); code != 0 || ids[0] != pair.ID() {
		t.Errorf("%d %s: the first key is %v, want %s", code, said, ids, pair.ID())
	}
}

func TestSeedThatIsNoPairIsRefusedAtTheStart(t *testing.T) {
	t.Parallel()
	good, _ := generate(t, "")
	other, _ := generate(t, "")
	db := harness.NewDatabase(t)
	for says, pair := range map[string][2]string{
		"JWT_PUBLIC_KEY does not belong to the private key": {good["JWT_PRIVATE_KEY"], other["JWT_PUBLIC_KEY"]},
		"JWT_PUBLIC_KEY is set without JWT_PRIVATE_KEY":     {"", good["JWT_PUBLIC_KEY"]},
		"JWT_PRIVATE_KEY is not a PEM file in base64":       {"c2VjcmV0LXRleHQ=", good["JWT_PUBLIC_KEY"]},
		"JWT_PRIVATE_KEY holds no key that can be read":     {good["JWT_PUBLIC_KEY"], good["JWT_PRIVATE_KEY"]},
	} {
		code, said := shell(t, shellSettings(t, db, "JWT_PRIVATE_KEY", pair[0], "JWT_PUBLIC_KEY", pair[1]), "run", "keys.rotate")
		if code != 78 || !strings.Contains(said, says) || pair[0] != "" && strings.Contains(said, pair[0]) {
			t.Errorf("got %d %s, want %s", code, said, says)
		}
	}
}
