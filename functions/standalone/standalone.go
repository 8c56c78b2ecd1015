package standalone

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"sync"

	"github.com/authway/authway/functions/standalone/edge"
	"github.com/authway/authway/functions/standalone/mailbox"
	"github.com/authway/authway/functions/standalone/parts"
	"github.com/authway/authway/functions/standalone/parts/supervise"
	"github.com/authway/authway/shared/clock"
	"github.com/authway/authway/shared/config"
	"github.com/authway/authway/shared/serve"
)

// Options say how to run.
type Options struct {
	// Lookup finds the settings; nil is the environment.
	Lookup config.Lookup
	// Throwaway is for tests: nothing is made safe against a crash, and the data
	// folder is removed at the end. Without AUTHWAY_DATA_DIR it is a temporary one.
	Throwaway bool
	// Fetched ignores an installed PostgreSQL. It is for testing the fetched one.
	Fetched bool
	// Output is where a person reads; nil is nowhere.
	Output io.Writer
	// Clock is the functions' clock; nil is the machine's.
	Clock clock.Clock
}

// System is a running Authway.
type System struct {
	options  Options
	settings settings
	secrets  secrets
	public   *url.URL

	folder    *supervise.Folder
	logs      *teeErrors
	listeners []net.Listener
	opsFrom   []net.Listener

	postgres  *parts.Postgres
	redis     *parts.Redis
	hydra     *parts.Hydra
	mailbox   *mailbox.Mailbox
	functions map[edge.Upstream]*serve.Server
	// state reads what is true of the system, for the port of metrics alone.
	state     *serve.Server
	upstreams map[edge.Upstream]*url.URL
	edge, ops *front
	ticker    *ticker

	databases databases
	endpoints Endpoints

	failed   chan error
	stopping chan struct{}
	stopOnce sync.Once
	stopErr  error
}

// Start brings everything up and returns when a sign-in would work. If it
// fails, nothing is left running.
func Start(ctx context.Context, o Options) (*System, error) {
	if o.Lookup == nil {
		o.Lookup = config.Environment()
	}
	if o.Output == nil {
		o.Output = io.Discard
	}
	if o.Clock == nil {
		o.Clock = clock.System()
	}
	s := &System{options: o, failed: make(chan error, 1), stopping: make(chan struct{})}
	if err := s.start(ctx); err != nil {
		return nil, errors.Join(explained(err), s.Stop(context.WithoutCancel(ctx)))
	}
	return s, nil
}

// Endpoints are the addresses of the running system.
func (s *System) Endpoints() Endpoints { return s.endpoints }

// Upstreams are the private addresses behind the edge, for a test that puts
// nginx there.
func (s *System) Upstreams() map[edge.Upstream]*url.URL { return s.upstreams }

// Failed tells when a part has ended by itself. The rest runs on until Stop.
func (s *System) Failed() <-chan error { return s.failed }

func (s *System) say(format string, args ...any) {
	_, _ = fmt.Fprintf(s.options.Output, format+"\n", args...)
}

func (s *System) fail(err error) {
	select {
	case <-s.stopping:
	case s.failed <- err:
	default:
	}
}

// watch reports a child that ends before it is stopped.
func (s *System) watch(children ...*supervise.Process) {
	for _, p := range children {
		if p == nil {
			continue
		}
		go func() {
			select {
			case <-s.stopping:
			case <-p.Done():
				s.fail(p.Ended())
			}
		}()
	}
}

// Stop ends everything, the last started first. Called again it waits for the
// first call and repeats its answer.
func (s *System) Stop(ctx context.Context) error {
	s.stopOnce.Do(func() { s.stopErr = s.stop(ctx) })
	return s.stopErr
}

func (s *System) stop(ctx context.Context) error {
	close(s.stopping)
	var all []error
	if s.folder != nil {
		all = append(all, supervise.Remove(s.folder.Path(endpointsFile)))
	}
	s.ticker.stop()
	all = append(all, s.edge.stop(ctx), stopFunctions(ctx, s.functions), s.ops.stop(ctx), stopState(ctx, s.state))
	closeAll(s.listeners)
	closeAll(s.opsFrom)
	all = append(all, s.hydra.Stop(ctx), s.redis.Stop(ctx))
	if s.postgres != nil {
		all = append(all, s.postgres.Stop(ctx))
	}
	if s.mailbox != nil {
		all = append(all, s.mailbox.Close())
	}
	if s.logs != nil {
		all = append(all, s.logs.Close())
	}
	if s.folder != nil {
		all = append(all, s.discard(), s.folder.Close())
	}
	return errors.Join(all...)
}

// discard removes the data of a throwaway system.
func (s *System) discard() error {
	if !s.options.Throwaway {
		return nil
	}
	err := os.RemoveAll(s.folder.Path())
	if s.postgres != nil {
		err = errors.Join(err, os.RemoveAll(s.postgres.Home))
	}
	return err
}
