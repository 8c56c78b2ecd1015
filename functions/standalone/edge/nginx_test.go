package edge

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/authway/authway/shared/guard"
)

func written(t *testing.T, address string, n Nginx) string {
	t.Helper()
	c := Config{Upstreams: map[Upstream]*url.URL{}}
	var err error
	if c.Public, err = url.Parse(address); err != nil {
		t.Fatal(err)
	}
	for _, name := range Upstreams {
		c.Upstreams[name] = &url.URL{Scheme: "http", Host: string(name) + ".authway.svc.cluster.local"}
	}
	return NginxConf(c, n)
}

func TestNginxHasEveryPathOnce(t *testing.T) {
	t.Parallel()
	text := written(t, public, Nginx{Listen: "8080", Root: "/pages", Scratch: "/tmp"})
	for _, path := range paths() {
		match := "location = " + path + " {"
		if strings.HasSuffix(path, "/") {
			match = "location ^~ " + path + " {"
		}
		if n := strings.Count(text, match); n != 1 {
			t.Errorf("%s stands there %d times", match, n)
		}
	}
	if n := strings.Count(text, "location "); n != len(paths())+len(Upstreams)+3 {
		t.Errorf("%d locations, which is not the table, the upstreams and the rest", n)
	}
}

func TestNginxSaysWhatTheHandlerSays(t *testing.T) {
	t.Parallel()
	text := written(t, "https://auth.example.org", Nginx{Listen: "8080", Root: "/pages", Scratch: "/tmp"})
	for _, want := range []string{
		"server_name auth.example.org;",
		"return 421;",
		guard.Policy,
		"max-age=31536000",
		`add_header Cache-Control "` + immutable + `";`,
		"authway_ask=1; Path=/login; Max-Age=120; HttpOnly; SameSite=Lax; Secure",
		"proxy_set_header X-Forwarded-For $remote_addr;",
		"proxy_set_header X-Forwarded-Proto https;",
		"proxy_set_header Host login.authway.svc.cluster.local;",
		"proxy_pass http://authway_consent/healthz;",
		"server hydra.authway.svc.cluster.local:80 max_conns=64;",
		"add_header Retry-After 2 always;",
		fmt.Sprintf("client_max_body_size %d;", maxBody),
		"large_client_header_buffers 8 16k;",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("nginx is not told: %s", want)
		}
	}
	if strings.Contains(text, "<no value>") {
		t.Error("the template names something that is not there")
	}
}

func TestNginxAsksItsResolver(t *testing.T) {
	t.Parallel()
	text := written(t, public, Nginx{Listen: "8080", Root: "/pages", Scratch: "/tmp", Resolver: "10.0.0.10"})
	if !strings.Contains(text, "resolver 10.0.0.10 valid=10s;") || strings.Contains(text, "upstream authway_login {") {
		t.Error("upstreams are looked up once and then never again")
	}
	if !strings.Contains(text, "set $authway_upstream http://login.authway.svc.cluster.local:80;") {
		t.Error("the address of an upstream is not in a variable")
	}
}
