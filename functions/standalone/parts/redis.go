package parts

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os/exec"
	"strconv"
	"syscall"
	"time"

	"github.com/alicebob/miniredis/v2"

	"github.com/authway/authway/functions/standalone/parts/supervise"
	"github.com/authway/authway/shared/cache"
)

// Redis is a running server of our own: a process, or miniredis in this one.
// Nothing in it outlives a run; Authway loses speed with it, never data.
type Redis struct {
	*supervise.Process
	URL     string
	Program string
	mini    *miniredis.Miniredis
	done    chan struct{}
}

// StartRedis starts redis-server if the machine has it, else miniredis.
func StartRedis(ctx context.Context, f *supervise.Folder, say Say) (*Redis, error) {
	program, err := exec.LookPath("redis-server")
	if err != nil {
		say("There is no redis-server here: miniredis in this process stands in for it")
		return startMiniredis()
	}
	r := &Redis{Program: program}
	r.Process, err = launch(ctx, func() (*supervise.Process, func(context.Context) error, error) {
		return r.start(f, program)
	})
	if err != nil {
		return nil, err
	}
	return r, nil
}

func (r *Redis) start(f *supervise.Folder, program string) (*supervise.Process, func(context.Context) error, error) {
	ports, err := supervise.Reserve(1)
	if err != nil {
		return nil, nil, err
	}
	port, secret := ports.Port(0), password()
	if err := ports.Release(); err != nil {
		return nil, nil, err
	}
	r.URL = redisURL("127.0.0.1:"+strconv.Itoa(port), secret)
	client, err := cache.Open(r.URL, "")
	if err != nil {
		return nil, nil, err
	}
	p, err := f.Start(supervise.Command{
		// The settings come on standard input: arguments, the password among them, are for all to see in ps.
		Name: "redis", Path: program, Args: []string{"-"}, Env: bareEnvironment(), Dir: f.Path(),
		Stdin: fmt.Sprintf("bind 127.0.0.1\nport %d\nrequirepass %s\nsave \"\"\nappendonly no\nloglevel warning\n", port, secret),
		Stop:  syscall.SIGTERM,
	})
	if err != nil {
		return nil, nil, errors.Join(err, client.Close())
	}
	return p, func(ctx context.Context) error {
		if err := client.Ping(ctx); err != nil {
			return err
		}
		return client.Close()
	}, nil
}

// Stop ends the server.
func (r *Redis) Stop(ctx context.Context) error {
	if r == nil {
		return nil
	}
	if r.mini != nil {
		close(r.done)
		r.mini.Close()
		return nil
	}
	return r.Process.Stop(ctx)
}

// miniTick is how often time passes in miniredis, which has no clock of its own:
// entries live up to that much longer than they should.
const miniTick = 100 * time.Millisecond

func startMiniredis() (*Redis, error) {
	m := miniredis.NewMiniRedis()
	secret := password()
	m.RequireAuth(secret)
	if err := m.StartAddr("127.0.0.1:0"); err != nil {
		return nil, err
	}
	r := &Redis{URL: redisURL(m.Addr(), secret), Program: "miniredis", mini: m, done: make(chan struct{})}
	go func() {
		tick := time.NewTicker(miniTick)
		defer tick.Stop()
		for {
			select {
			case <-r.done:
				return
			case <-tick.C:
				m.FastForward(miniTick)
			}
		}
	}()
	return r, nil
}

func redisURL(address, secret string) string {
	return (&url.URL{Scheme: "redis", Host: address, User: url.UserPassword("", secret), Path: "/0"}).String()
}
