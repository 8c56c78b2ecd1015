package integration_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"

	"github.com/authway/authway/functions/maintenance/backup"
	"github.com/authway/authway/functions/maintenance/breaches"
	"github.com/authway/authway/functions/maintenance/chain"
	"github.com/authway/authway/functions/maintenance/clean"
	"github.com/authway/authway/functions/maintenance/drill"
	"github.com/authway/authway/functions/maintenance/health"
	"github.com/authway/authway/functions/maintenance/keys"
	"github.com/authway/authway/functions/maintenance/publish"
	"github.com/authway/authway/shared/audit"
	"github.com/authway/authway/shared/breached"
	"github.com/authway/authway/shared/client"
	"github.com/authway/authway/shared/clock"
	signing "github.com/authway/authway/shared/keyring"
	"github.com/authway/authway/shared/outbox"
	"github.com/authway/authway/shared/seal"
	"github.com/authway/authway/tests/harness"
	"sync/atomic"
)

// duties has an entry for every job that maintenance has.
var duties = map[string]duty{
	backup.FullJob:        fullDuty,
	backup.IncrementalJob: incrementalDuty,
	backup.ConfigJob:      configDuty,
	backup.PruneJob:       pruneDuty,
	backup.VerifyJob:      verifyDuty,
	drill.Job:             evidenceDuty,
	chain.SealJob:         sealDuty,
	chain.VerifyJob:       inspectDuty,
	outbox.Job: {
		prepare: func(b *bench) { b.addMails() },
		effect: func(b *bench) string {
			var to []string
			for _, l := range b.office.Letters() {
				to = append(to, l.To)
			}
			slices.Sort(to)
			return strings.Join(to, " ")
		},
		want: "ada@example.org bob@example.org",
		hold: func(b *bench) held {
			g, h := b.turnstile()
			b.office.Trouble(func(s harness.MailStep) error {
				if len(b.office.Letters()) == 1 {
					g.pass()
				}
				return nil
			})
			return h
		},
	},
	publish.Job: {
		prepare: func(b *bench) {
			b.sink = newSink(b.t)
			b.settings["K_SINK"] = b.sink.server.URL
			// The first run notes where the log ends.
			runJob(b.t, b.db, publish.Job, b.settings)
			for _, subject := range []string{"ada", "bob"} {
				e := audit.Event{TenantID: defaultTenant, Action: audit.ActionProfileChanged, Outcome: audit.Success, SubjectID: subject, ActorKind: audit.ActorUser}
				if err := audit.Append(b.t.Context(), b.owner, time.Now(), e); err != nil {
					b.t.Fatal(err)
				}
			}
		},
		effect: func(b *bench) string {
			told := b.sink.told()
			slices.Sort(told)
			return strings.Join(told, ", ")
		},
		want: "ada user.changed, bob user.changed",
		hold: func(b *bench) held {
			g, h := b.turnstile()
			b.sink.answers(func(event.Event) int {
				if len(b.sink.told()) == 1 && g.pass() {
					return http.StatusServiceUnavailable
				}
				return 0
			})
			return h
		},
	},
	clean.SessionsJob: {
		prepare: func(b *bench) {
			for at, over := range map[string]bool{"now() - interval '100 days'": true, "now() + interval '1 hour'": false} {
				b.exec("INSERT INTO answers (challenge_hash, claim, claimed_at, expires_at) VALUES (sha256(?), gen_random_uuid(), now(), "+at+")", []byte(at))
				b.exec("INSERT INTO job_runs (id, job, started_at) VALUES (gen_random_uuid(), 'before', " + at + ")")
				if over {
					b.exec("INSERT INTO job_runs (id, job, started_at, finished_at, outcome) VALUES (gen_random_uuid(), 'before', " + at + " + interval '1 day', now(), 'succeeded')")
				}
			}
		},
		effect: func(b *bench) string {
			return text(b, b.owner, `SELECT (SELECT count(*) FROM answers) || ' answers, ' || (SELECT count(*) FROM job_runs WHERE job = 'before') || ' runs'`)
		},
		want: "1 answers, 2 runs",
		hold: func(b *bench) held {
			return b.lock(b.owner, "SELECT FROM job_runs WHERE job = 'before' FOR UPDATE")
		},
	},
	client.ReconcileJob: {
		// A file that is no longer set declares nothing.
		prepare: func(b *bench) {
			for _, id := range []string{"one", "two"} {
				b.exec("INSERT INTO declared_clients (client_id, tenant_id, declared, has_secret, checked_at) VALUES (?, ?, '{}', false, now())", id, defaultTenant)
			}
		},
		effect: func(b *bench) string { return text(b, b.owner, "SELECT count(*) || ' declared' FROM declared_clients") },
		want:   "0 declared",
		hold: func(b *bench) held {
			return b.lock(b.owner, "SELECT FROM declared_clients WHERE client_id = 'two' FOR UPDATE")
		},
	},
	clean.HydraJob: {
		prepare: func(b *bench) {
			database := harness.NewHydraDatabase(b.t)
			b.settings["HYDRA_DATABASE_URL"] = database.OwnerURL()
			b.hydra = database.Owner(b.t)
			b.hydraRow("now() - interval '100 days'")
			b.hydraRow("now() + interval '1 hour'")
		},
		effect: func(b *bench) string {
			return text(b, b.hydra, `SELECT (SELECT count(*) FROM hydra_oauth2_jti_blacklist) || ' assertions, ' || (SELECT count(*) FROM hydra_oauth2_logout_request) || ' logouts'`)
		},
		want: "1 assertions, 1 logouts",
		hold: func(b *bench) held {
			return b.lock(b.hydra, "SELECT FROM hydra_oauth2_logout_request FOR UPDATE")
		},
	},
	clean.AccountsJob: {
		prepare: func(b *bench) {
			for name, left := range map[string]string{"ada": "2 hours", "bob": "1 hour", "eve": "-1 hour"} {
				harness.AddUserIn(b.t, b.db, name+"@example.org", name, password)
				b.exec("UPDATE users SET delete_after = now() - ?::interval WHERE name = ?", left, name)
			}
		},
		effect: func(b *bench) string {
			return text(b, b.owner, `SELECT (SELECT string_agg(name, ' ' ORDER BY name) FROM users) || ', ' || (SELECT count(*) FROM audit_events WHERE action = ?) || ' purged'`, audit.ActionPurged)
		},
		want: "eve, 2 purged",
		hold: func(b *bench) held { return b.lock(b.owner, "SELECT FROM users WHERE name = 'bob' FOR UPDATE") },
	},
	clean.AuditJob: {
		prepare: func(b *bench) {
			const appended = `INSERT INTO audit_events VALUES (gen_random_uuid(), ?, NULL, 'kept', 'success', 'system', '', '', '', '', '', '{}', sha256(''))`
			b.exec("SELECT audit_partition('2020-01-01')")
			b.exec(appended, time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC))
			b.exec(appended, time.Now().AddDate(3, 0, 0))
		},
		effect: func(b *bench) string {
			return text(b, b.owner, `SELECT (SELECT count(*) FROM audit_events WHERE action = 'kept') || ' events, ' || (SELECT count(*) FROM audit_events_default) || ' astray, '
				|| (SELECT count(*) FROM pg_inherits WHERE inhparent = 'audit_events'::regclass) || ' parts'`)
		},
		want: "1 events, 0 astray, 15 parts",
		hold: func(b *bench) held { return b.lock(b.owner, "LOCK TABLE audit_events IN ACCESS SHARE MODE") },
	},
	clean.VacuumJob: {
		prepare: func(b *bench) { b.settings["DATABASE_OWNER_URL"] = b.db.OwnerURL() },
		effect: func(b *bench) string {
			return text(b, b.owner, "SELECT (vacuum_count > 0)::text FROM pg_stat_user_tables WHERE relname = 'flows'") + ", " +
				b.runs("outcome = 'succeeded'") + " runs"
		},
		want: "true, 1 runs",
		hold: func(b *bench) held { return b.lock(b.owner, "ALTER INDEX flows_pkey SET TABLESPACE pg_default") },
	},
	breaches.Job: {
		prepare: func(b *bench) {
			b.list = newList(b)
			b.settings["BREACHED_URL"] = b.list.URL
		},
		effect: func(b *bench) string {
			return text(b, b.owner, "SELECT count(*) || ' lists, ' || count(*) FILTER (WHERE NOT sample AND loaded_at IS NOT NULL AND entries = 2) || ' loaded' FROM breached_lists")
		},
		want: "1 lists, 1 loaded",
		hold: func(b *bench) held { return b.list.hold(b) },
	},
	health.Job: {
		prepare: func(*bench) {},
		// What it does is to look: it may look as often as it likes.
		effect: func(b *bench) string {
			return text(b, b.owner, "SELECT coalesce(string_agg(DISTINCT summary, '; '), '') FROM job_runs WHERE job = ? AND outcome = 'succeeded'", b.name)
		},
		want: "all 3 parts answer",
		hold: func(b *bench) held {
			g, h := b.turnstile()
			b.relay.Answer(http.StatusBadGateway, func(*http.Request) bool {
				g.pass()
				return false
			})
			return h
		},
	},
	keys.RotateJob: {
		prepare: func(*bench) {},
		effect: func(b *bench) string {
			return text(b, b.owner, `SELECT (SELECT coalesce(string_agg(state, ' ' ORDER BY state), '') FROM signing_keys) || ', ' || (SELECT count(*) FROM audit_events WHERE action = ? AND detail->>'set' IS NULL) || ' turned'`, audit.ActionKeyTurned)
		},
		want: "active published, 3 turned",
		hold: func(b *bench) held {
			return b.lock(b.owner, "SELECT pg_advisory_xact_lock(hashtextextended('signing_keys', 0))")
		},
	},
	keys.ReencryptJob: {
		prepare: func(b *bench) {
			b.addMails()
			ring := signing.Store{DB: b.db.As(b.t, "maintenance"), Box: masterBox(b.t), Clock: clock.System()}
			if _, err := ring.Turn(b.t.Context(), nil); err != nil {
				b.t.Fatal(err)
			}
			b.settings["AUTHWAY_MASTER_KEYS"] = youngerKey + "," + harness.MasterKey()
		},
		effect: func(b *bench) string {
			box, err := seal.New([]string{youngerKey})
			if err != nil {
				b.t.Fatal(err)
			}
			first := box.Keys()[0]
			return text(b, b.owner, `SELECT string_agg(place || ' ' || n, ', ' ORDER BY place) FROM
				(SELECT place, count(*) AS n FROM sealed_values WHERE master_key = ? GROUP BY place UNION ALL SELECT 'others', count(*) FROM sealed_values WHERE master_key <> ?) AS c`,
				first[:], first[:])
		},
		want: "others 0, outbox.payload 2, signing_keys.private_key 2",
		hold: func(b *bench) held { return b.lock(b.owner, "SELECT FROM outbox FOR UPDATE") },
	},
}

