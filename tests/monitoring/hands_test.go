package monitoring

import (
	"context"
	"database/sql"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"

	"github.com/uptrace/bun"

	"github.com/authway/authway/shared/postgres"
)

// exec runs statements as the server's superuser.
func (w *world) exec(statements ...string) {
	w.t.Helper()
	err := w.server.RunInTx(w.t.Context(), &sql.TxOptions{}, func(ctx context.Context, tx bun.Tx) error {
		for _, s := range statements {
			if _, err := tx.ExecContext(ctx, s); err != nil {
				return fmt.Errorf("%s: %w", s, err)
			}
		}
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// alter runs statements that no transaction may hold.
func (w *world) alter(statements ...string) {
	w.t.Helper()
	for _, s := range statements {
		if _, err := w.server.ExecContext(w.t.Context(), s); err != nil {
			w.t.Fatalf("%s: %v", s, err)
		}
	}
}

// shut keeps a role from the database, and ends what it has under way.
func (w *world) shut(role string) {
	w.t.Helper()
	w.exec("ALTER ROLE "+role+" NOLOGIN", "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '"+role+"'")
}

// open lets it in again.
func (w *world) open(role string) {
	w.t.Helper()
	w.exec("ALTER ROLE " + role + " LOGIN")
}

// run runs the maintenance program on the system.
func (w *world) run(args ...string) (said string, err error) {
	w.t.Helper()
	self, err := os.Executable()
	if err != nil {
		w.t.Fatal(err)
	}
	command := exec.CommandContext(w.t.Context(), "bash", append([]string{"../../scripts/maintenance.sh"}, args...)...)
	wrapper := filepath.Join(w.t.TempDir(), "maintenance")
	if err := os.WriteFile(wrapper, []byte("#!/bin/sh\nexec "+self+" "+asMaintenance+" \"$@\"\n"), 0o700); err != nil {
		w.t.Fatal(err)
	}
	command.Env = append(os.Environ(), "AUTHWAY_DATA_DIR="+w.dir, "MAINTENANCE="+wrapper)
	out, err := command.CombinedOutput()
	return string(out), err
}

// again runs a job that is due only once a day.
func (w *world) again(job string) (said string, err error) {
	w.t.Helper()
	w.exec("UPDATE job_runs SET started_at = started_at - interval '2 days', finished_at = finished_at - interval '2 days' WHERE job = '" + job + "'")
	return w.run("run", job)
}

// reload lets Prometheus read its files again.
func (w *world) reload() {
	w.t.Helper()
	request, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, w.prometheus.url+"/prometheus/-/reload", nil)
	if err != nil {
		w.t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil || answer.StatusCode != http.StatusOK {
		w.t.Fatalf("prometheus does not reload: %v, %v", answer, err)
	}
	answer.Body.Close()
}

// alert is one that fires, or is about to.
type alert struct {
	Labels map[string]string
	State  string
	Value  string
}

func (w *world) alerts() []alert {
	w.t.Helper()
	var data struct{ Alerts []alert }
	if err := ask(w.t, w.prometheus.url+"/prometheus/api/v1/alerts", &data); err != nil {
		w.t.Fatal(err)
	}
	return data.Alerts
}

// firing are the names of those that fire at the moment.
func (w *world) firing() (names []string) {
	w.t.Helper()
	for _, a := range w.alerts() {
		if a.State == "firing" {
			names = append(names, a.Labels["alertname"])
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// query is how many series an expression gives.
func (w *world) query(expression string) (int, error) {
	w.t.Helper()
	var data struct {
		ResultType string
		Result     []any
	}
	err := ask(w.t, w.prometheus.url+"/prometheus/api/v1/query?query="+url.QueryEscape(expression), &data)
	return len(data.Result), err
}

// taken holds connections to the database until the test ends.
func (w *world) taken(n int) {
	w.t.Helper()
	address := w.system.Endpoints.DatabaseURL
	for range n {
		db, err := postgres.Open(postgres.Config{URL: address, MaxConns: 1})
		if err != nil {
			w.t.Fatal(err)
		}
		w.t.Cleanup(func() { _ = db.Close() })
		conn, err := db.Conn(w.t.Context())
		if err != nil {
			w.t.Fatal(err)
		}
		if _, err := conn.ExecContext(w.t.Context(), "SELECT 1"); err != nil {
			w.t.Fatal(err)
		}
	}
}
