package config_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/authway/authway/shared/config"
)

func TestSettingsAreReadOrDefaulted(t *testing.T) {
	t.Parallel()
	r := config.Read(config.Map(map[string]string{
		"NAME": "authway", "EMPTY": "", "SIZE": "12", "WAIT": "90s", "ON": "Yes", "OFF": "0",
		"LIST": " a, b ,,c ", "URL": "https://auth.example.com/x", "KEY": "s3cret",
	}))
	for name, same := range map[string]bool{
		"a string":                 r.String("NAME", "x") == "authway",
		"a default":                r.String("NONE", "x") == "x",
		"an empty one is not set":  r.String("EMPTY", "x") == "x",
		"a required one":           r.Required("NAME") == "authway",
		"a number":                 r.Int("SIZE", 1, 1, 20) == 12,
		"a number's default":       r.Int("NONE", 7, 1, 20) == 7,
		"a length of time":         r.Duration("WAIT", time.Second, 0, time.Hour) == 90*time.Second,
		"a length's default":       r.Duration("NONE", time.Second, 0, time.Hour) == time.Second,
		"yes":                      r.Bool("ON", false),
		"no":                       !r.Bool("OFF", true),
		"neither":                  r.Bool("NONE", true),
		"a list":                   slices.Equal(r.List("LIST"), []string{"a", "b", "c"}),
		"no list":                  r.List("NONE") == nil,
		"an address":               r.URL("URL", "").Host == "auth.example.com",
		"an address's default":     r.URL("NONE", "http://localhost:4445").Port() == "4445",
		"no address":               r.URL("NONE", "") == nil,
		"a required address":       r.RequiredURL("URL").Path == "/x",
		"a secret":                 r.Secret("KEY").Reveal() == "s3cret",
		"a required secret":        r.RequiredSecret("KEY").IsSet(),
		"a secret that is not set": !r.Secret("NONE").IsSet(),
	} {
		if !same {
			t.Errorf("%s is not read right", name)
		}
	}
	if err := r.Err(); err != nil {
		t.Errorf("complains: %v", err)
	}
}

func TestAllMistakesAreToldAtOnceAndNoValue(t *testing.T) {
	t.Parallel()
	const wrong = "w:r0ng s3cret%%"
	r := config.Read(func(name string) (string, bool) {
		switch {
		case strings.HasPrefix(name, "MISSING"):
			return "", false
		case name == "UNREADABLE":
			return "", false
		case name == "UNREADABLE_FILE":
			return "/run/secrets/" + wrong, true
		case strings.HasSuffix(name, "_FILE"):
			return "", false
		}
		return wrong, true
	})
	if got := r.Int("SIZE", 3, 1, 20); got != 3 {
		t.Errorf("a wrong number became %d, want the default", got)
	}
	if got := r.Duration("WAIT", time.Minute, time.Second, time.Hour); got != time.Minute {
		t.Errorf("a wrong length became %s, want the default", got)
	}
	if r.RequiredURL("ADDRESS") == nil || r.URL("OTHER", "") == nil || r.RequiredURL("MISSING_ADDRESS") == nil {
		t.Error("a wrong address became nil: the caller would not live to ask Err")
	}
	r.Bool("ON", false)
	r.Required("MISSING_NAME")
	r.RequiredSecret("MISSING_KEY")
	r.RequiredSecret("UNREADABLE")
	r.Complain("THIS", "and THAT exclude each other")
	want := []string{
		"SIZE has to be a whole number from 1 to 20",
		"WAIT has to be a length of time from 1s to 1h0m0s, such as 90s or 15m",
		"ADDRESS is not an address such as https://auth.example.com",
		"OTHER is not an address such as https://auth.example.com",
		"MISSING_ADDRESS is not set",
		"ON has to be true or false",
		"MISSING_NAME is not set",
		"MISSING_KEY is not set",
		"UNREADABLE_FILE names a file that is empty, larger than 1 MiB or cannot be read",
		"THIS and THAT exclude each other",
	}
	if got := strings.Split(r.Err().Error(), "\n"); !slices.Equal(got, want) {
		t.Errorf("says\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if strings.Contains(r.Err().Error(), "s3cret") {
		t.Error("a mistyped secret is told")
	}
}

func TestAddressesOutOfRange(t *testing.T) {
	t.Parallel()
	for value, ok := range map[string]bool{
		"https://auth.example.com":         true,
		"postgres://u:p@db/authway":        true,
		"file:///var/backups":              true,
		"auth.example.com":                 false,
		"localhost:8080":                   false,
		"https://":                         false,
		"/path":                            false,
		"postgres://u:p%zz@db":             false,
		"mailto:someone":                   false,
		"https://auth.example.com:notport": false,
	} {
		r := config.Read(config.Map(map[string]string{"A": value}))
		r.RequiredURL("A")
		if (r.Err() == nil) != ok {
			t.Errorf("%s: accepted %v, want %v", value, r.Err() == nil, ok)
		}
	}
}
