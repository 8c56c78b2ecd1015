package load_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/authway/authway/functions/standalone/edge"
	"github.com/authway/authway/shared/credential"
)

// ticksASecond is USER_HZ, in which /proc counts on every Linux that Go runs on.
const ticksASecond = 100

// processor is the time, in milliseconds, that a process has had of a processor by now.
func processor(b *testing.B, pid int) float64 {
	b.Helper()
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		b.Fatal(err)
	}
	// The second field is a name in parentheses, and anything may be in it; user and system
	// time are the 14th and the 15th (proc_pid_stat(5)).
	fields := strings.Fields(string(raw[strings.LastIndexByte(string(raw), ')')+1:]))
	sum := 0.0
	for _, field := range fields[11:13] {
		ticks, err := strconv.ParseFloat(field, 64)
		if err != nil {
			b.Fatal(err)
		}
		sum += ticks
	}
	return sum / ticksASecond * 1000
}

// profiled takes the login program's CPU profile while do goes on, and returns the share
// of its time that was not the password's hash. do is asked to go on until it is told to
// stop.
func profiled(b *testing.B, ops string, do func(stop <-chan struct{})) (besides float64) {
	b.Helper()
	stop, path := make(chan struct{}), filepath.Join(b.TempDir(), "profile")
	failed := make(chan error, 1)
	go func() {
		defer close(stop)
		failed <- download(b.Context(), fmt.Sprintf("http://127.0.0.1:%s/debug/pprof/profile?seconds=%d", ops, profileFor), path)
	}()
	do(stop)
	if err := <-failed; err != nil {
		b.Fatal(err)
	}
	return samples(b, path, "-ignore="+hashing) / samples(b, path)
}

// hashing are the functions of the hash: the goroutine that makes it, and the one that
// waits for that and clears the memory for it.
const hashing = `crypto/argon2\.|credential\.\(\*Hasher\)\.Verify`

func download(ctx context.Context, address, path string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	raw, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("the profile: %d %s", response.StatusCode, raw)
	}
	if err != nil {
		return err
	}
	return os.WriteFile(path, raw, 0o600)
}

var accounting = regexp.MustCompile(`Showing nodes accounting for ([0-9.]+)s,`)

// samples is how long those of a profile took together, in seconds.
func samples(b *testing.B, path string, options ...string) float64 {
	b.Helper()
	args := append([]string{"tool", "pprof", "-top", "-unit=s", "-nodecount=0", "-nodefraction=0", "-edgefraction=0"}, options...)
	said, err := exec.CommandContext(b.Context(), "go", append(args, path)...).CombinedOutput()
	m := accounting.FindSubmatch(said)
	if err != nil || m == nil {
		b.Fatalf("go tool pprof: %v\n%s", err, said)
	}
	seconds, err := strconv.ParseFloat(string(m[1]), 64)
	if err != nil {
		b.Fatal(err)
	}
	return seconds
}

// profileFor is for how many seconds the processor time of sign-ins is looked at.
const profileFor = 20

// BenchmarkSignInProcessor measures the processor time of the functions' programs in a
// sign-in with a password, without that of its hash, when as many people as in
// BenchmarkSignInRate come at once. The budget is 3 ms.
//
// In it is all that login, consent and token do, user and system time: every request of a
// browser that comes for the first time (what the page asks when it is there, two that
// wake, the form, the consent that is skipped, the code's redemption on its way to Hydra),
// Hydra's hook, their logs, and their garbage, that of the hash's memory included. Not in it
// are Hydra, PostgreSQL, Redis, the edge, and of login's time the share that its profile
// says was the hash's, with the memory for it: a hash that is measured elsewhere takes a
// different time, because there the caches are warm, and is ten times what is left.
//
// Hydra's own time is told beside it: a machine on which that is more than 15 ms is slow,
// or busy with other things.
func BenchmarkSignInProcessor(b *testing.B) {
	s, workers := deploy(b, 10_000), atOnce()
	var next atomic.Int64
	sign := func(int, int) error {
		_, err := s.visitor(int(next.Add(1))).signIn()
		return err
	}
	// What is done once (connections, the first templates) is part of no sign-in.
	rate(b, workers, 5*workers, sign)
	for b.Loop() {
		before, began := s.used(b), next.Load()
		besides := profiled(b, s.Pods[edge.Login].OpsPort, func(stop <-chan struct{}) {
			for going := true; going; {
				rate(b, workers, 2*workers, sign)
				select {
				case <-stop:
					going = false
				default:
				}
			}
		})
		n, own := float64(next.Load()-began), 0.0
		for name, now := range s.used(b) {
			each := (now - before[name]) / n
			switch name {
			case edge.Hydra:
			case edge.Login:
				b.ReportMetric(each*(1-besides), "hash-ms")
				each *= besides
				fallthrough
			default:
				own += each
			}
			b.ReportMetric(each, string(name)+"-ms")
		}
		b.ReportMetric(own, "own-ms")
		b.ReportMetric(n, "sign-ins")
		b.ReportMetric(0, "ns/op")
	}
}

