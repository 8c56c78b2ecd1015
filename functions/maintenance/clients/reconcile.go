package clients

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"time"

	"github.com/authway/authway/functions/maintenance/job"
	"github.com/authway/authway/shared/audit"
	"github.com/authway/authway/shared/client"
	"github.com/authway/authway/shared/clock"
	"github.com/authway/authway/shared/config"
	"github.com/authway/authway/shared/hydra"
	"github.com/authway/authway/shared/postgres"
	"github.com/authway/authway/shared/seal"
	"github.com/authway/authway/shared/tenant"
)

// placeSecret binds the code of a secret to its client.
const placeSecret = "declared_clients.secret_mac:"

// Reconciler looks after what is declared.
type Reconciler struct {
	DB     *postgres.DB
	Hydra  *hydra.Client
	Box    *seal.Box
	Clock  clock.Clock
	Log    *slog.Logger
	Public *url.URL
	// File is CLIENTS_FILE, or "".
	File string
	// Report leaves registrations as they are.
	Report bool
	Lookup config.Lookup
}

// ReadSettings reads CLIENTS_FILE and CLIENTS_RECONCILE.
func ReadSettings(reader *config.Reader) (file string, report bool) {
	file = reader.String("CLIENTS_FILE", "")
	switch mode := reader.String("CLIENTS_RECONCILE", "restore"); mode {
	case "restore":
	case "report":
		report = true
	default:
		reader.Complain("CLIENTS_RECONCILE", "is restore or report")
	}
	return file, report
}

// Job is clients.reconcile. Without a file it is due while something is still declared
// by a former one.
func (r Reconciler) Job() job.Job {
	return job.Job{Name: client.ReconcileJob, Deadline: 5 * time.Minute, Do: r.do, Due: func(ctx context.Context, _ time.Time) (bool, error) {
		if r.File != "" {
			return true, nil
		}
		all, err := client.Declarations{DB: r.DB}.All(ctx)
		return len(all) > 0, err
	}}
}

// tally is what one run did.
type tally struct{ same, made, mended, drifted, secrets, dropped int }

func (t tally) String() string {
	return fmt.Sprintf("%d as declared, %d made, %d mended, %d left as they differ, %d secrets given, %d no longer declared",
		t.same, t.made, t.mended, t.drifted, t.secrets, t.dropped)
}

func (r Reconciler) do(ctx context.Context) (string, error) {
	var entries []Entry
	var failed []error
	if r.File != "" {
		var err error
		if entries, err = Read(r.File, r.Lookup); err != nil && entries == nil {
			return "", err
		} else if err != nil {
			failed = append(failed, err)
		}
	}
	known, err := client.Declarations{DB: r.DB}.All(ctx)
	if err != nil {
		return "", err
	}
	had := map[string]*client.Declared{}
	for i := range known {
		had[known[i].ClientID] = &known[i]
	}
	var t tally
	for i, e := range entries {
		job.Progress(ctx, int64(i), int64(len(entries)))
		if err := r.one(ctx, e, had[e.ID], &t); err != nil {
			failed = append(failed, fmt.Errorf("clients: %s: %w", e.ID, err))
		}
		delete(had, e.ID)
	}
	// An entry that cannot be read may be any of those that are left.
	if len(failed) == 0 {
		for id := range had {
			if err := (client.Declarations{DB: r.DB}).Drop(ctx, id); err != nil {
				return t.String(), err
			}
			t.dropped++
		}
	}
	return t.String(), errors.Join(failed...)
}

// one looks after one application, which nobody else changes meanwhile.
func (r Reconciler) one(ctx context.Context, e Entry, had *client.Declared, t *tally) error {
	home, err := tenant.Store{DB: r.DB}.BySlug(ctx, e.Tenant)
	if err != nil {
		return fmt.Errorf("tenant %s: %w", e.Tenant, err)
	}
	settings, err := e.Settings()
	if err != nil {
		return err
	}
	if f := client.FirstError(client.Check(client.Draft{ID: e.ID, Kind: e.Kind, Settings: settings, Own: r.Public, Inside: true})); f != nil {
		return fmt.Errorf("%s: %s", f.Field, f.Title)
	}
	declared, err := json.Marshal(client.Declaration{Kind: e.Kind, Fields: e.Fields})
	if err != nil {
		return err
	}
	row := client.Declared{ClientID: e.ID, TenantID: home.ID, Declared: declared, HasSecret: e.Secret.IsSet(), Drift: json.RawMessage("[]")}
	if had != nil {
		row.SecretMAC = had.SecretMAC
	}
	return postgres.InTx(ctx, r.DB, func(ctx context.Context, tx postgres.IDB) error {
		if err := client.Lock(ctx, tx, e.ID); err != nil {
			return err
		}
		row.CheckedAt = r.Clock.Now()
		app, err := r.Hydra.Application(ctx, e.ID)
		w := work{Reconciler: r, tx: tx, entry: e, row: &row, had: had, tally: t}
		switch {
		case errors.Is(err, hydra.ErrUnknown):
			return w.missing(ctx, settings)
		case err != nil:
			return err
		}
		return w.there(ctx, app)
	})
}

