package standalone

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/authway/authway/frontend"
	"github.com/authway/authway/functions/standalone/demo"
	"github.com/authway/authway/functions/standalone/edge"
	"github.com/authway/authway/functions/standalone/mailbox"
	"github.com/authway/authway/functions/standalone/parts"
	"github.com/authway/authway/functions/standalone/parts/supervise"
	"github.com/authway/authway/shared/config"
	"github.com/authway/authway/shared/guard"
	"github.com/authway/authway/shared/problem"
	"github.com/authway/authway/shared/telemetry"
)

func (s *System) start(ctx context.Context) (err error) {
	if s.settings, err = readSettings(s.options.Lookup); err != nil {
		return err
	}
	if err := s.open(ctx); err != nil {
		return err
	}
	program, err := s.startServers(ctx)
	if err != nil {
		return err
	}
	if err := s.startAuthway(ctx, program); err != nil {
		return err
	}
	if err := s.openDoors(); err != nil {
		return err
	}
	return s.announce(ctx)
}

// open takes the data folder and the ports, before anything costly.
func (s *System) open(ctx context.Context) (err error) {
	dir := s.settings.dataDir
	if _, chosen := s.options.Lookup("AUTHWAY_DATA_DIR"); s.options.Throwaway && !chosen {
		if dir, err = os.MkdirTemp("", "authway-"); err != nil {
			return err
		}
	}
	if s.folder, err = supervise.Open(dir); err != nil {
		return err
	}
	// Of a killed run: scripts must not take its addresses for ours.
	if err := supervise.Remove(s.folder.Path(endpointsFile)); err != nil {
		return err
	}
	public := s.settings.public
	if s.listeners, err = listen(ctx, s.settings.port, public != nil && !onLoopback(public)); err != nil {
		return err
	}
	if public == nil {
		public = localURL(portOf(s.listeners))
	}
	s.public = public
	var moved bool
	if s.opsFrom, moved, err = listenOps(ctx, s.settings.ops); err != nil {
		return err
	}
	if moved {
		s.say("Port %d for metrics is taken; they are on port %d instead (OPS_PORT chooses)", s.settings.ops, portOf(s.opsFrom))
	}
	if s.secrets, err = loadSecrets(s.folder); err != nil {
		return err
	}
	file, err := s.folder.OpenLog("authway")
	if err != nil {
		return err
	}
	s.logs = &teeErrors{file: file, loud: s.options.Output}
	return s.folder.Announce(public.String())
}

// startServers starts PostgreSQL and Redis, and finds Hydra or builds it.
func (s *System) startServers(ctx context.Context) (program parts.HydraProgram, err error) {
	ownHydra := s.settings.hydraAdmin == nil
	all, ctx := errgroup.WithContext(ctx)
	all.Go(func() (err error) {
		if s.settings.database.IsSet() {
			s.say("PostgreSQL is the one of DATABASE_URL")
			s.databases, err = findDatabases(ctx, s.settings, ownHydra)
			return err
		}
		s.postgres, err = parts.StartPostgres(ctx, parts.PostgresOptions{
			Folder: s.folder, Password: s.secrets.Superuser, Say: s.say,
			Throwaway: s.options.Throwaway, Fetched: s.options.Fetched,
		})
		if err == nil {
			s.databases, err = prepareDatabases(ctx, s.postgres, s.secrets)
		}
		return err
	})
	all.Go(func() (err error) {
		if s.settings.redis.IsSet() {
			s.say("Redis is the one of REDIS_URL")
			return nil
		}
		s.redis, err = parts.StartRedis(ctx, s.folder, s.say)
		return err
	})
	all.Go(func() (err error) {
		if !ownHydra {
			s.say("Hydra is the one of HYDRA_ADMIN_URL; its login, consent, hook and issuer settings are yours to make")
			return nil
		}
		program, err = parts.FindHydra(ctx, s.folder, s.settings.hydraBin, s.say)
		return err
	})
	return program, all.Wait()
}

