package client_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/authway/authway/shared/client"
)

var own = &url.URL{Scheme: "https", Host: "auth.example.com"}

func TestRedirectURIs(t *testing.T) {
	t.Parallel()
	for uri, want := range map[string]struct {
		kind client.Kind
		code string
	}{
		"https://app.example/callback":            {client.Web, ""},
		"https://app.example":                     {client.Web, ""},
		"https://app.example:8443/a?b=c":          {client.Web, ""},
		"http://127.0.0.1:3000/callback":          {client.Web, ""},
		"http://[::1]:3000/callback":              {client.Native, ""},
		"http://localhost:3000/callback":          {client.SPA, "uri_localhost"},
		"com.example.app:/callback":               {client.Native, ""},
		"com.example.app://callback":              {client.Native, ""},
		"https://auth.example.com/demo":           {client.Web, ""},
		"https://auth.example.com.evil.com/login": {client.Web, ""},

		"":                                                 {client.Web, "uri_malformed"},
		"/callback":                                        {client.Web, "uri_malformed"},
		"//app.example/callback":                           {client.Web, "uri_malformed"},
		"https:app.example":                                {client.Web, "uri_malformed"},
		"https:///callback":                                {client.Web, "uri_malformed"},
		"https://app.example./callback":                    {client.Web, "uri_malformed"},
		"http://app.example/callback":                      {client.Web, "uri_insecure"},
		"http://127.0.0.1.evil.com/":                       {client.Web, "uri_insecure"},
		"http://localhost.evil.com/":                       {client.Web, "uri_insecure"},
		"http://0.0.0.0/":                                  {client.Web, "uri_insecure"},
		"http://127.1/":                                    {client.Web, "uri_insecure"},
		"http://2130706433/":                               {client.Web, "uri_insecure"},
		"https://app.example/#x":                           {client.Web, "uri_fragment"},
		"https://app.example/callback#":                    {client.Web, "uri_fragment"},
		"https://*.app.example/":                           {client.Web, "uri_wildcard"},
		"https://app.example/*":                            {client.Web, "uri_wildcard"},
		"https://app.example@evil.com/":                    {client.Web, "uri_userinfo"},
		"https://user:word@app.example/":                   {client.Web, "uri_userinfo"},
		"https://app.example/a/../b":                       {client.Web, "uri_path"},
		"https://app.example/a/%2e%2e/b":                   {client.Web, "uri_path"},
		"https://app.example/a b":                          {client.Web, "uri_character"},
		"https://app.example\\@evil.com/":                  {client.Web, "uri_character"},
		"https://app.example/\n":                           {client.Web, "uri_character"},
		"https://\u0430pp.example/":                        {client.Web, "uri_character"},
		"HTTPS://app.example/":                             {client.Web, "uri_case"},
		"https://App.example/":                             {client.Web, "uri_case"},
		"https://app.example:0/":                           {client.Web, "uri_port"},
		"https://app.example:99999/":                       {client.Web, "uri_port"},
		"https://app.example:/":                            {client.Web, "uri_port"},
		"https://app.example:0443/":                        {client.Web, "uri_port"},
		"javascript:alert(1)":                              {client.Native, "uri_scheme"},
		"data:text/html,x":                                 {client.Native, "uri_scheme"},
		"file:///etc/passwd":                               {client.Native, "uri_scheme"},
		"vbscript:x":                                       {client.Native, "uri_scheme"},
		"myapp://callback":                                 {client.Native, "uri_scheme"},
		"com.example.app:callback":                         {client.Native, "uri_malformed"},
		"com.example.app:/spa":                             {client.SPA, "uri_native"},
		"https://auth.example.com/login":                   {client.Web, "uri_own"},
		"https://auth.example.com/account/x":               {client.Web, "uri_own"},
		"https://auth.example.com:443/oauth2":              {client.Web, "uri_own"},
		"https://app.example/" + strings.Repeat("a", 2048): {client.Web, "uri_long"},
	} {
		code, warning := client.Redirect(uri, want.kind, own)
		if code != want.code || warning != (want.code == "uri_localhost") {
			t.Errorf("%q of %s: %q (a warning: %t), want %q", uri, want.kind, code, warning, want.code)
		}
	}
}

// Whatever is taken leads to one place for everybody who reads it.
func FuzzRedirect(f *testing.F) {
	for _, seed := range []string{
		"https://app.example/callback", "http://[::1]:80/", "com.example.app:/x", "https://a@b/", "javascript:alert(1)", "https://a/%2e%2e/", "https://a:1:2/",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, uri string) {
		for _, kind := range client.Kinds {
			code, warning := client.Redirect(uri, kind, own)
			if code != "" && !warning {
				continue
			}
			u, err := url.Parse(uri)
			if err != nil {
				t.Fatalf("%q is taken and cannot be read", uri)
			}
			if u.User != nil || u.Fragment != "" || strings.ContainsAny(uri, "#*\\ \t\n\x00") || len(uri) > 2048 {
				t.Errorf("%q is taken", uri)
			}
			switch {
			case u.Scheme == "https" && u.Hostname() != "":
			case u.Scheme == "http" && (u.Hostname() == "127.0.0.1" || u.Hostname() == "::1" || u.Hostname() == "localhost"):
			case kind == client.Native && strings.Contains(u.Scheme, "."):
			default:
				t.Errorf("%q is taken for %s", uri, kind)
			}
			// Written again it is the same: exact comparison has one spelling to compare.
			if u.Scheme == "https" && strings.ToLower(u.Host) != u.Host {
				t.Errorf("%q is taken, and has another spelling", uri)
			}
		}
	})
}
