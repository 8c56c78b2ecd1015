package maintenance

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/authway/authway/functions/maintenance/backup"
	"github.com/authway/authway/functions/maintenance/backup/bundle"
	"github.com/authway/authway/functions/maintenance/breaches"
	"github.com/authway/authway/functions/maintenance/chain"
	"github.com/authway/authway/functions/maintenance/clean"
	"github.com/authway/authway/functions/maintenance/clients"
	"github.com/authway/authway/functions/maintenance/drill"
	"github.com/authway/authway/functions/maintenance/health"
	"github.com/authway/authway/functions/maintenance/job"
	"github.com/authway/authway/functions/maintenance/keys"
	"github.com/authway/authway/functions/maintenance/mail"
	"github.com/authway/authway/functions/maintenance/publish"
	"github.com/authway/authway/shared/audit"
	"github.com/authway/authway/shared/breached"
	"github.com/authway/authway/shared/clock"
	"github.com/authway/authway/shared/journal"
	"github.com/authway/authway/shared/keyring"
	"github.com/authway/authway/shared/outbox"
	"github.com/authway/authway/shared/postgres"
	"github.com/authway/authway/shared/recovery"
	"github.com/authway/authway/shared/sealed"
	"github.com/authway/authway/shared/tenant"
	"github.com/authway/authway/shared/tokens"
)

// jobs are all that maintenance does, in the order they are listed in.
func jobs(s settings, c clock.Clock, log *slog.Logger, registry prometheus.Registerer) []job.Job {
	deliverer := &mail.Deliverer{
		Outbox:  outbox.Store{DB: s.db, Box: s.box, Clock: c},
		Sender:  mail.Sender{Server: s.server, From: s.from},
		Tenants: tenant.Store{DB: s.db}, Public: s.public, Clock: c, Chance: rand.Float64,
	}
	deliverer.Register(registry)
	publisher := &publish.Publisher{
		DB: s.db, Outbox: outbox.Store{DB: s.db, Clock: c}, Sink: s.sink, Timeout: publish.Timeout, Clock: c, Chance: rand.Float64,
	}
	publisher.Register(registry)
	refresher := &breaches.Refresher{
		Store: breached.Store{DB: s.db}, Source: s.breached, HTTP: breaches.Client(), Clock: c,
	}
	sweeper := &health.Sweeper{Log: log, Parts: map[string]func(context.Context) error{
		journal.PartDatabase: func(ctx context.Context) error { return postgres.Ping(ctx, s.db) },
		journal.PartHydra:    func(ctx context.Context) error { return s.hydra.Ready(ctx) },
		journal.PartMail:     deliverer.Sender.Greet,
	}}
	reencrypter := newReencrypter(s, c, log)
	reencrypter.Register(registry)
	replicator := newReplicator(s, c, log)
	return []job.Job{
		deliverer.Job(),
		publisher.Job(),
		clean.Cleaner{DB: s.db, Clock: c, Rest: clean.Rest}.Job(),
		clean.HydraCleaner{DB: s.db, Hydra: s.hydraDB, Clock: c, Rest: clean.Rest}.Job(),
		clean.Purger{DB: s.db, Hydra: s.hydra, Clock: c}.Job(),
		clean.Roller{DB: s.db, Clock: c, Keep: s.auditKeep}.Job(),
		newSealer(s, c, log).Job(),
		newInspector(s, c, log).Job(),
		clean.Vacuumer{DB: s.db, Owner: s.ownerDB, Log: log}.Job(),
		refresher.Job(),
		sweeper.Job(),
		newRotator(s, c).Job(),
		newReconciler(s, c, log).Job(),
		reencrypter.Job(),
		replicator.Full(),
		replicator.Incremental(),
		newConfigurer(s, c).Job(),
		backup.Pruner{Store: s.backup.Store, Keep: backup.Keep, Clock: c}.Job(),
		newVerifier(s, c, log).Job(),
		newExaminer(s, c, log).Job(),
	}
}

