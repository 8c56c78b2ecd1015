package credential_test

import (
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/authway/authway/shared/credential"
)

// others are hashes of other systems that no password here fits, and the share of a hash of
// today's that has to follow them.
var others = map[string]struct {
	encoded string
	rest    float64
}{
	"an unknown account":     {"", 1},
	"SSHA":                   {"{SSHA}AAAAAAAAAAAAAAAAAAAAAAAAAABzb21lc2FsdA==", 1},
	"phpass":                 {"$P$BsomesaltAAAAAAAAAAAAAAAAAAAAAA", 0.96},
	"bcrypt of cost 6":       {"$2b$06$AAAAAAAAAAAAAAAAAAAAAOAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", 0.875},
	"PBKDF2-SHA256, 29,000":  {"$pbkdf2-sha256$29000$c29tZXNhbHQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", 0.85},
	"PBKDF2-SHA512, 25,000":  {"$pbkdf2-sha512$25000$c29tZXNhbHQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", 0.56},
	"bcrypt of cost 10":      {"$2b$10$AAAAAAAAAAAAAAAAAAAAAOAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", 0},
	"PBKDF2-SHA256, 600,000": {"pbkdf2_sha256$600000$somesalt$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", 0},
}

// A hash that costs next to nothing would tell by its time who has an account. Memory is
// counted in place of time: argon2id alone takes some. The test is not parallel, because
// memory is the whole process's.
func TestImportedHashDoesNotTellByItsTime(t *testing.T) {
	h := credential.NewHasher(1)
	for name, other := range others {
		const whole = 19 << 20
		got := float64(taken(t, h, other.encoded, "a wrong guess", false)) / whole
		if got < other.rest-0.01 || got > other.rest+0.1 {
			t.Errorf("%s is followed by %.2f of a hash, not by %.2f", name, got, other.rest)
		}
	}
	// python3 -c 'import hashlib, base64; print(base64.b64encode(hashlib.sha1(b"correct horse battery" + b"somesalt").digest() + b"somesalt"))'
	if got := taken(t, h, "{SSHA}BnshtoA6ZB9yoWzS3+jbY0O2eeFzb21lc2FsdA==", "correct horse battery", true); got > 1<<20 {
		t.Errorf("the right password needs nothing to hide behind, and takes %d bytes", got)
	}
}

// taken is the memory that a password has taken.
func taken(t *testing.T, h *credential.Hasher, encoded, password string, right bool) uint64 {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if got, err := h.Verify(t.Context(), encoded, password); got != right || err != nil {
		t.Fatalf("%q: %v, %v", encoded, got, err)
	}
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// BenchmarkWrongPassword says how much longer a wrong password takes for an account with a
// hash of another system than for none: asked in turn, their medians compared. 1.00 is no
// difference; see the package's own words for those that are dearer.
func BenchmarkWrongPassword(b *testing.B) {
	h := credential.NewHasher(1)
	for name, other := range others {
		b.Run(name, func(b *testing.B) {
			var took [2][]time.Duration
			for b.Loop() {
				for i, encoded := range []string{other.encoded, ""} {
					began := time.Now()
					if right, err := h.Verify(b.Context(), encoded, "a wrong guess"); right || err != nil {
						b.Fatal(right, err)
					}
					took[i] = append(took[i], time.Since(began))
				}
			}
			for i := range took {
				slices.Sort(took[i])
			}
			b.ReportMetric(float64(took[0][len(took[0])/2])/float64(took[1][len(took[1])/2]), "known/unknown")
		})
	}
}