// used is what each program has used of the processor.
func (s *site) used(b *testing.B) map[edge.Upstream]float64 {
	b.Helper()
	used := map[edge.Upstream]float64{edge.Hydra: processor(b, s.HydraPID())}
	for name, pod := range s.Pods {
		used[name] = processor(b, pod.PID())
	}
	return used
}

// rate lets some workers do something n times, who take each what is next, and returns how
// often it was done in a second.
func rate(b *testing.B, workers, n int, do func(worker, i int) error) float64 {
	b.Helper()
	var wait sync.WaitGroup
	var next atomic.Int64
	began := time.Now()
	for worker := range workers {
		wait.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				if err := do(worker, i); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wait.Wait()
	if b.Failed() {
		b.FailNow()
	}
	return float64(n) / time.Since(began).Seconds()
}

// atOnce is how many sign in at once: as many for each core as may stand in line for it.
func atOnce() int { return 4 * runtime.GOMAXPROCS(0) }

// BenchmarkSignInRate compares how many sign-ins in a second there are with what Hydra
// alone reaches on the same cores, when the benchmark accepts its challenges.
//
// Without a hash: everybody has a session, at Authway and at Hydra, and the benchmark's
// people have one at Hydra. The budget is 0.8 x. With the password's hash: the benchmark
// makes one hash for each of its sign-ins, which is what one hash each allows where Hydra
// is on the same cores; the budget is 0.85 x. How the rate compares to hashing and nothing
// else (no Hydra, no database) is told beside it, as x-hashes.
func BenchmarkSignInRate(b *testing.B) {
	const again, withHash, visits = 60, 30, 8
	s, workers := deploy(b, 10_000), atOnce()
	alone, hasher := newLone(b, s), credential.NewHasher(0)
	// Each of these has signed in before, and comes as often as a person does in a day or
	// two. A worker has some to itself.
	known, theirs := make([]*visitor, workers*visits), make([]*visitor, workers*visits)
	rate(b, workers, len(known), func(_, i int) error {
		known[i], theirs[i] = s.visitor(i), alone.visitor(i)
		_, err := known[i].signIn()
		if err == nil {
			err = alone.signIn(theirs[i])
		}
		return err
	})
	fresh := len(known)
	hash := func(int, int) error {
		_, err := hasher.Verify(context.Background(), "", passphrase)
		return err
	}
	ways := map[string]func(worker, i int) error{
		"alone":  func(worker, i int) error { return alone.signIn(theirs[worker*visits+i%visits]) },
		"again":  func(worker, i int) error { return known[worker*visits+i%visits].signInAgain() },
		"hashes": hash,
		"alone-hash": func(worker, i int) error {
			if err := hash(worker, i); err != nil {
				return err
			}
			return alone.signIn(alone.visitor(fresh + i))
		},
		"password": func(_, i int) error {
			_, err := s.visitor(fresh + i).signIn()
			return err
		},
	}
	for b.Loop() {
		rates := map[string][]float64{}
		// Many short rounds: what else the machine does is then in all of them alike.
		for range 2 * rounds {
			for _, way := range []string{"alone", "again", "hashes", "alone-hash", "password"} {
				n := withHash
				if way == "alone" || way == "again" {
					n = again
				}
				rates[way] = append(rates[way], rate(b, workers, n, ways[way]))
			}
			fresh += withHash
		}
		b.ReportMetric(medianOf(rates["again"], rates["alone"]), "x-hydra-alone")
		b.ReportMetric(medianOf(rates["password"], rates["alone-hash"]), "x-hash-each")
		b.ReportMetric(medianOf(rates["password"], rates["hashes"]), "x-hashes")
		for way, each := range rates {
			b.ReportMetric(median(each), way+"/s")
		}
		b.ReportMetric(0, "ns/op")
	}
}

// medianOf is that of the rounds' ratios: what else the machine does in a round is in
// both.
func medianOf(ours, theirs []float64) float64 {
	var ratios []float64
	for i := range ours {
		ratios = append(ratios, ours[i]/theirs[i])
	}
	return median(ratios)
}
