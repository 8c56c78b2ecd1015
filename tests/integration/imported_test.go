package integration_test

import (
	"testing"

	"github.com/authway/authway/shared/credential"
)

func TestImportedPasswordWorksAndIsHashedAnew(t *testing.T) {
	t.Parallel()
	j := begin(t, map[string]any{"skip_consent": true})
	// Made with Python's passlib from the tests' password.
	const foreign = "$pbkdf2-sha256$29000$MDEyMzQ1Njc4OWFiY2RlZg$HwysB.Ke0YuzHEd/zzqZI6iTbuC8ephxy6jSfQdwV8M"
	j.system.ImportHash(t, j.email, foreign)
	form := j.visitor.Open(j.app.Start())
	says(t, form.Submit(map[string][]string{"email": {j.email}, "password": {"a wrong password"}}, ""), 422, "wrong_credentials")
	if kept := j.system.PasswordHash(t, j.email); kept != foreign {
		t.Fatalf("a wrong password changed the hash: %s", kept)
	}
	j.app.Arrive(t, j.signIn(form))
	if kept := j.system.PasswordHash(t, j.email); !credential.Current(kept) {
		t.Errorf("the hash is still %.20s…", kept)
	}
	j.app.Arrive(t, j.signIn(j.visitor.Open(j.app.Start("prompt", "login"))))
}