const youngerKey = "CAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAg="

// addMails leaves two mails in the outbox.
func (b *bench) addMails() {
	store := outbox.Store{Box: masterBox(b.t), Clock: clock.System()}
	for _, to := range []string{"ada@example.org", "bob@example.org"} {
		addMail(b.t, b.db.As(b.t, "login"), store, to)
	}
}

// hydraRow adds what Hydra keeps of an assertion and of a logout.
func (b *bench) hydraRow(at string) {
	b.t.Helper()
	network := text(b, b.hydra, "SELECT id::text FROM networks LIMIT 1")
	for _, statement := range []string{
		"INSERT INTO hydra_oauth2_jti_blacklist (signature, expires_at, nid) VALUES (gen_random_uuid()::text, " + at + ", ?)",
		`INSERT INTO hydra_oauth2_logout_request (challenge, verifier, subject, sid, request_url, redir_url, requested_at, nid)
			VALUES (left(gen_random_uuid()::text, 36), gen_random_uuid()::text, '', '', '', '', ` + at + `, ?)`,
	} {
		if _, err := b.hydra.NewRaw(statement, network).Exec(b.t.Context()); err != nil {
			b.t.Fatal(err)
		}
	}
}

// list is a server with a list of breached passwords.
type list struct {
	*httptest.Server
	// stop is called in the middle of the list, once it is set.
	stop atomic.Pointer[func()]
}

func newList(b *bench) *list {
	b.t.Helper()
	filter, err := breached.Of([]string{"one of them", "another one"})
	if err != nil {
		b.t.Fatal(err)
	}
	l := &list{}
	l.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		half := len(filter) / 2
		_, _ = w.Write(filter[:half])
		_ = http.NewResponseController(w).Flush()
		if stop := l.stop.Load(); stop != nil {
			(*stop)()
		}
		_, _ = w.Write(filter[half:])
	}))
	b.t.Cleanup(l.Close)
	return l
}

// hold stops in the middle of the list.
func (l *list) hold(b *bench) held {
	g, h := b.turnstile()
	stop := func() { g.pass() }
	l.stop.Store(&stop)
	return h
}
