package scripts_test

import (
	"crypto/tls"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/authway/authway/tests/harness"
)

// Only a refusal bounds guessing: neither a login that fails nor one that is slow does.
func TestAuditOfGuessingThatNothingBounds(t *testing.T) {
	t.Parallel()
	system := harness.Run(t)
	for name, c := range map[string]struct {
		// fails is the first guess that login fails to answer, and slow the one that takes long; 0 is none.
		fails, slow int64
		finding     map[string]string
	}{
		"login fails":           {1, 0, map[string]string{"guessing.not-checked": "medium"}},
		"login fails meanwhile": {4, 0, map[string]string{"guessing.not-checked": "medium"}},
		"a slow answer":         {0, 3, map[string]string{"guessing.unbounded": "high"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var guesses atomic.Int64
			f := front{
				instead: func(w http.ResponseWriter, r *http.Request) bool {
					if r.Method != http.MethodPost || r.URL.Path != "/login" {
						return false
					}
					n := guesses.Add(1)
					if c.fails > 0 && n >= c.fails {
						w.Header().Set("Retry-After", "2")
						w.WriteHeader(http.StatusServiceUnavailable)
						return true
					}
					if n == c.slow {
						time.Sleep(7 * time.Second)
					}
					// The system's own bound is not what this is about.
					w.WriteHeader(http.StatusUnprocessableEntity)
					return true
				},
			}
			var a audit
			r := script(t, nil, "security-audit.sh", f.before(t, system), "--json", "--offline")
			r.ends(t, 1)
			r.into(t, &a)
			a.all(t, c.finding)
			if slices.Contains(a.Sound, "guessing") {
				t.Error("guessing is bounded")
			}
		})
	}
}

// What the openssl of whoever looks cannot offer, the server has not refused: this one
// takes all of it.
func TestAuditOfTLSWithAClientThatCannotAsk(t *testing.T) {
	t.Parallel()
	system := harness.Run(t)
	config, file := certificate(t, 60*24*time.Hour)
	config.MinVersion = tls.VersionTLS10
	config.CipherSuites = []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA}
	address := front{tls: config}.before(t, system)
	openssl, err := exec.LookPath("openssl")
	if err != nil {
		t.Fatal("there is no openssl on this machine")
	}
	all := map[string]string{"tls.not-checked.tls1": "low", "tls.not-checked.tls1_1": "low", "tls.not-checked.weak-cipher": "low"}
	for name, c := range map[string]struct {
		refuses string
		finding map[string]string
	}{
		"no @SECLEVEL":        {`*@SECLEVEL*`, all},
		"no TLS 1.0":          {`*"-tls1 "*|*"-tls1_1 "*`, map[string]string{"tls.not-checked.tls1": "low", "tls.not-checked.tls1_1": "low"}},
		"lists, and does not": {`s_client*@SECLEVEL*`, all},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			fake := "#!/bin/sh\ncase \"$*\" in " + c.refuses + ") echo 'Error: no protocols available' >&2; exit 1 ;; esac\nexec " + openssl + " \"$@\"\n"
			if err := os.WriteFile(filepath.Join(dir, "openssl"), []byte(fake), 0o700); err != nil {
				t.Fatal(err)
			}
			var a audit
			r := script(t, map[string]string{"CURL_CA_BUNDLE": file, "PATH": dir + ":" + os.Getenv("PATH")}, "security-audit.sh", address, "--json", "--offline")
			r.into(t, &a)
			a.named(t, c.finding)
			if slices.Contains(a.Sound, "tls") {
				t.Error("TLS is sound")
			}
		})
	}
}
