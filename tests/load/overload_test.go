package load_test

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/authway/authway/functions/standalone/edge"
	"github.com/authway/authway/shared/credential"
)

const (
	// tooMany is how many times more sign-ins come than can be hashed, and floodFor for how
	// long.
	tooMany  = 10
	floodFor = 3 * time.Second
	// unloaded is how many sign-ins are timed before, one after another.
	unloaded = 100
	// gatewayEvery is how often a gateway asks.
	gatewayEvery = 20 * time.Millisecond
)

// BenchmarkOverload has ten times as many people send the form of the sign-in page as
// passwords can be hashed on these cores. They have come to the page before, so that it
// is the form that arrives so often, and not Hydra that is flooded. The budgets: the p95
// of those who are admitted, from the form to the application's tokens, is at most 2 x
// that of people who come one after another; all others are answered 503 with
// Retry-After, sooner than anybody is signed in when it is quiet; and a gateway that asks
// meanwhile gets all its answers.
func BenchmarkOverload(b *testing.B) {
	s := deploy(b, 50_000)
	hasher := credential.NewHasher(0)
	for b.Loop() {
		hashes := rate(b, atOnce(), 120, func(int, int) error {
			_, err := hasher.Verify(context.Background(), "", passphrase)
			return err
		})
		quietly, token := s.quietly(b)
		arrivals := int(tooMany * hashes * floodFor.Seconds())
		came := s.atThePage(b, unloaded, arrivals)
		stop := make(chan struct{})
		asked := make(chan gateway, 1)
		go func() { asked <- s.askGateway(b, token, stop) }()
		f := flood(b, came, floodFor)
		close(stop)
		meanwhile := <-asked
		if b.Failed() || len(f.admitted) == 0 || len(f.refused) == 0 {
			b.Fatalf("of %d, %d were admitted, and %d refused", arrivals, len(f.admitted), len(f.refused))
		}
		if len(f.lost) > 0 {
			b.Logf("%d were admitted and lost, such as: %v", len(f.lost), f.lost[0])
		}
		quiet := make(chan struct{})
		time.AfterFunc(floodFor, func() { close(quiet) })
		before := s.askGateway(b, token, quiet)

		b.ReportMetric(percentile(f.admitted)/percentile(quietly), "p95-x-unloaded")
		b.ReportMetric(percentile(f.refused)/percentile(quietly), "refusal-p95-x-unloaded")
		b.ReportMetric(float64(f.unexplained), "refused-without-retry-after")
		b.ReportMetric(float64(len(f.lost)), "admitted-and-lost")
		b.ReportMetric(float64(len(f.admitted))/f.took.Seconds()/hashes, "admitted-x-hashes")
		b.ReportMetric(float64(arrivals)/f.took.Seconds()/hashes, "arrivals-x-hashes")
		b.ReportMetric(percentile(quietly), "unloaded-p95-ms")
		b.ReportMetric(percentile(f.admitted), "admitted-p95-ms")
		b.ReportMetric(float64(meanwhile.lost), "gateway-lost")
		b.ReportMetric(percentile(meanwhile.took)/percentile(before.took), "gateway-p95-x-quiet")
		b.ReportMetric(percentile(meanwhile.took), "gateway-p95-ms")
		b.ReportMetric(0, "ns/op")
	}
}

// quietly signs people in one after another, and times them from the form to the tokens.
func (s *site) quietly(b *testing.B) (took []time.Duration, token string) {
	b.Helper()
	for _, c := range s.atThePage(b, 0, unloaded) {
		began := time.Now()
		a, err := c.enter(c.at)
		if err = unlike(a, err, http.StatusOK); err != nil {
			b.Fatal(err)
		}
		if token, err = c.goOn(a); err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(began))
	}
	return took, token
}

// comer is somebody who has the sign-in page before them.
type comer struct {
	*visitor
	at string
}

// atThePage are n people who have come to the page.
func (s *site) atThePage(b *testing.B, from, n int) []comer {
	b.Helper()
	came := make([]comer, n)
	rate(b, atOnce(), n, func(_, i int) (err error) {
		came[i].visitor = s.visitor(from + i)
		came[i].at, err = came[i].begin()
		return err
	})
	return came
}

// flooded is what became of those who came.
type flooded struct {
	admitted, refused []time.Duration
	// unexplained were refused otherwise than with 503 and Retry-After.
	unexplained int
	// lost were admitted, and signed in, and are not at the application.
	lost []error
	// took is how long it was until all had their answers.
	took time.Duration
}

// flood lets all send their forms, one after another at even intervals, whether or not
// those before them have been answered.
func flood(b *testing.B, came []comer, within time.Duration) (f flooded) {
	b.Helper()
	var mu sync.Mutex
	var wait sync.WaitGroup
	began := time.Now()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for sent := 0; sent < len(came); <-tick.C {
		// What a late tick has left out is sent with it.
		due := min(len(came), int(float64(len(came))*time.Since(began).Seconds()/within.Seconds())+1)
		for ; sent < due; sent++ {
			c := came[sent]
			wait.Go(func() {
				at := time.Now()
				a, err := c.enter(c.at)
				refusedAfter := time.Since(at)
				var late error
				if err == nil && a.status == http.StatusOK {
					_, late = c.goOn(a)
				}
				mu.Lock()
				defer mu.Unlock()
				switch {
				case err != nil:
					b.Error(err)
				case late != nil:
					f.lost = append(f.lost, late)
				case a.status == http.StatusOK:
					f.admitted = append(f.admitted, time.Since(at))
				default:
					f.refused = append(f.refused, refusedAfter)
					if a.status != http.StatusServiceUnavailable || a.header.Get("Retry-After") == "" {
						f.unexplained++
					}
				}
			})
		}
	}
	wait.Wait()
	f.took = time.Since(began)
	return f
}

// gateway is how a gateway was answered: how fast, and how often otherwise than with 200.
type gateway struct {
	took []time.Duration
	lost int
}

// askGateway asks whether a token is good, as a gateway does before it lets somebody in,
// until it is told to stop.
func (s *site) askGateway(b *testing.B, token string, stop <-chan struct{}) (g gateway) {
	b.Helper()
	conn, err := (&net.Dialer{}).DialContext(b.Context(), "tcp", s.Upstreams[edge.Token].Host)
	if err != nil {
		b.Error(err)
		return g
	}
	defer conn.Close()
	reader := bufio.NewReader(conn)
	tick := time.NewTicker(gatewayEvery)
	defer tick.Stop()
	for {
		select {
		case <-stop:
			return g
		case <-tick.C:
		}
		began := time.Now()
		_, err := fmt.Fprintf(conn, "GET /token/verify?client=%s HTTP/1.1\r\nHost: x\r\nX-Forwarded-Host: wiki.example\r\nAuthorization: Bearer %s\r\n\r\n", s.clientID, token)
		if err != nil {
			b.Error(err)
			return g
		}
		response, err := http.ReadResponse(reader, nil)
		if err != nil {
			b.Error(err)
			return g
		}
		response.Body.Close()
		if g.took = append(g.took, time.Since(began)); response.StatusCode != http.StatusOK {
			g.lost++
		}
	}
}
