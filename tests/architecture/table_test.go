package architecture

const module = "github.com/authway/authway"

// The rings of shared/, from the inside out. A package imports only rings further in; of its own ring only
// what its doc.go names.
var rings = [][]string{
	{"clock", "paging", "problem", "oauth2", "seal", "word"},
	{"tenant", "account", "administrator", "credential", "factor", "identity", "passkey", "session", "flow", "grant", "client", "audit", "revoked", "resource", "breached", "limit", "proof", "keyring", "sealed", "lease", "journal", "outbox", "recovery", "invitation", "intake", "meter"},
	{"postgres", "cache", "hydra", "provider", "tokens", "events"},
	{"config", "telemetry", "guard", "serve"},
	{"backend", "browser", "revocation"},
}

const (
	ringReason = "words know no domain, domains know no adapter, adapters know no platform: what is further in can be " +
		"read, tested and moved without what is further out"
	neighbourReason = "neighbours that lean on each other are one package in two folders; if one has to, its doc.go says on whom"
	unknownReason   = "every package of shared/ has a place in the rings (tests/architecture/table_test.go)"
)

// A folder of the repository, and what it must not import.
var borders = []struct{ from, to, reason string }{
	{"shared", "functions", "what is shared cannot depend on who shares it"},
	{"shared", "migrations", "the schema is brought up by a job of its own; a function that carries it pays for it at every cold start"},
	{"shared", "tests", "production code does not depend on tests"},
	{"functions", "tests", "production code does not depend on tests"},
	{"migrations", "functions", "the schema serves all functions and knows none"},
	{"migrations", "tests", "production code does not depend on tests"},
	{"frontend", "shared", "pages are data and templates; what fills them imports them"},
	{"frontend", "functions", "pages are data and templates; what fills them imports them"},
}

// The function that is all functions.
const assembly = "standalone"

const isolationReason = "functions are deployed, scaled and given rights one by one; they meet in shared/ or over HTTP"

// One library, one door: what, and the folders that may use it. Tests are exempt: they have to look behind
// doors.
var doors = []struct {
	library string
	in      []string
	reason  string
}{
	{"github.com/uptrace/bun/migrate", []string{"migrations"}, "migrations run in their own binary"},
	{"github.com/uptrace/bun", append(under("shared", rings[1]), "shared/postgres", "migrations"),
		"SQL is written in the stores beside the rules it serves; everybody else passes on what package postgres names"},
	{"github.com/jackc/pgx", []string{"shared/postgres", "migrations", "functions/maintenance/backup/replica"},
		"how PostgreSQL is reached is one package's business; replication is another protocol on the same wire"},
	{"github.com/jackc/pglogrepl", []string{"functions/maintenance/backup/replica"}, "one place decides what may be acknowledged"},
	{"gocloud.dev", []string{"functions/maintenance/backup/store"}, "one place makes an object whole and durable: the library does neither for a directory"},
	{"filippo.io/age", []string{"functions/maintenance/backup/envelope"}, "one place decides what leaves for storage, and for whom"},
	{"github.com/redis/go-redis", []string{"shared/cache"}, "its time limits and its rest after a failure hold only if nobody goes around them"},
	{"github.com/ory/hydra-client-go", []string{"shared/hydra"}, "the client is frozen at an old version; the day it is replaced should cost one package"},
	{"github.com/golang-jwt/jwt", []string{"shared/tokens"}, "one place decides which algorithms are accepted"},
	{"github.com/coreos/go-oidc", []string{"shared/provider", "shared/events/sender", "functions/standalone/demo"},
		"one place decides which answers of other providers hold, and one which senders in the cluster; the demo is an application like any other"},
	{"golang.org/x/oauth2", []string{"shared/provider", "functions/standalone/demo"},
		"one place bounds the calls to other providers and ties an answer to its request: the library does neither by itself"},
	{"github.com/go-webauthn/webauthn", []string{"shared/passkey"}, "one place decides what counts as a passkey's answer, and keeps records that outlive the library"},
	{"github.com/cloudevents/sdk-go", []string{"shared/events"}, "one place decides what is retried and what is poison"},
	{"knative.dev/pkg", []string{"shared/serve", "migrations/cmd"}, "most of its packages link client-go: see the deny list"},
	{"github.com/getkin/kin-openapi", []string{"functions/admin/access"}, "one place holds requests against the document, before any handler"},
	{"github.com/alicebob/miniredis", []string{"functions/standalone"}, "it is for one machine and for tests"},
}

// Functions of the standard library with one door.
var symbols = []struct {
	symbols []string
	in      []string
	reason  string
}{
	{[]string{"time.Now", "time.Since", "time.Until"}, []string{"shared/clock"},
		"time is an argument (shared/clock): what asks the machine for it can be tested only by waiting"},
	{[]string{"os.Getenv", "os.LookupEnv", "os.ExpandEnv", "syscall.Getenv"}, []string{"shared/config"},
		"settings are read, checked and told about in one place (shared/config), files included"},
	// A child process is given the environment, which is not the same as reading a setting from it.
	{[]string{"os.Environ"}, []string{"shared/config", "functions/standalone/parts", "scripts"},
		"settings are read, checked and told about in one place (shared/config), files included"},
}