func newReplicator(s settings, c clock.Clock, log *slog.Logger) *backup.Replicator {
	return &backup.Replicator{Settings: s.backup, Beat: recovery.Beat{DB: s.db}, Noted: recovery.Backups{DB: s.db}, Clock: c, Log: log, Retry: backup.Retry}
}

func newConfigurer(s settings, c clock.Clock) backup.Configurer {
	keys := keyring.Store{DB: s.db, Box: s.box, Clock: c}
	return backup.Configurer{Store: s.backup.Store, Recipients: s.backup.Recipients, Clock: c, Source: bundle.Source{
		Lookup: s.lookup, Clients: s.hydra, Keys: keys,
		Witness: bundle.Witness{DB: s.db, Tokens: tokens.New(keyring.NewRing(keys, c), c), Issuer: s.issuer()},
		Cluster: s.cluster,
	}}
}

func newVerifier(s settings, c clock.Clock, log *slog.Logger) backup.Verifier {
	return backup.Verifier{
		Store: s.backup.Store, Identities: s.backup.Identities, Clock: c, Log: log,
		Since: func(ctx context.Context) (time.Time, error) {
			return journal.Runs{DB: s.db, Clock: c}.Since(ctx, backup.VerifyJob)
		},
	}
}

// newExaminer takes the evidence of drills, which the keys of this system have
// signed.
func newExaminer(s settings, c clock.Clock, log *slog.Logger) *drill.Examiner {
	keys := keyring.Store{DB: s.db, Box: s.box, Clock: c}
	return &drill.Examiner{Store: s.backup.Store, Drills: recovery.Drills{DB: s.db, Clock: c}, Keys: keyring.NewRing(keys, c), Issuer: s.issuer(), Clock: c, Log: log}
}

func newSealer(s settings, c clock.Clock, log *slog.Logger) *chain.Sealer {
	return &chain.Sealer{
		Chain: audit.Chain{DB: s.db, Keep: s.auditKeep}, Notary: s.notary, Store: s.backup.Store, Issuer: s.issuer(), Clock: c, Log: log,
	}
}

// newInspector holds the audit log against its seals.
func newInspector(s settings, c clock.Clock, log *slog.Logger) chain.Verifier {
	return chain.Verifier{
		Chain: audit.Chain{DB: s.db, Keep: s.auditKeep}, Notary: s.notary, Store: s.backup.Store, Clock: c, Log: log,
		Since: func(ctx context.Context) (time.Time, error) {
			return journal.Runs{DB: s.db, Clock: c}.Since(ctx, chain.VerifyJob)
		},
	}
}

func newRotator(s settings, c clock.Clock) keys.Rotator {
	return keys.Rotator{
		Keys: keyring.Store{DB: s.db, Box: s.box, Clock: c}, Seed: s.seed,
		HydraKeys: keyring.HydraKeys{DB: s.db, Clock: c}, Hydra: s.hydra, TurnHydra: s.turnHydra, Clock: c,
	}
}

func newReconciler(s settings, c clock.Clock, log *slog.Logger) clients.Reconciler {
	return clients.Reconciler{
		DB: s.db, Hydra: s.hydra, Box: s.box, Clock: c, Log: log, Public: s.public,
		File: s.clientsFile, Report: s.clientsReport, Lookup: s.lookup,
	}
}

func newReencrypter(s settings, c clock.Clock, log *slog.Logger) *keys.Reencrypter {
	return &keys.Reencrypter{Sealed: sealed.Store{DB: s.db, Box: s.box, Clock: c}, Box: s.box, Clock: c, Log: log}
}

// find returns the job of a name.
func find(all []job.Job, name string) (job.Job, bool) {
	for _, j := range all {
		if j.Name == name {
			return j, true
		}
	}
	return job.Job{}, false
}