// startAuthway migrates the databases and starts the functions and Hydra, which
// need each other's addresses.
func (s *System) startAuthway(ctx context.Context, program parts.HydraProgram) (err error) {
	if s.mailbox, err = mailbox.Listen(s.options.Clock); err != nil {
		return err
	}
	around := s.surroundings()
	if s.settings.hydraAdmin == nil {
		if s.hydra, err = parts.ReserveHydra(s.folder, program); err != nil {
			return err
		}
		around.hydraAdmin, around.hydraPublic = s.hydra.Admin, s.hydra.Public
	}
	s.endpoints.HydraAdminURL, s.endpoints.HydraPublicURL = around.hydraAdmin, around.hydraPublic
	s.functions, err = startFunctions(ctx, around, s.options.Lookup, s.logs, s.options.Clock)
	if err != nil {
		return err
	}
	if s.state, err = startState(ctx, around, s.options.Lookup, s.logs, s.options.Clock); err != nil {
		return err
	}
	all, ctx := errgroup.WithContext(ctx)
	all.Go(func() error {
		if err := migrate(ctx, s.databases, s.secrets); err != nil {
			return err
		}
		return seedAccounts(ctx, s.databases.owner, s.secrets, s.options.Clock)
	})
	all.Go(func() error {
		if s.hydra == nil {
			return seedApplication(ctx, around.hydraAdmin, s.public)
		}
		if err := program.Migrate(ctx, s.folder, s.databases.hydra); err != nil {
			return err
		}
		if err := s.hydra.Start(ctx, s.hydraSettings(around)); err != nil {
			return err
		}
		return seedApplication(ctx, around.hydraAdmin, s.public)
	})
	return all.Wait()
}

func (s *System) surroundings() surroundings {
	or := func(chosen config.Secret, made string) string {
		if chosen.IsSet() {
			return chosen.Reveal()
		}
		return made
	}
	around := surroundings{
		public: s.public.String(), database: s.databases.owner, hydraDatabase: s.databases.hydra,
		smtp:    "smtp://" + s.mailbox.Address(),
		hookKey: or(s.settings.hookKey, s.secrets.HookKey), masterKeys: or(s.settings.masterKeys, s.secrets.MasterKey),
		passwords: s.secrets.Functions,
		redis:     s.settings.redis.Reveal(),
		backup:    s.backups(),
		sealKey:   s.secrets.AuditSealKey,
	}
	if s.settings.hydraAdmin == nil {
		around.hydraSystem = or(s.settings.hydraSystem, s.secrets.HydraSystem)
	}
	if s.redis != nil {
		around.redis = s.redis.URL
	}
	if s.settings.hydraAdmin != nil {
		around.hydraAdmin, around.hydraPublic = s.settings.hydraAdmin.String(), s.settings.hydraPublic.String()
	}
	return around
}

func (s *System) hydraSettings(around surroundings) parts.HydraSettings {
	return parts.HydraSettings{
		Issuer: s.public, HookKey: around.hookKey, Database: around.hydraDatabase,
		Login: addressOf(s.functions[edge.Login]).String(), Token: addressOf(s.functions[edge.Token]).String(),
		System: around.hydraSystem, Cookie: s.secrets.HydraCookie, Pagination: s.secrets.HydraPagination,
	}
}

// openDoors serves the public port and the one for metrics.
func (s *System) openDoors() error {
	level, err := logLevel(s.options.Lookup)
	if err != nil {
		return err
	}
	log := telemetry.NewLogger(s.logs, "edge", level)
	metrics := telemetry.NewMetrics("edge")
	hydra, err := url.Parse(s.endpoints.HydraPublicURL)
	if err != nil {
		return err
	}
	s.upstreams = map[edge.Upstream]*url.URL{edge.Hydra: hydra}
	for name, server := range s.functions {
		s.upstreams[name] = addressOf(server)
		// Their series differ in the label function.
		metrics.Registry.MustRegister(server.Metrics().Registry)
	}
	metrics.Registry.MustRegister(s.state.Metrics().Registry)
	pages, err := fs.Sub(frontend.Dist(), "login")
	if err != nil {
		return err
	}
	public, err := edge.Handler(edge.Config{Public: s.public, Upstreams: s.upstreams, Pages: pages, Own: s.extras(), Log: log})
	if err != nil {
		return err
	}
	private := http.NewServeMux()
	private.Handle("/", telemetry.OpsHandler(metrics.Registry))
	private.Handle("/mailbox", s.mailboxPages())
	private.Handle("/mailbox/", s.mailboxPages())

	s.edge = newFront(s.listeners, telemetry.Middleware(log, metrics, nil)(public))
	s.ops = newFront(s.opsFrom, private)
	s.edge.serve(s.fail)
	s.ops.serve(s.fail)
	return nil
}

