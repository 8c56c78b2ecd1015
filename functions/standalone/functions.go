package standalone

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/authway/authway/functions/admin"
	"github.com/authway/authway/functions/consent"
	"github.com/authway/authway/functions/login"
	"github.com/authway/authway/functions/maintenance"
	"github.com/authway/authway/functions/maintenance/state"
	"github.com/authway/authway/functions/standalone/edge"
	"github.com/authway/authway/functions/token"
	"github.com/authway/authway/migrations"
	"github.com/authway/authway/shared/clock"
	"github.com/authway/authway/shared/config"
	"github.com/authway/authway/shared/serve"
)

// specs are the functions, each under the name it has at the edge.
var specs = map[edge.Upstream]serve.Spec{
	edge.Login:       login.Spec,
	edge.Consent:     consent.Spec,
	edge.Token:       token.Spec,
	edge.Admin:       admin.Spec,
	edge.Maintenance: maintenance.Spec,
}

// given are the settings that a function takes from the person who runs it, as
// it does when deployed. All others are made here: a setting meant for one
// function, or for this program, does not reach another.
var given = map[edge.Upstream][]string{
	edge.Login:       {"GOOGLE_CLIENT_ID", "GOOGLE_CLIENT_SECRET", "OIDC_PROVIDERS"},
	edge.Maintenance: {"SMTP_URL", "SMTP_TIMEOUT", "MAIL_FROM", "BREACHED_URL", "AUDIT_RETENTION", "AUDIT_SEAL_KEY", "K_SINK", "K_CE_OVERRIDES", "BACKUP_URL", "BACKUP_RECIPIENT", "BACKUP_METHOD", "BACKUP_SLOT", "BACKUP_DATABASE_URL", "BACKUP_DATABASE_PASSWORD", "HYDRA_SECRETS_SYSTEM", "JWT_PRIVATE_KEY", "JWT_PUBLIC_KEY", "HYDRA_KEYS_ROTATE", "CLIENTS_FILE", "CLIENTS_RECONCILE"},
}

// commonly are the settings that every function takes from the person.
var commonly = []string{"LOG_LEVEL", "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_TRACES_SAMPLER_ARG"}

// surroundings are what the functions are told about each other's world.
type surroundings struct {
	public                  string
	database, hydraDatabase string
	redis                   string
	hydraAdmin, hydraPublic string
	smtp                    string
	hookKey, masterKeys     string
	passwords               map[string]string
	// hydraSystem is what Hydra's columns are encrypted with; backups take it along.
	hydraSystem string
	// backup are settings for backups, where nobody has made others.
	backup map[string]string
	// sealKey signs the audit log's seals, where nobody has chosen another.
	sealKey string
	// events is where maintenance receives them.
	events string
}

// lookup is the environment of one function.
func (s surroundings) lookup(function edge.Upstream, person config.Lookup) config.Lookup {
	made := map[string]string{
		"AUTHWAY_URL":         s.public,
		"DATABASE_URL":        as(s.database, migrations.Role(string(function)), s.passwords[string(function)]),
		"REDIS_URL":           s.redis,
		"HYDRA_ADMIN_URL":     s.hydraAdmin,
		"HYDRA_PUBLIC_URL":    s.hydraPublic,
		"HYDRA_CLIENT_SECRET": s.hookKey,
		"AUTHWAY_MASTER_KEYS": s.masterKeys,
	}
	theirs := append(slices.Clone(commonly), given[function]...)
	if function == edge.Login || function == edge.Admin {
		made["K_SINK"] = s.events
	}
	if function == edge.Maintenance {
		made["HYDRA_DATABASE_URL"], made["DATABASE_OWNER_URL"] = s.hydraDatabase, s.database
		if s.hydraSystem != "" {
			made["HYDRA_SECRETS_SYSTEM"] = s.hydraSystem
		}
		if _, chosen := person("SMTP_URL"); !chosen {
			made["SMTP_URL"] = s.smtp
		}
		if _, chosen := person("AUDIT_SEAL_KEY"); !chosen && s.sealKey != "" {
			made["AUDIT_SEAL_KEY"] = s.sealKey
		}
		for setting, value := range s.backup {
			if _, chosen := person(setting); !chosen {
				made[setting] = value
			}
		}
	}
	return func(name string) (string, bool) {
		if value, ok := made[name]; ok {
			return value, true
		}
		if slices.Contains(theirs, name) {
			return person(name)
		}
		return "", false
	}
}

// startFunctions runs all functions in this process, each on a loopback port of
// its own. Maintenance is first: the others are told where to knock.
func startFunctions(ctx context.Context, s surroundings, person config.Lookup, logs io.Writer, c clock.Clock) (map[edge.Upstream]*serve.Server, error) {
	running := map[edge.Upstream]*serve.Server{}
	start := func(name edge.Upstream) (err error) {
		running[name], err = serve.Start(ctx, specs[name], serve.Options{
			Lookup: s.lookup(name, person), Listen: "127.0.0.1:0", LogWriter: logs, Clock: c,
		})
		if err != nil {
			delete(running, name)
		}
		return err
	}
	if err := start(edge.Maintenance); err != nil {
		return running, err
	}
	s.events = eventsOf(addressOf(running[edge.Maintenance])).String()
	for name := range specs {
		if name == edge.Maintenance {
			continue
		}
		if err := start(name); err != nil {
			return running, err
		}
	}
	return running, nil
}

// startState runs what reads the system's state: what `maintenance metrics` is where
// functions are deployed one by one. Its series are shown on the port of metrics.
func startState(ctx context.Context, s surroundings, person config.Lookup, logs io.Writer, c clock.Clock) (*serve.Server, error) {
	made := map[string]string{"DATABASE_URL": as(s.database, migrations.Role(state.Spec.Name), s.passwords[state.Spec.Name])}
	lookup := func(name string) (string, bool) {
		if name == "LOG_LEVEL" {
			return person(name)
		}
		value, ok := made[name]
		return value, ok
	}
	return serve.Start(ctx, state.Spec, serve.Options{Lookup: lookup, Listen: "127.0.0.1:0", LogWriter: logs, Clock: c})
}

func stopState(ctx context.Context, running *serve.Server) error {
	if running == nil {
		return nil
	}
	return running.Shutdown(ctx)
}

// eventsOf is where maintenance receives events.
func eventsOf(maintenance *url.URL) *url.URL { return maintenance.JoinPath("events") }

func stopFunctions(ctx context.Context, running map[edge.Upstream]*serve.Server) error {
	var all errgroup.Group
	for name, server := range running {
		all.Go(func() error {
			if err := server.Shutdown(ctx); err != nil {
				return fmt.Errorf("%s does not stop in order: %w", name, err)
			}
			return nil
		})
	}
	return all.Wait()
}

func addressOf(server *serve.Server) *url.URL {
	return &url.URL{Scheme: "http", Host: server.Addr()}
}
