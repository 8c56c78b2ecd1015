package integration_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/authway/authway/shared/credential"
)

// foreignHashes are of the tests' password, as other systems write them.
func foreignHashes(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "shared", "credential", "testdata", "hashes.json"))
	if err != nil {
		t.Fatal(err)
	}
	var list []struct{ Scheme, Hash string }
	if err := json.Unmarshal(text, &list); err != nil || len(list) == 0 {
		t.Fatalf("there are no hashes: %v", err)
	}
	all := map[string]string{}
	for _, h := range list {
		all[h.Scheme] = h.Hash
	}
	return all
}

func TestImportedPasswordWorksAndIsHashedAnew(t *testing.T) {
	t.Parallel()
	for scheme, foreign := range foreignHashes(t) {
		t.Run(scheme, func(t *testing.T) {
			t.Parallel()
			j := begin(t, map[string]any{"skip_consent": true})
			j.system.ImportHash(t, j.email, foreign)
			form := j.visitor.Open(j.app.Start())
			says(t, form.Submit(map[string][]string{"email": {j.email}, "password": {"a wrong password"}}, ""), 422, "wrong_credentials")
			if kept := j.system.PasswordHash(t, j.email); kept != foreign {
				t.Fatalf("a wrong password changed the hash: %s", kept)
			}
			j.app.Arrive(t, j.signIn(form))
			kept := j.system.PasswordHash(t, j.email)
			if !credential.Current(kept) {
				t.Errorf("the hash is still %.20s…", kept)
			}
			if ok, err := credential.NewHasher(1).Verify(t.Context(), kept, password); !ok || err != nil {
				t.Errorf("the new hash is not the password's: %v, %v", ok, err)
			}
			j.app.Arrive(t, j.signIn(j.visitor.Open(j.app.Start("prompt", "login"))))
			if again := j.system.PasswordHash(t, j.email); again != kept {
				t.Error("a hash of today is replaced as well")
			}
		})
	}
}
