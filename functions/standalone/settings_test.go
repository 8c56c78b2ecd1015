package standalone

import (
	"strings"
	"testing"

	"github.com/authway/authway/shared/config"
)

func TestEverythingHasADefault(t *testing.T) {
	t.Parallel()
	s, err := readSettings(config.Map(nil))
	if err != nil || s.port != 8080 || s.ops != 9090 || s.dataDir != ".authway" || s.public != nil {
		t.Errorf("got %+v, %v", s, err)
	}
}

func TestMistakesAreToldTogether(t *testing.T) {
	t.Parallel()
	_, err := readSettings(config.Map(map[string]string{
		"PORT": "80800", "DATABASE_URL": "host=x password=hunter2", "HYDRA_ADMIN_URL": "http://h:4445", "AUTHWAY_URL": "https://a.example/path",
		"REDIS_URL": "http://r",
	}))
	if err == nil {
		t.Fatal("nothing is told")
	}
	for _, want := range []string{"PORT", "DATABASE_URL", "HYDRA_PUBLIC_URL", "AUTHWAY_URL", "REDIS_URL"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("nothing is said about %s:\n%v", want, err)
		}
	}
	if strings.Contains(err.Error(), "hunter2") {
		t.Errorf("a password is printed:\n%v", err)
	}
}

func TestPublicAddress(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"https://auth.example.com":      "https://auth.example.com",
		"https://auth.example.com/":     "https://auth.example.com",
		"http://localhost:8080":         "http://localhost:8080",
		"ftp://auth.example.com":        "",
		"https://u:p@auth.example.com":  "",
		"https://auth.example.com/?q=1": "",
	} {
		s, err := readSettings(config.Map(map[string]string{"AUTHWAY_URL": text}))
		if (err == nil) != (want != "") || err == nil && s.public.String() != want {
			t.Errorf("%s: got %v, %v", text, s.public, err)
		}
	}
}

func TestPasswordsOfServers(t *testing.T) {
	t.Parallel()
	s, err := readSettings(config.Map(map[string]string{
		"DATABASE_URL": "postgres://me@db/authway?sslmode=require", "DATABASE_PASSWORD": "p/w",
		"REDIS_URL": "rediss://cache/1", "REDIS_PASSWORD": "r",
	}))
	if err != nil {
		t.Fatal(err)
	}
	if got := s.database.Reveal(); got != "postgres://me:p%2Fw@db/authway?sslmode=require" {
		t.Errorf("got %s", got)
	}
	if got := s.redis.Reveal(); got != "rediss://:r@cache/1" {
		t.Errorf("got %s", got)
	}
	if got := as(s.database.Reveal(), "authway_login", "x"); got != "postgres://authway_login:x@db/authway?sslmode=require" {
		t.Errorf("got %s", got)
	}
	if got := inDatabase(s.database.Reveal(), "hydra"); got != "postgres://me:p%2Fw@db/hydra?sslmode=require" {
		t.Errorf("got %s", got)
	}
}

func TestLoopback(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"http://localhost:8080": true, "http://127.0.0.2": true, "http://[::1]:8080": true, "http://app.localhost": true,
		"http://192.168.1.5:8080": false, "https://localhost.example.com": false,
	} {
		s, err := readSettings(config.Map(map[string]string{"AUTHWAY_URL": text}))
		if err != nil || onLoopback(s.public) != want {
			t.Errorf("%s: got %v, %v", text, !want, err)
		}
	}
}
