package manifests

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"
)

func TestTheExamplesOfSecretsAreWhatTheirOperatorsTake(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"external.yaml", "sealed.yaml"} {
		check(t, example(t, name))
	}
}

// What a vault gives is what the script gives: the same Secrets with the same keys.
func TestTheVaultHasEverySecretOfTheScript(t *testing.T) {
	t.Parallel()
	fromVault := map[string][]string{}
	for _, o := range example(t, "external.yaml") {
		spec := as[externalSecret](t, o).Spec
		keys := slices.Sorted(maps.Keys(spec.Target.Template.Data))
		if len(keys) == 0 {
			for _, d := range spec.Data {
				keys = append(keys, d.SecretKey)
			}
			slices.Sort(keys)
		}
		fromVault[spec.Target.Name] = keys
	}
	for _, o := range of(generated(t), "v1", "Secret") {
		want := slices.Sorted(maps.Keys(as[corev1.Secret](t, o).StringData))
		if got := fromVault[o.Metadata.Name]; !slices.Equal(got, want) {
			t.Errorf("%s has %v, from the vault %v", o, want, got)
		}
	}
}

func example(t *testing.T, name string) []object {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "knative", "secrets", name))
	if err != nil {
		t.Fatal(err)
	}
	return parse(t, text)
}
