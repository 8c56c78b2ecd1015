package standalone

import (
	"strings"
	"testing"

	"github.com/authway/authway/functions/standalone/edge"
	"github.com/authway/authway/migrations"
	"github.com/authway/authway/shared/config"
)

func TestEachFunctionIsItself(t *testing.T) {
	t.Parallel()
	if len(specs) != len(migrations.Functions) {
		t.Errorf("%d functions and %d database roles", len(specs), len(migrations.Functions))
	}
	for name, spec := range specs {
		if spec.Name != string(name) {
			t.Errorf("%s is called %s at the edge", spec.Name, name)
		}
	}
}

func TestFunctionSeesItsOwnSettings(t *testing.T) {
	t.Parallel()
	around := surroundings{
		public: "http://localhost:1", database: "postgres://authway:owner@h/authway", hydraDatabase: "postgres://hydra:h@h/hydra",
		smtp: "smtp://mailbox", events: "http://127.0.0.1:2/events", passwords: map[string]string{"login": "l", "token": "t", "maintenance": "m"},
		backup:  map[string]string{"BACKUP_DATABASE_URL": "postgres://backup", "BACKUP_URL": "file:///made"},
		sealKey: "made",
	}
	person := config.Map(map[string]string{
		"DATABASE_URL": "postgres://owner", "DATABASE_PASSWORD": "owner", "REDIS_PASSWORD": "r", "GOOGLE_CLIENT_SECRET": "g",
		"BACKUP_IDENTITY": "i", "BACKUP_URL": "file:///mine", "LOG_LEVEL": "debug", "PORT": "8080",
	})
	for _, c := range []struct {
		function   edge.Upstream
		name, want string
	}{
		{edge.Login, "DATABASE_URL", "postgres://authway_login:l@h/authway"},
		{edge.Token, "DATABASE_URL", "postgres://authway_token:t@h/authway"},
		{edge.Login, "GOOGLE_CLIENT_SECRET", "g"},
		{edge.Token, "GOOGLE_CLIENT_SECRET", ""},
		{edge.Login, "BACKUP_IDENTITY", ""},
		// What makes backups cannot read them.
		{edge.Maintenance, "BACKUP_IDENTITY", ""},
		{edge.Maintenance, "BACKUP_DATABASE_URL", "postgres://backup"},
		{edge.Maintenance, "BACKUP_URL", "file:///mine"},
		{edge.Login, "BACKUP_DATABASE_URL", ""},
		{edge.Maintenance, "AUDIT_SEAL_KEY", "made"},
		{edge.Login, "AUDIT_SEAL_KEY", ""},
		{edge.Maintenance, "HYDRA_DATABASE_URL", "postgres://hydra:h@h/hydra"},
		{edge.Token, "HYDRA_DATABASE_URL", ""},
		{edge.Maintenance, "SMTP_URL", "smtp://mailbox"},
		{edge.Login, "SMTP_URL", ""},
		{edge.Login, "K_SINK", "http://127.0.0.1:2/events"},
		{edge.Token, "K_SINK", ""},
		{edge.Login, "LOG_LEVEL", "debug"},
		{edge.Login, "DATABASE_PASSWORD", ""},
		{edge.Login, "REDIS_PASSWORD", ""},
		{edge.Login, "PORT", ""},
	} {
		if got, _ := around.lookup(c.function, person)(c.name); got != c.want {
			t.Errorf("%s, %s: got %q, want %q", c.function, c.name, got, c.want)
		}
	}
	own := config.Map(map[string]string{"SMTP_URL": "smtps://mine", "AUDIT_SEAL_KEY": "mine"})
	if got, _ := around.lookup(edge.Maintenance, own)("AUDIT_SEAL_KEY"); got != "mine" {
		t.Errorf("got %s", got)
	}
	if got, _ := around.lookup(edge.Maintenance, own)("SMTP_URL"); got != "smtps://mine" {
		t.Errorf("got %s", got)
	}
}

func TestSecretsStayTheSame(t *testing.T) {
	t.Parallel()
	f := openFolder(t, t.TempDir())
	first, err := loadSecrets(f)
	if err != nil {
		t.Fatal(err)
	}
	second, err := loadSecrets(f)
	if err != nil || first.HydraSystem != second.HydraSystem || first.Functions["login"] != second.Functions["login"] {
		t.Errorf("got %v, %v", second, err)
	}
	if first.Functions["login"] == first.Functions["token"] || first.DemoPassword == first.AdminPassword {
		t.Error("a secret is used twice")
	}
	if parts := strings.Split(first.DemoPassword, "-"); len(parts) != 3 || len(first.DemoPassword) != 17 {
		t.Errorf("got %q", first.DemoPassword)
	}
}

func TestSecretsThatAreLostAreNotMadeAnew(t *testing.T) {
	t.Parallel()
	f := openFolder(t, t.TempDir())
	writeFile(t, f.Path("postgres.location"), "/somewhere")
	if _, err := loadSecrets(f); err == nil || !strings.Contains(err.Error(), "secrets.json is missing") {
		t.Errorf("got %v", err)
	}
}

func TestSecretsAddedLaterAreMade(t *testing.T) {
	t.Parallel()
	f := openFolder(t, t.TempDir())
	writeFile(t, f.Path("secrets.json"), `{"hydra_system": "kept"}`)
	s, err := loadSecrets(f)
	if err != nil || s.HydraSystem != "kept" || s.MasterKey == "" || s.AuditSealKey == "" {
		t.Errorf("got %v, %v", s, err)
	}
}
