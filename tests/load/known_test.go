package load_test

import (
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/authway/authway/tests/harness"
)

// pairs is how many answers of each kind are compared.
const pairs = 80

// BenchmarkKnownAndUnknown says how the median answer to an address that has an account
// compares with that to one that has none: they are asked in turns. What is apart from 1,
// anybody could tell by a stopwatch.
func BenchmarkKnownAndUnknown(b *testing.B) {
	const (
		password = "quiet umbrella orbit"
		// A salted sum of another system, which takes no time.
		imported = "{SSHA}AAAAAAAAAAAAAAAAAAAAAAAAAABzb21lc2FsdA=="
	)
	system := harness.Run(b)
	app := system.NewApp(b, nil)
	wrong, joining := map[string][]string{"password": {"a wrong guess"}}, map[string][]string{"name": {"Grace Hopper"}, "password": {password}}
	for b.Loop() {
		for _, c := range []struct {
			name, button, hash string
			fields             map[string][]string
		}{
			{"sign-in", "", "", wrong}, {"imported", "", imported, wrong},
			{"recover", "action=recover", "", nil}, {"register", "action=register", "", joining},
		} {
			var took [2][]float64
			for turn := range pairs {
				addresses := []string{address(), address()}
				system.AddUser(b, addresses[0], "Ada Lovelace", password)
				if c.hash != "" {
					system.ImportHash(b, addresses[0], c.hash)
				}
				for k := range addresses {
					// Who comes second finds things warmer.
					i := (turn + k) % 2
					form := harness.NewVisitor(b).Open(app.Start())
					if c.button != "" {
						form = form.Submit(nil, c.button)
					}
					fields := maps.Clone(c.fields)
					if fields == nil {
						fields = map[string][]string{}
					}
					fields["email"] = []string{addresses[i]}
					began := time.Now()
					form.Once(fields)
					took[i] = append(took[i], time.Since(began).Seconds())
				}
			}
			b.ReportMetric(median(took[0])/median(took[1]), c.name+"-x-unknown")
		}
	}
	b.ReportMetric(0, "ns/op")
}

func address() string { return strings.ToLower(uuid.NewString()) + "@example.org" }
