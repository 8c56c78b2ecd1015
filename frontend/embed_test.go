package frontend_test

import (
	"io/fs"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/authway/authway/frontend"
)

// built goes on only with pages, so that go test needs no Node. Where CI is set they have to be there.
func built(t *testing.T) {
	t.Helper()
	switch {
	case frontend.Built():
	case os.Getenv("CI") != "":
		t.Fatal("the pages have not been built: npm ci && npm run build in frontend/")
	default:
		t.Skip("the pages have not been built")
	}
}

func TestEveryAssetAPageNamesIsThere(t *testing.T) {
	t.Parallel()
	built(t)
	dist := frontend.Dist()
	address := regexp.MustCompile(`(?:href|src)="/(ui/[^"]+)"`)
	for _, locale := range []string{"en", "ko", "ar"} {
		for _, page := range []string{"login", "register", "account", "admin", "unavailable", "not-found"} {
			name := "login/" + locale + "/" + page + ".html"
			html, err := fs.ReadFile(dist, name)
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			found := address.FindAllStringSubmatch(string(html), -1)
			if len(found) == 0 {
				t.Errorf("%s loads nothing", name)
			}
			for _, match := range found {
				if _, err := fs.Stat(dist, "login/"+match[1]); err != nil {
					t.Errorf("%s: %v", name, err)
				}
			}
			if strings.Contains(string(html), "{{") {
				t.Errorf("%s is a template, not a page", name)
			}
		}
	}
}
