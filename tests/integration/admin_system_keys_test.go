package integration_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"github.com/authway/authway/shared/administrator"
	"github.com/authway/authway/shared/clock"
	"github.com/authway/authway/shared/journal"
	signing "github.com/authway/authway/shared/keyring"
	"github.com/authway/authway/tests/harness"
)

type key struct {
	Kid, Owner, Set, State, Since, Next, NextAt string
	Hastened, Compromised                       bool
}

func TestKeysAreShownWithoutTheirPrivateParts(t *testing.T) {
	t.Parallel()
	system := harness.Run(t)
	system.Knock(t, "keys.rotate")
	owner := system.Operator(t, administrator.Owner, "")
	var list struct {
		Items []key
		Jwks  []string
	}
	answer := owner.Ask(http.MethodGet, "/keys", nil)
	answer.Into(t, 200, &list)
	states := map[string]int{}
	for _, k := range list.Items {
		states[k.Owner+" "+k.State]++
		if k.Since == "" || k.State != "gone" && k.Owner == "authway" && k.NextAt == "" {
			t.Errorf("%+v", k)
		}
	}
	if states["authway active"] != 1 || states["authway published"] != 1 || states["hydra active"] < 1 {
		t.Errorf("the keys are %v", states)
	}
	if text := strings.ToLower(string(answer.Body)); strings.Contains(text, "private") || strings.Contains(text, `"d":`) {
		t.Errorf("%s", answer.Body)
	}
	if len(list.Jwks) != 2 || !strings.HasPrefix(list.Jwks[0], system.Endpoints.URL) {
		t.Errorf("the key sets are %v", list.Jwks)
	}
	kid := list.Items[0].Kid
	owner.Ask(http.MethodPost, "/keys/"+kid+"/compromised", map[string]any{"reason": "a leak", "confirm": "another"}).Refused(t, 422, "confirmation_mismatch", "confirm")
	owner.Ask(http.MethodPost, "/keys/none/compromised", map[string]any{"reason": "a leak", "confirm": "none"}).Refused(t, 404, "not_found", "")
}

// wishes is what an administrator has written down, and nobody was told of.
func wishes(t *testing.T, db bun.IDB, at time.Time, r journal.Request) journal.Request {
	t.Helper()
	r.RequestedBy = "somebody"
	made, err := journal.Requests{Clock: clock.NewFixed(at)}.Add(t.Context(), db, r)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func outcomeOf(t *testing.T, db bun.IDB, name string) journal.Request {
	t.Helper()
	latest, err := journal.Requests{DB: db}.Latest(t.Context(), []string{name})
	if err != nil {
		t.Fatal(err)
	}
	return latest[name]
}

// A knock may be lost. The next event of the job finds the request, and the sweep one
// that waits for a job which looks once a day.
func TestRequestsAreFoundWithoutAKnock(t *testing.T) {
	t.Parallel()
	system := harness.Run(t)
	db := system.Database(t)
	wishes(t, db, time.Now(), journal.Request{Job: "health.sweep"})
	fresh := wishes(t, db, time.Now().Add(time.Hour), journal.Request{Job: "backup.verify"})
	wishes(t, db, time.Now().Add(-2*time.Minute), journal.Request{Job: "backup.prune"})
	system.Knock(t, "health.sweep")
	if r := outcomeOf(t, db, "health.sweep"); r.Outcome != journal.RequestSucceeded || !strings.Contains(r.Summary, "parts answer") {
		t.Errorf("its own event leaves %+v", r)
	}
	if r := outcomeOf(t, db, "backup.prune"); r.Outcome == "" {
		t.Errorf("the sweep leaves %+v", r)
	}
	if r := outcomeOf(t, db, "backup.verify"); r.ID == fresh.ID && r.TakenAt != nil {
		t.Errorf("the sweep took what was not forgotten: %+v", r)
	}
}

// turning is a maintenance of the test's own, whose keys may be of any age.
func turning(t *testing.T) (keeper, *bun.DB, func() []signing.Life) {
	t.Helper()
	k := beginKeeper(t, map[string]string{"HYDRA_ADMIN_URL": harness.Run(t).Endpoints.HydraAdminURL})
	owner := k.db.Owner(t)
	k.knock("keys.rotate")
	return k, owner, func() []signing.Life {
		lives, err := signing.Lives(t.Context(), owner)
		if err != nil {
			t.Fatal(err)
		}
		return lives
	}
}

func (k keeper) knock(name string) {
	k.t.Helper()
	ping := changed(recordedPing, "Ce-Job", name, "Ce-Id", time.Now().String(),
		"Ce-Source", "/apis/v1/namespaces/authway/pingsources/"+strings.ReplaceAll(name, ".", "-"))
	if status, body := k.post("/events", ping, nil); status != http.StatusNoContent {
		k.t.Fatalf("%s: %d %s", name, status, body)
	}
}

func TestRotateNowTurnsWhenVerifiersCanKnowTheNext(t *testing.T) {
	t.Parallel()
	k, db, lives := turning(t)
	before := lives()
	wishes(t, db, time.Now(), journal.Request{Job: "keys.rotate", Args: journal.Args{Hasten: true}})
	k.knock("keys.rotate")
	if now := lives(); now[0].ID != before[0].ID || now[0].HastenedAt == nil || !now[0].NextAt.Equal(before[1].PublishedAt.Add(signing.PublishWait)) {
		t.Errorf("the next one was published a moment ago, and the keys are %+v", now)
	}
	if r := outcomeOf(t, db, "keys.rotate"); r.Outcome != journal.RequestSucceeded {
		t.Errorf("the request ended as %+v", r)
	}
	if _, err := db.NewRaw("UPDATE signing_keys SET published_at = published_at - ?::interval", signing.PublishWait.String()).Exec(t.Context()); err != nil {
		t.Fatal(err)
	}
	k.knock("keys.rotate")
	if now := lives(); now[0].ID != before[1].ID || now[0].HastenedAt != nil || now[2].ID != before[0].ID || now[2].State != signing.Retiring {
		t.Errorf("an hour later they are %+v", now)
	}
}

func TestACompromisedKeyIsTakenOutForWhoAsks(t *testing.T) {
	t.Parallel()
	k, db, lives := turning(t)
	lost := lives()[0].ID
	wishes(t, db, time.Now(), journal.Request{Job: "keys.rotate", Args: journal.Args{Compromised: lost}})
	k.knock("keys.rotate")
	now := lives()
	if last := now[len(now)-1]; last.ID != lost || last.State != signing.Gone || !last.Compromised || now[0].State != signing.Active {
		t.Errorf("the keys are %+v", now)
	}
	wishes(t, db, time.Now(), journal.Request{Job: "keys.rotate", Args: journal.Args{Compromised: "none"}})
	wishes(t, db, time.Now(), journal.Request{Job: "audit.roll", Args: journal.Args{Hasten: true}})
	k.knock("keys.rotate")
	k.knock("audit.roll")
	if r := outcomeOf(t, db, "keys.rotate"); r.Outcome != journal.RequestFailed || !strings.Contains(r.Summary, "no key that lives") {
		t.Errorf("one that there is not: %+v", r)
	}
	if r := outcomeOf(t, db, "audit.roll"); r.Outcome != journal.RequestFailed || !strings.Contains(r.Summary, "no such arguments") {
		t.Errorf("another job's arguments: %+v", r)
	}
}