// extras are the pages that only a local Authway has.
func (s *System) extras() map[string]http.Handler {
	application := demo.Config{
		Public: s.public, Issuer: s.public.String(), Clock: s.options.Clock,
		Log: telemetry.NewLogger(s.logs, "demo", 0),
		HTTP: &http.Client{Transport: localTransport{
			public: s.public.Host, edge: s.listeners[0].Addr().String(), next: http.DefaultTransport,
		}},
	}
	own := map[string]http.Handler{"/": http.RedirectHandler(demo.HomePath, http.StatusFound)}
	// A password and recovery links are not for everybody who can reach the site.
	if onLoopback(s.public) {
		application.User, application.Password = demoUser, s.secrets.DemoPassword
		own["/mailbox"], own["/mailbox/"] = s.mailboxPages(), s.mailboxPages()
	}
	own["/demo"] = demo.Handler(application)
	own["/demo/"] = own["/demo"]
	return own
}

func (s *System) mailboxPages() http.Handler {
	return guard.Guard{Problems: problem.Writer{}, Audience: problem.JSON}.Site(s.public, s.mailbox.Handler())
}

// readyTimeout is for connections to be made; everything they lead to runs.
const (
	readyTimeout = 15 * time.Second
	readyPoll    = 20 * time.Millisecond
)

// announce waits until every function says that it is ready, and tells where
// everything is.
func (s *System) announce(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	var all errgroup.Group
	for name := range s.functions {
		all.Go(func() error { return ready(ctx, string(name), s.upstreams[name]) })
	}
	if err := all.Wait(); err != nil {
		return err
	}
	s.ticker = startTicker(eventsOf(s.upstreams[edge.Maintenance]), s.options.Clock)
	if s.postgres != nil {
		s.watch(s.postgres.Process)
	}
	if s.redis != nil {
		s.watch(s.redis.Process)
	}
	if s.hydra != nil {
		s.watch(s.hydra.Process)
	}
	around := s.surroundings()
	ops := "http://localhost:" + strconv.Itoa(portOf(s.opsFrom))
	s.endpoints.URL, s.endpoints.OpsURL = s.public.String(), ops
	s.endpoints.MailboxURL = s.endpoints.URL + "/mailbox"
	if !onLoopback(s.public) {
		s.endpoints.MailboxURL = ops + "/mailbox"
	}
	s.endpoints.DatabaseURL, s.endpoints.RedisURL = s.databases.owner, around.redis
	s.endpoints.HydraDatabaseURL = s.databases.hydra
	s.endpoints.DemoUser, s.endpoints.DemoPassword = demoUser, s.secrets.DemoPassword
	s.endpoints.AdminUser, s.endpoints.AdminPassword = adminUser, s.secrets.AdminPassword
	return errors.Join(s.endpoints.write(s.folder), s.writeEnvironment())
}

func ready(ctx context.Context, name string, at *url.URL) error {
	tick := time.NewTicker(readyPoll)
	defer tick.Stop()
	for {
		last := probe(ctx, at.JoinPath("/readyz").String())
		if last == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s does not get ready: %w", name, last)
		case <-tick.C:
		}
	}
}

func probe(ctx context.Context, address string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	if res.StatusCode != http.StatusOK {
		err = errors.New(res.Status)
	}
	return errors.Join(err, res.Body.Close())
}
