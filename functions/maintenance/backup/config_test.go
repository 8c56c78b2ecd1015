package backup

import (
	"context"
	"encoding/json"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/authway/authway/functions/maintenance/backup/bundle"
	"github.com/authway/authway/functions/maintenance/backup/catalog"
	"github.com/authway/authway/functions/maintenance/backup/envelope"
	"github.com/authway/authway/functions/maintenance/backup/store"
	"github.com/authway/authway/shared/clock"
	"github.com/authway/authway/shared/config"
	"github.com/authway/authway/shared/keyring"
)

type noClients struct{}

func (noClients) Clients(context.Context) ([]json.RawMessage, error) { return nil, nil }

type noKeys struct{}

func (noKeys) Living(context.Context) ([]keyring.Key, error) { return nil, nil }

type noWitness struct{}

func (noWitness) Hear(context.Context, time.Time) (bundle.Testimony, error) {
	return bundle.Testimony{}, nil
}

// A bundle is due from two o'clock on, until there is one of this day: an event
// that is late, or comes twice, makes neither none nor two.
func TestABundleIsDueOnceADay(t *testing.T) {
	t.Parallel()
	s, err := store.Open(t.Context(), "file://"+t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	identity, recipient, err := envelope.Pair()
	if err != nil {
		t.Fatal(err)
	}
	to, err := envelope.ParseRecipients(recipient)
	if err != nil {
		t.Fatal(err)
	}
	at := func(day, hour, minute int) time.Time { return time.Date(2026, 11, day, hour, minute, 0, 0, time.UTC) }
	c := clock.NewFixed(at(23, 2, 10))
	configurer := Configurer{
		Store: s, Recipients: to, Clock: c,
		Source: bundle.Source{Lookup: config.Map(map[string]string{"SMTP_URL": "smtp://mail"}), Clients: noClients{}, Keys: noKeys{}, Witness: noWitness{}},
	}
	j := configurer.Job()
	due := func(now time.Time, want bool) {
		t.Helper()
		if got, err := j.Due(t.Context(), now); err != nil || got != want {
			t.Errorf("at %s due: %v, %v", now, got, err)
		}
	}
	due(c.Now(), true)
	summary, err := j.Do(t.Context())
	if err != nil || !strings.Contains(summary, "config/20261123T021000.000Z_") {
		t.Errorf("%q, %v", summary, err)
	}
	due(at(23, 2, 10), false)
	due(at(24, 1, 59), false)
	due(at(24, 2, 0), true)
	due(at(27, 12, 0), true)
	// What is no bundle does not count as one.
	stray := catalog.ConfigPrefix + "29991124T021000.000Z_notes"
	if err := s.Write(t.Context(), stray, func(w io.Writer) error { _, err := w.Write([]byte("x")); return err }); err != nil {
		t.Fatal(err)
	}
	due(at(24, 2, 0), true)

	identities, err := envelope.ParseIdentities(identity)
	if err != nil {
		t.Fatal(err)
	}
	newest, err := newestBundle(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	back, err := bundle.Open(t.Context(), s, newest, identities)
	if err != nil || back.Settings["SMTP_URL"] != "smtp://mail" {
		t.Errorf("%v, %v", back, err)
	}
}

func TestWithoutAStoreNoBundleIsDue(t *testing.T) {
	t.Parallel()
	if due, err := (Configurer{}).Job().Due(t.Context(), clock.System().Now()); due || err != nil {
		t.Errorf("due: %v, %v", due, err)
	}
}