// work is what is done for one application.
type work struct {
	Reconciler
	tx    postgres.IDB
	entry Entry
	row   *client.Declared
	had   *client.Declared
	tally *tally
}

// missing makes the registration, or notes that there is none.
func (w work) missing(ctx context.Context, settings client.Settings) error {
	w.row.Missing = w.Report
	if w.Report {
		w.tally.drifted++
		return w.keep(ctx, audit.ActionApplicationDrifted, "missing", w.had == nil || !w.had.Missing)
	}
	app := client.Application{ID: w.entry.ID, Tenant: w.entry.Tenant, Said: w.entry.Kind, Settings: settings}
	action := audit.ActionApplicationCreated
	if w.had != nil {
		action, w.row.RestoredAt = audit.ActionApplicationRestored, &w.row.CheckedAt
	}
	secret := ""
	if app.HasSecret() {
		// Without a declared one nobody knows it until somebody rotates it.
		secret = client.NewSecret()
	}
	w.row.SecretMAC = nil
	if w.entry.Secret.IsSet() {
		secret, w.row.SecretMAC = w.entry.Secret.Reveal(), w.mac()
		w.tally.secrets++
	}
	if err := w.keep(ctx, action, "all", true); err != nil {
		return err
	}
	if err := (client.Secrets{DB: w.tx}).Forget(ctx, w.entry.ID); err != nil {
		return err
	}
	w.tally.made++
	_, err := w.Hydra.CreateApplication(ctx, app, secret)
	return err
}

// there mends the registration, or notes how it differs.
func (w work) there(ctx context.Context, app client.Application) error {
	drift, err := w.entry.Fields.Drift(app.Settings)
	if err != nil {
		return err
	}
	if app.Tenant != w.entry.Tenant && (app.Tenant != "" || w.entry.Tenant != tenant.Default) {
		drift = append(drift, client.Difference{Field: "tenant", Declared: quoted(w.entry.Tenant), Actual: quoted(app.Tenant)})
	}
	fields := make([]string, len(drift))
	for i, d := range drift {
		fields[i] = d.Field
	}
	if w.Report && len(drift) > 0 {
		if w.row.Drift, err = json.Marshal(drift); err != nil {
			return err
		}
		w.tally.drifted++
		news := w.had == nil || string(normal(w.had.Drift)) != string(normal(w.row.Drift))
		return w.keep(ctx, audit.ActionApplicationDrifted, strings.Join(fields, ","), news)
	}
	secret := w.entry.Secret.IsSet() && !w.Box.CheckMAC(placeSecret+w.entry.ID, []byte(w.entry.Secret.Reveal()), w.row.SecretMAC)
	if w.Report {
		secret = false
	}
	if secret {
		fields, w.row.SecretMAC = append(fields, "secret"), w.mac()
	}
	if len(drift) > 0 {
		w.row.RestoredAt = &w.row.CheckedAt
	}
	if err := w.keep(ctx, audit.ActionApplicationRestored, strings.Join(fields, ","), len(fields) > 0); err != nil {
		return err
	}
	return w.mend(ctx, app, len(drift) > 0, secret)
}

func (w work) mend(ctx context.Context, app client.Application, drifted, secret bool) (err error) {
	if drifted {
		app.Tenant = w.entry.Tenant
		if app.Settings, err = w.entry.Fields.Over(app.Settings); err != nil {
			return err
		}
		if _, err := w.Hydra.SetApplication(ctx, app); err != nil {
			return err
		}
		w.tally.mended++
	} else {
		w.tally.same++
	}
	if !secret {
		return nil
	}
	// What was known of its secret is of another one.
	if err := (client.Secrets{DB: w.tx}).Forget(ctx, app.ID); err != nil {
		return err
	}
	w.tally.secrets++
	_, err = w.Hydra.SetSecret(ctx, app.ID, w.entry.Secret.Reveal())
	return err
}

// keep writes the row, and what happened if that is news.
func (w work) keep(ctx context.Context, action, fields string, news bool) error {
	if err := (client.Declarations{DB: w.tx}).Put(ctx, *w.row); err != nil || !news {
		return err
	}
	return audit.Append(ctx, w.tx, w.row.CheckedAt, audit.Event{
		TenantID: w.row.TenantID, Action: action, Outcome: audit.Success, ActorKind: audit.ActorSystem, ActorID: client.ReconcileJob,
		ClientID: w.entry.ID, Detail: map[string]string{"fields": fields},
	})
}

func (w work) mac() []byte { return w.Box.MAC(placeSecret+w.entry.ID, []byte(w.entry.Secret.Reveal())) }

func quoted(text string) json.RawMessage {
	encoded, _ := json.Marshal(text) // text always encodes
	return encoded
}

// normal is JSON in one spelling: the database has one of its own.
func normal(text json.RawMessage) []byte {
	var v any
	if json.Unmarshal(text, &v) != nil {
		return text
	}
	out, err := json.Marshal(v)
	if err != nil {
		return text
	}
	return out
}
