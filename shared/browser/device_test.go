package browser_test

import (
	"strings"
	"testing"

	"github.com/authway/authway/shared/browser"
)

func TestDevice(t *testing.T) {
	t.Parallel()
	for agent, want := range map[string][2]string{
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0": {"Edge", "Windows"},
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36":               {"Chrome", "Windows"},
		"Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0":                                                        {"Firefox", "Linux"},
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Safari/605.1.15":         {"Safari", "macOS"},
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/142.0 Mobile Safari/604": {"Chrome", "iOS"},
		"Mozilla/5.0 (Linux; Android 15; SM-S921B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130 Mobile Safari": {"Samsung Internet", "Android"},
		"curl/8.5.0": {"", ""},
		"":           {"", ""},
	} {
		if name, system := browser.Device(agent); name != want[0] || system != want[1] {
			t.Errorf("%q is %q on %q, want %v", agent, name, system, want)
		}
	}
}

func FuzzDevice(f *testing.F) {
	f.Add("Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0")
	f.Add("Chrome/<script>")
	f.Add("\xffiPad\x00Edg")
	// What a name stands for in a header, so that nothing that a stranger wrote gets into a
	// mail or onto a page as a name.
	marks := map[string]string{
		"Edge": "Edg", "Opera": "OPR/", "Samsung Internet": "SamsungBrowser/", "Vivaldi": "Vivaldi/", "Chromium": "Chromium/",
		"Chrome": "", "Firefox": "", "Safari": "Safari/",
		"iOS": "iPhone", "iPadOS": "iPad", "Android": "Android", "ChromeOS": "CrOS", "Windows": "Windows", "macOS": "Mac OS X", "Linux": "Linux",
	}
	f.Fuzz(func(t *testing.T, agent string) {
		name, system := browser.Device(agent)
		for _, said := range []string{name, system} {
			if mark, known := marks[said]; said != "" && (!known || !strings.Contains(agent, mark)) {
				t.Errorf("%q is taken for %q", agent, said)
			}
		}
		more, moreSystem := browser.Device(agent + " Safari/1 Linux")
		if more == "" || moreSystem == "" || name != "" && name != more || system != "" && system != moreSystem {
			t.Errorf("%q is %q on %q, and with more behind it %q on %q", agent, name, system, more, moreSystem)
		}
	})
}
