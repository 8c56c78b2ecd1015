package pages

import (
	"net/url"
	"slices"
	"strings"
	"testing"
)

func TestImagesOfOthersAreNotShown(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"/logo.png": "/logo.png", "logo.png": "logo.png", "https://id.test/logo.png": "https://id.test/logo.png", "//ID.test/logo.png": "//ID.test/logo.png",
		"https://elsewhere.test/logo.png": "", "//elsewhere.test/logo.png": "", "data:image/png,x": "",
		// To net/url these name no host; to a browser they do.
		"////elsewhere.test/logo.png": "", "https:elsewhere.test/logo.png": "", "https:/elsewhere.test/logo.png": "", "https:///elsewhere.test/logo.png": "",
	} {
		if got := ownImage(address, "id.test"); got != want {
			t.Errorf("%q is %q, want %q", address, got, want)
		}
	}
}

func FuzzLinks(f *testing.F) {
	for _, seed := range []string{
		"https://app.test/?a=1&b=2#c", "javascript:alert(1)", " javascript:alert(1)", "//elsewhere.test/a", "////elsewhere.test/a", `/\elsewhere.test/a`,
		"https:elsewhere.test", "https:/elsewhere.test", "/logo.png", "https://id.test/logo.png", "?a", "",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, address string) {
		shown := link(address)
		if again := link(shown); again != shown {
			t.Fatalf("%q is shown as %q, and that as %q", address, shown, again)
		}
		if u, err := url.Parse(shown); err != nil || !slices.Contains([]string{"", "http", "https"}, u.Scheme) || strings.ContainsAny(shown, "\t\r\n\x00") {
			t.Fatalf("%q leads to %q, %v", address, shown, err)
		}
		image := ownImage(address, "id.test")
		if image == "" {
			return
		}
		// As browsers read it: slashes of either kind, any number of them, begin a host.
		scheme, rest := "", strings.ReplaceAll(image, `\`, "/")
		if before, after, ok := strings.Cut(rest, ":"); ok && (before == "http" || before == "https") {
			scheme, rest = before, after
		}
		host, _, _ := strings.Cut(strings.NewReplacer("?", "/", "#", "/").Replace(strings.TrimLeft(rest, "/")), "/")
		host = host[strings.LastIndexByte(host, '@')+1:]
		if outside := scheme != "" || strings.HasPrefix(rest, "//"); outside && !strings.EqualFold(host, "id.test") {
			t.Fatalf("%q is shown as %q, which is not ours", address, image)
		}
	})
}
