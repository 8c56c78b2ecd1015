package publish_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/authway/authway/functions/maintenance/publish"
)

func TestTypesFromAShell(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		words, says string
		known       bool
	}{
		{"", "dev.authway.key.rotated.v1  (key.turned in the audit log)", true},
		{"dev.authway.login.failed.v1", `"$id": "urn:authway:event:login.failed.v1"`, true},
		{"dev.authway.login.failed.v1 --example", `"type": "dev.authway.login.failed.v1"`, true},
		{"dev.authway.login.failed.v2", "", false},
		{"../README", "", false},
		{"dev.authway.login.failed.v1 more", "", false},
	} {
		var out bytes.Buffer
		known, err := publish.Command(strings.Fields(c.words), &out)
		if known != c.known || err != nil || !strings.Contains(out.String(), c.says) {
			t.Errorf("%q: %v, %v, %s", c.words, known, err, out.String())
		}
	}
}
