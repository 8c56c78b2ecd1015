package integration_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/authway/authway/functions/standalone/parts/supervise"
	"github.com/authway/authway/shared/cache"
)

// guarded is a Redis with a replica, and a Sentinel that puts it in the place of the other.
type guarded struct {
	t       *testing.T
	program string
	// Of the Redis servers, and of the Sentinel.
	password, watchword string
	leader, replica     *exec.Cmd
	doors               [3]string
}

func startGuarded(t *testing.T) *guarded {
	t.Helper()
	program, err := exec.LookPath("redis-server")
	if err != nil {
		t.Fatal("there is no redis-server on this machine: make parts installs it")
	}
	w := &guarded{t: t, program: program, password: rand.Text(), watchword: rand.Text()}
	ports, err := supervise.Reserve(len(w.doors))
	if err != nil {
		t.Fatal(err)
	}
	for i := range w.doors {
		w.doors[i] = net.JoinHostPort("127.0.0.1", strconv.Itoa(ports.Port(i)))
	}
	port := ports.Port
	if err := ports.Release(); err != nil {
		t.Fatal(err)
	}
	server := "bind 127.0.0.1\nport %d\nrequirepass %s\nmasterauth %[2]s\nsave \"\"\nappendonly no\nrepl-diskless-sync-delay 0\n"
	w.leader = w.start(fmt.Sprintf(server, port(0), w.password), "")
	await(t, w.doors[0])
	w.replica = w.start(fmt.Sprintf(server+"replicaof 127.0.0.1 %d\n", port(1), w.password, port(0)), "")
	await(t, w.doors[1])
	w.replicated()
	// It starts last: who replicates is asked at once, and then every ten seconds.
	w.start(fmt.Sprintf("bind 127.0.0.1\nport %d\nrequirepass %s\nsentinel monitor authway 127.0.0.1 %d 1\n"+
		"sentinel auth-pass authway %s\nsentinel down-after-milliseconds authway 300\nsentinel failover-timeout authway 3000\n",
		port(2), w.watchword, port(0), w.password), "--sentinel")
	await(t, w.doors[2])
	w.eventually("the Sentinel knows the replica", func(ctx context.Context) bool {
		replicas, err := redis.NewSentinelClient(w.options(2, w.watchword)).Replicas(ctx, "authway").Result()
		return err == nil && len(replicas) == 1 && replicas[0]["flags"] == "slave" && replicas[0]["master-link-status"] == "ok"
	})
	return w
}

func (w *guarded) start(conf, mode string) *exec.Cmd {
	w.t.Helper()
	dir := w.t.TempDir()
	// A Sentinel writes down in it what it learns.
	path := filepath.Join(dir, "redis.conf")
	if err := os.WriteFile(path, []byte(conf), 0o600); err != nil {
		w.t.Fatal(err)
	}
	args := []string{path}
	if mode != "" {
		args = append(args, mode)
	}
	process := exec.CommandContext(context.WithoutCancel(w.t.Context()), w.program, args...)
	process.Dir, process.Stderr = dir, w.t.Output()
	if err := process.Start(); err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() {
		_ = process.Process.Kill()
		_ = process.Wait()
	})
	return process
}

func (w *guarded) options(server int, password string) *redis.Options {
	return &redis.Options{Addr: w.doors[server], Password: password}
}

// replicated waits until the replica has everything that the leader was told.
func (w *guarded) replicated() {
	w.t.Helper()
	client := redis.NewClient(w.options(0, w.password))
	defer client.Close()
	// WAIT speaks of what its own connection has written.
	conn := client.Conn()
	defer conn.Close()
	w.eventually("the replica has everything", func(ctx context.Context) bool {
		if err := conn.Set(ctx, "marker", "", 0).Err(); err != nil {
			return false
		}
		n, err := conn.Wait(ctx, 1, time.Second).Result()
		return err == nil && n == 1
	})
}

func (w *guarded) eventually(what string, is func(context.Context) bool) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), 30*time.Second)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !is(ctx) {
		select {
		case <-tick.C:
		case <-ctx.Done():
			w.t.Fatalf("not within half a minute: %s", what)
		}
	}
}

// address is REDIS_URL as a deployment with Sentinels has it; the password is the Sentinel's.
func (w *guarded) address() string {
	return (&url.URL{
		Scheme: "redis", User: url.UserPassword("", w.watchword), Host: w.doors[2], Path: "/0",
		RawQuery: url.Values{"master_name": {"authway"}}.Encode(),
	}).String()
}

func TestTheCacheFollowsAFailover(t *testing.T) {
	t.Parallel()
	w := startGuarded(t)
	c, err := cache.Open(w.address(), w.password)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	ctx := t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(c.Set(ctx, "changed", []byte("before"), time.Hour))
	must(c.Set(ctx, "changed", []byte("now"), time.Hour))
	must(c.Set(ctx, "deleted", []byte("before"), time.Hour))
	must(c.Delete(ctx, "deleted"))
	w.replicated()

	must(w.leader.Process.Kill())
	_ = w.leader.Wait()
	var unanswered int
	w.eventually("the cache can be written to again", func(ctx context.Context) bool {
		value, found, err := c.Get(ctx, "changed")
		if found && string(value) != "now" {
			t.Errorf("read %q", value)
		}
		if _, found, _ := c.Get(ctx, "deleted"); found {
			t.Error("what was deleted is back")
		}
		if err != nil {
			unanswered++
		}
		return c.Set(ctx, "after", []byte("promoted"), time.Hour) == nil
	})
	if unanswered == 0 {
		t.Error("every read was answered: the leader has not been away")
	}
	for key, want := range map[string]string{"changed": "now", "after": "promoted", "deleted": ""} {
		value, found, err := c.Get(ctx, key)
		if string(value) != want || found != (want != "") || err != nil {
			t.Errorf("%s is %q, %v, %v", key, value, found, err)
		}
	}
	must(c.Close())
	w.eventually("nothing of the pool goes on after its end", func(context.Context) bool {
		stacks := make([]byte, 4<<20)
		stacks = stacks[:runtime.Stack(stacks, true)]
		return !strings.Contains(string(stacks), "sentinelFailover") && !strings.Contains(string(stacks), "go-redis/v9.(*channel)")
	})
}

func TestSentinelsThatAreAwayAreLeftAlone(t *testing.T) {
	t.Parallel()
	c, err := cache.Open("redis://127.0.0.1:1/0?master_name=authway&addr=127.0.0.1:2", "")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, _, err := c.Get(t.Context(), "a"); err == nil || err == cache.ErrResting {
		t.Errorf("the first says %v", err)
	}
	if _, _, err := c.Get(t.Context(), "a"); err != cache.ErrResting {
		t.Errorf("the second says %v", err)
	}
}
