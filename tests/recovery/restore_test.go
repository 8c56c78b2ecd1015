package recovery_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/authway/authway/functions/maintenance/backup"
	"github.com/authway/authway/functions/standalone"
	"github.com/authway/authway/shared/config"
	"github.com/authway/authway/tests/harness"
)

const password = "correct horse battery"

func someone() string { return strings.ToLower(rand.Text()) + "@example.org" }

// crowd signs in all the time.
type crowd struct {
	signIns atomic.Int64
	stop    func()
}

// newCrowd lets people with accounts of their own sign in, until the test ends.
func newCrowd(t *testing.T, system *harness.System, people int) *crowd {
	t.Helper()
	c := &crowd{}
	ctx, cancel := context.WithCancel(t.Context())
	app := system.NewApp(t, map[string]any{"skip_consent": true})
	ended := make(chan struct{}, people)
	for range people {
		email := someone()
		system.AddUser(t, email, "Ada Lovelace", password)
		go func() {
			defer func() { ended <- struct{}{} }()
			for ctx.Err() == nil {
				page := harness.NewVisitor(t).Open(app.Start()).Submit(map[string][]string{"email": {email}, "password": {password}}, "")
				if app.Arrive(t, page).Tokens.AccessToken == "" {
					t.Errorf("%s is not signed in", email)
					return
				}
				c.signIns.Add(1)
			}
		}()
	}
	c.stop = func() {
		cancel()
		for range people {
			<-ended
		}
	}
	return c
}

// more waits for so many more sign-ins.
func (c *crowd) more(t *testing.T, n int64) {
	t.Helper()
	want := c.signIns.Load() + n
	await(t, fmt.Sprintf("%d sign-ins", n), func() bool { return c.signIns.Load() >= want })
}

// await asks until it is so.
func await(t *testing.T, what string, so func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	bounded, cancel := context.WithTimeoutCause(t.Context(), time.Minute, errors.New(what))
	defer cancel()
	for !so() {
		select {
		case <-bounded.Done():
			t.Fatalf("awaited in vain: %v", context.Cause(bounded))
		case <-tick.C:
		}
	}
}

func TestRestoreToTheSecondBefore(t *testing.T) {
	t.Parallel()
	v, system := ofSystem(t, "file://"+t.TempDir()), harness.Run(t)
	ada := someone()
	system.AddUser(t, ada, "Ada Lovelace", password)
	people := newCrowd(t, system, 2)
	stopped := false
	defer func() {
		if !stopped {
			people.stop()
		}
	}()
	people.more(t, 2)
	v.succeed(backup.FullJob)
	people.more(t, 2)
	v.succeed(backup.IncrementalJob)
	people.more(t, 2)
	authway, hydra := system.Database(t), system.HydraDatabase(t)
	if _, err := authway.ExecContext(t.Context(), "CREATE TABLE treasure AS SELECT n, md5(n::text) AS worth FROM generate_series(1, 5000) n"); err != nil {
		t.Fatal(err)
	}
	before, want := standstill(t, authway, hydra)
	if want[0]["public.sessions"][:2] == "0 " || want[1]["public.hydra_oauth2_access"][:2] == "0 " {
		t.Fatalf("nobody is signed in: %v", want)
	}
	people.more(t, 1)
	if _, err := authway.ExecContext(t.Context(), "DROP TABLE treasure"); err != nil {
		t.Fatal(err)
	}
	people.more(t, 2)
	v.succeed(backup.IncrementalJob)
	people.stop()
	stopped = true
	v.sound()

	back := v.restore(before)
	want[0].equal(t, "authway", back.database("authway"))
	want[1].equal(t, "hydra", back.database("hydra"))
	if back.Target != before || !back.LastCommit.Before(before) || back.Reached.Before(before) || back.Timeline != 2 {
		t.Errorf("told %+v", back.Result)
	}
	signsIn(t, v, back, ada)
}

// signsIn starts Authway and Hydra on what came back, and signs in somebody who had
// an account.
func signsIn(t *testing.T, v *vault, back *restored, email string) {
	t.Helper()
	again, err := standalone.Start(t.Context(), standalone.Options{Throwaway: true, Lookup: config.Map(map[string]string{
		"PORT": "0", "OPS_PORT": "0", "DATABASE_URL": back.owner("authway"), "HYDRA_DATABASE_URL": back.owner("hydra"),
		"AUTHWAY_MASTER_KEYS": v.settings["AUTHWAY_MASTER_KEYS"], "HYDRA_SECRETS_SYSTEM": v.settings["HYDRA_SECRETS_SYSTEM"],
		"HYDRA_BIN": config.Read(config.Environment()).String("HYDRA_BIN", ""),
	})})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = again.Stop(context.WithoutCancel(t.Context())) }()
	system := harness.Elsewhere(t, again.Endpoints())
	app := system.NewApp(t, map[string]any{"skip_consent": true})
	page := harness.NewVisitor(t).Open(app.Start()).Submit(map[string][]string{"email": {email}, "password": {password}}, "")
	if arrived := app.Arrive(t, page); arrived.Claims["email"] != email {
		t.Errorf("%s is not signed in: %+v", email, arrived)
	}
}
