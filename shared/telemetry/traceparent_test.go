package telemetry

import (
	"regexp"
	"strings"
	"testing"
)

// FuzzTraceparent holds what is read of traceparent against W3C Trace Context, section
// 3.2, as a pattern, and what is written against what is read.
func FuzzTraceparent(f *testing.F) {
	form := regexp.MustCompile(`^(00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})|[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-(?s:.)*)?)$`)
	for _, text := range []string{
		"", "-", "00-", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00",
		"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-x", "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-x-y",
		"cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
		"00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01", "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
		"00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0", "00-4bf92f35-00f067aa0ba902b7-01",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var s span
		sampled, found := s.read(text)
		want := form.MatchString(text) && !strings.HasPrefix(text, "ff") && !strings.HasPrefix(text, "00") ||
			form.MatchString(text) && len(text) == len("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01") && !strings.HasPrefix(text, "ff")
		if want {
			want = strings.Trim(text[3:35], "0") != "" && strings.Trim(text[36:52], "0") != ""
		}
		if found != want {
			t.Fatalf("%q is read: %v", text, found)
		}
		if !found {
			return
		}
		s.recorded, s.id = sampled, s.parent
		if got := s.write(); got[3:53] != text[3:53] || (got[54] == '1') != (strings.ContainsAny(text[54:55], "13579bdf")) {
			t.Errorf("%q is written as %q", text, got)
		}
	})
}
