package cache

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"

	"github.com/authway/authway/shared/clock"
)

func start(t *testing.T) (*miniredis.Miniredis, *Cache, *clock.Fixed) {
	t.Helper()
	server := miniredis.RunT(t)
	time := clock.NewFixed(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))
	c, err := open("redis://"+server.Addr(), "", time)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return server, c, time
}

func TestWhatWasSetIsThereUntilItExpires(t *testing.T) {
	t.Parallel()
	server, c, _ := start(t)
	ctx := t.Context()
	if _, found, err := c.Get(ctx, "a"); found || err != nil {
		t.Fatalf("an empty cache has something: %v, %v", found, err)
	}
	value := "\x00binary\xff"
	if err := c.Set(ctx, "a", []byte(value), time.Minute); err != nil {
		t.Fatal(err)
	}
	if got, found, err := c.Get(ctx, "a"); string(got) != value || !found || err != nil {
		t.Fatalf("got %q, %v, %v", got, found, err)
	}
	if !server.Exists("authway:a") || len(server.Keys()) != 1 {
		t.Errorf("keys are %v", server.Keys())
	}
	server.FastForward(time.Minute)
	if _, found, err := c.Get(ctx, "a"); found || err != nil {
		t.Errorf("an expired entry is there: %v, %v", found, err)
	}
}

func TestAnEntryThatNeverExpiresIsRefused(t *testing.T) {
	t.Parallel()
	server, c, _ := start(t)
	for _, ttl := range []time.Duration{0, -time.Second, time.Microsecond} {
		if err := c.Set(t.Context(), "a", nil, ttl); err == nil {
			t.Errorf("%s was accepted", ttl)
		}
	}
	if len(server.Keys()) != 0 {
		t.Errorf("keys are %v", server.Keys())
	}
}

func TestDeleteRemovesWhatIsThere(t *testing.T) {
	t.Parallel()
	server, c, _ := start(t)
	for _, key := range []string{"a", "b", "c"} {
		if err := c.Set(t.Context(), key, nil, time.Minute); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(c.Delete(t.Context(), "a", "none", "b"), c.Delete(t.Context())); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(server.Keys(), " "); got != "authway:c" {
		t.Errorf("left are %s", got)
	}
}

func TestADeadRedisIsLeftAloneForAMoment(t *testing.T) {
	t.Parallel()
	server, c, now := start(t)
	ctx := t.Context()
	server.Close()
	if _, _, err := c.Get(ctx, "a"); err == nil || errors.Is(err, ErrResting) {
		t.Fatalf("the first look-up says %v", err)
	}
	if err := c.Set(ctx, "a", nil, time.Minute); !errors.Is(err, ErrResting) {
		t.Errorf("the second says %v, want a rest", err)
	}
	if err := c.Delete(ctx, "a"); err == nil || errors.Is(err, ErrResting) {
		t.Errorf("a deletion says %v, want an attempt", err)
	}
	if err := server.Restart(); err != nil {
		t.Fatal(err)
	}
	now.Advance(rest)
	if _, _, err := c.Get(ctx, "a"); err != nil {
		t.Errorf("after the rest: %v", err)
	}
}

func TestPingEndsTheRest(t *testing.T) {
	t.Parallel()
	server, c, _ := start(t)
	server.Close()
	if err := c.Ping(t.Context()); err == nil {
		t.Fatal("a dead server answers")
	}
	if _, _, err := c.Get(t.Context(), "a"); !errors.Is(err, ErrResting) {
		t.Fatalf("says %v, want a rest", err)
	}
	if err := server.Restart(); err != nil {
		t.Fatal(err)
	}
	if err := c.Ping(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, _, err := c.Get(t.Context(), "a"); err != nil {
		t.Errorf("after a good ping: %v", err)
	}
}

func TestWhatSaysNothingAboutRedisStartsNoRest(t *testing.T) {
	t.Parallel()
	server, c, _ := start(t)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := c.Get(gone, "a"); !errors.Is(err, context.Canceled) {
		t.Fatalf("a caller that left hears %v", err)
	}
	server.SetError("LOADING Redis is loading the dataset in memory")
	if _, _, err := c.Get(t.Context(), "a"); err == nil {
		t.Fatal("an error of Redis is no error")
	}
	server.SetError("")
	if _, _, err := c.Get(t.Context(), "a"); err != nil {
		t.Errorf("the next look-up: %v", err)
	}
}

func TestAServerThatDoesNotAnswerIsGivenUpSoon(t *testing.T) {
	t.Parallel()
	// It accepts connections, by the kernel's backlog, and says nothing.
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	c, err := Open("redis://"+silent.Addr().String(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	begun := time.Now()
	if _, _, err := c.Get(t.Context(), "a"); err == nil {
		t.Fatal("silence is an answer")
	}
	if took := time.Since(begun); took > 10*replyTimeout {
		t.Errorf("gave up after %s", took)
	}
}

func TestOpenNeitherConnectsNorTellsThePassword(t *testing.T) {
	t.Parallel()
	c, err := Open("rediss://user:s3cret@192.0.2.1:6379/2", "other")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	o := c.client.Options()
	if o.Password != "other" || o.Username != "user" || o.DB != 2 || o.TLSConfig == nil {
		t.Errorf("options are wrong for user %s, database %d", o.Username, o.DB)
	}
	for _, address := range []string{"", "s3cret", "http://s3cret@h", "redis://h/s3cret", "redis://u:s3%zzcret@h"} {
		_, err := Open(address, "")
		if err == nil || strings.Contains(err.Error(), "s3") {
			t.Errorf("%s: says %v", address, err)
		}
	}
}

func TestThePasswordOpensTheServer(t *testing.T) {
	t.Parallel()
	server := miniredis.RunT(t)
	server.RequireAuth("right")
	for password, ok := range map[string]bool{"right": true, "wrong": false, "": false} {
		c, err := Open("redis://"+server.Addr(), password)
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Ping(t.Context()); (err == nil) != ok {
			t.Errorf("%q: %v", password, err)
		}
		_ = c.Close()
	}
}
