package problem_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/authway/authway/shared/problem"
)

func TestRedactKeepsWhereAndDropsWhat(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"":                                       "",
		"no address at all: refused":             "no address at all: refused",
		"why? because":                           "why? because",
		`Get "http://h:4445/a?c=s3cret": EOF`:    `Get "http://h:4445/a?…": EOF`,
		"http://h/a#s3cret":                      "http://h/a?…",
		"postgres://u:s3cret@db:5432/authway":    "postgres://…@db:5432/authway",
		"redis://:s3c@ret@r:6379 and http://x/y": "redis://…@r:6379 and http://x/y",
		"postgres://u:s3/cret@db/authway":        "postgres://…@db/authway",
		"postgres://u:s3?cret@db/authway":        "postgres://…",
		"http://h/login?hint=s3cret@example.com": "http://…",
		"postgres://u:s3cret/db":                 "postgres://…",
		"unix:///run/redis.sock?db=s3cret":       "unix:///run/redis.sock?…",
		"POST /hooks/token?k=s3cret, /fine":      "POST /hooks/token?… /fine",
		"(see https://h/p?x=s3cret)":             "(see https://h/p?…",
		"dial tcp [::1]:5432: refused":           "dial tcp [::1]:5432: refused",
	} {
		if got := problem.Redact(in); got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
}

func FuzzRedact(f *testing.F) {
	f.Add("hydra:4445", "/admin/oauth2", "login_challenge=x")
	f.Add("[::1]:80", "", "")
	f.Fuzz(func(t *testing.T, host, path, query string) {
		const secret = "S3CRET"
		u := url.URL{Scheme: "https", User: url.UserPassword("user", secret+query), Host: host, Path: path, RawQuery: url.QueryEscape(secret + query)}
		// Only what a URL prints as: an address somebody wrote by hand may hold anything.
		if strings.Contains(host+path, secret) || strings.ContainsAny(host, " \t\r\n\"`<>") {
			return
		}
		text := `Get "` + u.String() + `": refused`
		if got := problem.Redact(text); strings.Contains(got, secret) {
			t.Errorf("%s became %s", text, got)
		}
		problem.Redact(path + query)
	})
}