// What nothing imports, tests included.
var nowhere = []struct{ library, reason string }{
	{"github.com/stretchr/testify", "tests are tables in plain Go"},
	{"github.com/onsi", "tests are tables in plain Go"},
	{"go.uber.org/mock", "tests run against the real parts"},
	{"github.com/golang/mock", "tests run against the real parts"},
	{"github.com/uptrace/bun/driver/pgdriver", "it does not check the server's certificate up to 1.2.18 (bun #1398)"},
	{"math/rand", "what is random here is random against somebody: crypto/rand; where it is not, math/rand/v2 says so"},
	{"log", "logs are structured: log/slog, through shared/telemetry"},
	{"io/ioutil", "it was replaced by io and os"},
}

// Names that say nothing about what is inside.
var emptyNames = []string{"util", "utils", "common", "helper", "helpers", "misc", "handlers", "types", "lib"}

const namesReason = "a package is named by what it gives; under a name that fits everything everything is put"

// Limits of Go sources that were written by hand.
const (
	fileLines     = 400
	functionLines = 60
	mainLines     = 15
)

const (
	fileReason     = "a longer file is two subjects"
	functionReason = "a longer function is read by nobody to its end"
	mainReason     = "a main joins a name to a runtime; what does more cannot be tested"
	docReason      = "a package's comment says what it owns and what it refuses to know"
)

// The files that every function has, so that knowing one is knowing all.
var (
	shaped      = []string{"login", "consent", "token", "admin", "maintenance"}
	shape       = []string{"doc.go", "function.go", "open.go", "config.go", "routes.go"}
	shapeReason = "one shape, every time: who knows one function finds everything in the others"
)

// What may lie at the top of the repository, besides dotfiles.
var top = []string{
	"README.md", "Makefile", "go.mod", "go.sum",
	"functions", "shared", "frontend", "knative", "migrations", "tests", "scripts", "keys",
}

const topReason = "the top level is the first page people read"

// Where Go sources are not ours.
var skipped = []string{"node_modules", "dist", "testdata", "keys"}

// Binaries that answer people and tokens, and start from zero while somebody waits.
var hot = []string{"functions/login/cmd/login", "functions/consent/cmd/consent", "functions/token/cmd/token"}

// What a hot binary must not link: by path or by a part of it, with exceptions.
var denied = []struct {
	library string
	except  []string
	reason  string
}{
	{"k8s.io/api", nil, "its scheme costs a millisecond of init and megabytes"},
	{"k8s.io/client-go", nil, "3 ms of init; nothing that answers people talks to the cluster"},
	{"k8s.io/apimachinery", []string{"pkg/util/wait", "pkg/util/runtime"}, "only what the Drainer brings"},
	{"knative.dev/pkg", []string{"signals", "network", "network/handlers"}, "the rest brings zap, client-go or OpenCensus; see its import costs"},
	{"google.golang.org/grpc", nil, "8 MB and 1.6 ms of init with the exporters that need it"},
	{"go.opentelemetry.io", nil, "its library took a seventh of a cold start, used or not; shared/telemetry makes and sends spans itself"},
	{"github.com/ccojocar/zxcvbn-go", nil, "50 ms of init, used or not; the browser measures strength"},
	{"github.com/nbutton23/zxcvbn-go", nil, "50 ms of init, used or not; the browser measures strength"},
	{"github.com/getkin/kin-openapi", nil, "6 ms of init; the document is checked in tests"},
	{"github.com/santhosh-tekuri/jsonschema", nil, "5 ms of init"},
	{"gocloud.dev", nil, "68 modules; backups are maintenance's"},
	{"github.com/minio/minio-go", nil, "2 ms of init; backups are maintenance's"},
	{"github.com/wneessen/go-mail", nil, "mail leaves through the outbox, and hot functions hold no SMTP secret"},
	{"github.com/emersion/go-smtp", nil, "mail leaves through the outbox, and hot functions hold no SMTP secret"},
	{"net/smtp", nil, "mail leaves through the outbox, and hot functions hold no SMTP secret"},
	{"github.com/tink-crypto/tink-go", nil, "8 MB and a millisecond; columns are sealed with the standard library"},
	{"github.com/jackc/pglogrepl", nil, "replication is maintenance's"},
	{"github.com/alicebob/miniredis", nil, "a server for tests"},
	{"github.com/uptrace/bun/driver/pgdriver", nil, "it does not check the server's certificate up to 1.2.18 (bun #1398)"},
	{"os/exec", nil, "a function that answers the world starts no process"},
	{"testing", nil, "test code in a binary registers flags and was not meant to be there"},
	{module + "/migrations", nil, "the schema is brought up by a job of its own"},
	{module + "/tests", nil, "production code does not depend on tests"},
	{module + "/functions/standalone", nil, "it is all functions"},
}

// What our own packages must not import if a hot binary links them: others may have paid for it, and are
// chosen by what they cost.
var dear = []struct{ library, reason string }{
	{"regexp", "a pattern is compiled at every cold start, used or not; ours took a fifth of it: shared/word, or a few lines"},
}

// Modules that go.mod has to replace, and by what.
var replaced = []struct{ module, by, reason string }{
	{"github.com/jinzhu/inflection", "./shared/postgres/inflection", "its regular expressions cost a millisecond of every cold start"},
}

const dependenciesReason = "what a binary links is reviewed as a diff; if the change is meant, run: go test ./tests/architecture -update"

func under(folder string, names []string) []string {
	paths := make([]string, len(names))
	for i, name := range names {
		paths[i] = folder + "/" + name
	}
	return paths
}
