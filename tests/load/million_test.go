package load_test

import (
	"testing"
	"time"
)

// signedIn is how many sign in at each of the two in a round.
const signedIn = 30

// BenchmarkSignInAmongMany compares a sign-in among a million accounts with one among
// ten thousand: the 95th percentile of whole sign-ins with a password, of people from all
// over the tables. The budget is 1.5 x.
func BenchmarkSignInAmongMany(b *testing.B) {
	small := deploy(b, few)
	began := time.Now()
	great := deploy(b, many)
	b.Logf("%d accounts were made in %s", many, time.Since(began).Round(time.Second))
	next := 0
	sign := func(s *site, accounts int) time.Duration {
		// A prime number of accounts further on: nobody comes twice, and neighbours in the
		// tables do not come together.
		v := s.visitor(next * 7919 % accounts)
		began := time.Now()
		if _, err := v.signIn(); err != nil {
			b.Fatal(err)
		}
		return time.Since(began)
	}
	for b.Loop() {
		var ratios, p95 []float64
		for range rounds {
			// In turn, so that what else the machine does is in both. The first are for the
			// caches.
			var ofFew, ofMany []time.Duration
			for i := range signedIn + 2 {
				a, z := sign(small, few), sign(great, many)
				if next++; i > 1 {
					ofFew, ofMany = append(ofFew, a), append(ofMany, z)
				}
			}
			ratios = append(ratios, percentile(ofMany)/percentile(ofFew))
			p95 = append(p95, percentile(ofMany))
		}
		b.ReportMetric(median(ratios), "p95-x-few")
		b.ReportMetric(median(p95), "p95-ms")
		b.ReportMetric(0, "ns/op")
	}
}
