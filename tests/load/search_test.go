package load_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/authway/authway/shared/account"
	"github.com/authway/authway/tests/harness"
)

// few and many are how many accounts a tenant has.
const (
	few  = 10_000
	many = 1_000_000
)

// looked is how often each page is read in a round (there are as many as of the other
// benchmarks), and pageOf how many accounts are on one.
const (
	looked = 100
	pageOf = 50
)

var searched = uuid.MustParse("00000000-0000-4000-8000-000000000001")

// populated is a tenant of n accounts: their addresses have one beginning, half of them
// one name, and one in a thousand is blocked.
func populated(b *testing.B, n int) account.Store {
	b.Helper()
	database := harness.NewDatabase(b)
	owner := database.Owner(b)
	began := time.Now()
	for _, statement := range []string{
		fmt.Sprintf(`INSERT INTO users (id, tenant_id, email, email_key, name, roles, created_at, disabled_at, email_verified_at)
			SELECT md5('a' || i)::uuid, '%s', 'user' || lpad(i::text, 8, '0') || '@example.org', 'user' || lpad(i::text, 8, '0') || '@example.org',
				CASE WHEN i %% 2 = 0 THEN 'User' ELSE 'Zoe ' || i END, CASE WHEN i %% 10 = 0 THEN ARRAY['member'] ELSE '{}' END,
				now() - i * interval '1 second', CASE WHEN i %% 1000 = 999 THEN now() END, now()
			FROM generate_series(0, %d) AS i`, searched, n-1),
		"VACUUM ANALYZE users",
	} {
		if _, err := owner.ExecContext(b.Context(), statement); err != nil {
			b.Fatal(err)
		}
	}
	b.Logf("%d accounts were made in %s", n, time.Since(began).Round(time.Second))
	return account.Store{DB: database.As(b, "admin")}
}

// BenchmarkAdminSearch compares how long a page of accounts takes in a tenant of a
// million with one of ten thousand: the 95th percentile of each kind of search, at its
// beginning and deep within. The budget is 1.5 x.
func BenchmarkAdminSearch(b *testing.B) {
	small, great := populated(b, few), populated(b, many)
	deep := func(n int) string { return uuidOf(b, small, n) }
	now := time.Now()
	from := now.Add(-few * time.Second / 2)
	kinds := []struct {
		name   string
		filter account.Filter
		// cursor is where a deep page of n accounts begins.
		cursor func(n int) string
	}{
		{"list", account.Filter{}, nil},
		{"list-deep", account.Filter{}, func(n int) string { return "time." + deep(n*9/10) }},
		{"blocked", account.Filter{State: account.Blocked}, nil},
		{"role", account.Filter{Role: "member"}, nil},
		{"none-with-role", account.Filter{Role: "nobody"}, nil},
		{"since", account.Filter{From: &from}, nil},
		{"email-frequent", account.Filter{Text: "user"}, nil},
		{"email-deep", account.Filter{Text: "user"}, func(n int) string { return "email." + deep(n*9/10) }},
		{"email-rare", account.Filter{Text: "user00000777"}, nil},
		{"name-frequent", account.Filter{Text: "user", By: account.ByName}, nil},
		{"name-deep", account.Filter{Text: "zoe", By: account.ByName}, func(n int) string { return "name." + deep(n*9/10+1) }},
		{"id", account.Filter{Text: "a1b2", By: account.ByID}, nil},
		{"nobody", account.Filter{Text: "nobody"}, nil},
		{"filtered-prefix", account.Filter{Text: "user", State: account.Leaving}, nil},
	}
	for b.Loop() {
		var told strings.Builder
		for _, k := range kinds {
			k.filter.TenantID = searched
			read := func(s account.Store, n int) time.Duration {
				cursor := ""
				if k.cursor != nil {
					cursor = k.cursor(n)
				}
				began := time.Now()
				if _, _, err := s.Search(b.Context(), k.filter, cursor, pageOf); err != nil {
					b.Fatal(err)
				}
				return time.Since(began)
			}
			var ratios, p95 []float64
			for range rounds {
				// In turn, so that what else the machine does is in both. The first is for the
				// caches.
				var ofFew, ofMany []time.Duration
				for i := range looked + 1 {
					a, z := read(small, few), read(great, many)
					if i > 0 {
						ofFew, ofMany = append(ofFew, a), append(ofMany, z)
					}
				}
				ratios = append(ratios, percentile(ofMany)/percentile(ofFew))
				p95 = append(p95, percentile(ofMany))
			}
			fmt.Fprintf(&told, "%s %.2f ms, %.2f x; ", k.name, median(p95), median(ratios))
			b.ReportMetric(median(ratios), k.name+"-x")
		}
		b.Logf("p95 at %d accounts, and against %d: %s", many, few, told.String())
		b.ReportMetric(0, "ns/op")
	}
}

// percentile is the 95th, in milliseconds.
func percentile(all []time.Duration) float64 {
	sorted := slices.Sorted(slices.Values(all))
	return float64(sorted[len(sorted)*95/100]) / float64(time.Millisecond)
}

// uuidOf is the id of the account of that number.
func uuidOf(b *testing.B, s account.Store, i int) (id string) {
	b.Helper()
	if err := s.DB.NewRaw("SELECT md5('a' || ?)::uuid::text", fmt.Sprint(i)).Scan(b.Context(), &id); err != nil {
		b.Fatal(err)
	}
	return id
}
