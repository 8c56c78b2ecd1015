package images

import (
	"archive/tar"
	"bytes"
	"debug/buildinfo"
	"debug/elf"
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// budgets are how many megabytes (of a million bytes) an image may have as a registry stores it, that is compressed,
// and beyond its base. What is pulled while somebody waits is small.
var budgets = map[string]float64{
	"login": 25, "consent": 25, "token": 25, "migrate": 25, "pages": 25, "admin": 40, "maintenance": 80,
	// It is pulled once a week, on a base that is larger.
	"drill": 40,
}

// pull is an image in the registry.
func pull(t *testing.T, reference name.Digest) v1.Image {
	t.Helper()
	image, err := remote.Image(reference, remote.WithPlatform(v1.Platform{OS: "linux", Architecture: "amd64"}))
	if err != nil {
		t.Fatal(err)
	}
	return image
}

func TestEveryImageIsPushedAndSmall(t *testing.T) {
	t.Parallel()
	all := built(t)
	if have, want := slices.Sorted(maps.Keys(all)), slices.Sorted(maps.Keys(budgets)); !slices.Equal(have, want) {
		t.Fatalf("pushed %v, want %v", have, want)
	}
	for _, image := range slices.Sorted(maps.Keys(all)) {
		layers, err := pull(t, all[image]).Layers()
		if err != nil {
			t.Fatal(err)
		}
		var bytes int64
		for _, layer := range layers {
			size, err := layer.Size()
			if err != nil {
				t.Fatal(err)
			}
			bytes += size
		}
		megabytes := float64(bytes) / 1e6
		t.Logf("%-11s %5.1f MB compressed, of %g", image, megabytes, budgets[image])
		if megabytes > budgets[image] {
			t.Errorf("%s has %.1f MB, and %g at the most are wanted: see go tool nm -size -sort size", image, megabytes, budgets[image])
		}
	}
}

func TestAnImageIsOneStaticProgramAndItsUser(t *testing.T) {
	t.Parallel()
	for image, reference := range built(t) {
		pulled := pull(t, reference)
		file, err := pulled.ConfigFile()
		if err != nil {
			t.Fatal(err)
		}
		program := "/ko-app/" + image
		if !slices.Equal(file.Config.Entrypoint, []string{program}) || len(file.Config.Cmd) != 0 {
			t.Errorf("%s runs %q %q", image, file.Config.Entrypoint, file.Config.Cmd)
		}
		if file.Config.User != nobody {
			t.Errorf("%s runs as %q, and not as the base's user", image, file.Config.User)
		}
		labels := file.Config.Labels
		if labels["org.opencontainers.image.title"] != "authway" || labels["org.opencontainers.image.revision"] != head {
			t.Errorf("%s is labelled %v", image, labels)
		}
		static(t, image, executable(t, pulled, program))
	}
}

// executable takes a program out of an image, and fails the test if there are other files.
func executable(t *testing.T, image v1.Image, program string) []byte {
	t.Helper()
	layers, err := image.Layers()
	if err != nil {
		t.Fatal(err)
	}
	var found []byte
	for _, layer := range layers {
		files := tar.NewReader(bytes.NewReader(content(t, layer.Uncompressed)))
		for {
			file, err := files.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			switch path := "/" + strings.TrimPrefix(file.Name, "/"); {
			case file.Typeflag == tar.TypeDir:
			case path != program || file.Mode&0o111 == 0 || file.Mode&0o022 != 0:
				t.Errorf("the image has %s with mode %o", path, file.Mode)
			default:
				if found, err = io.ReadAll(files); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	return found
}

// static fails the test if a program needs a loader, libraries or the paths of the machine that built it.
func static(t *testing.T, image string, program []byte) {
	t.Helper()
	file, err := elf.NewFile(bytes.NewReader(program))
	if err != nil {
		t.Fatalf("%s: %v", image, err)
	}
	for _, p := range file.Progs {
		if p.Type == elf.PT_INTERP || p.Type == elf.PT_DYNAMIC {
			t.Errorf("%s is linked dynamically", image)
		}
	}
	absolute, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(program, []byte(absolute+"/")) {
		t.Errorf("%s knows where it was built", image)
	}
	info, err := buildinfo.Read(bytes.NewReader(program))
	if err != nil {
		t.Fatalf("%s: %v", image, err)
	}
	if info.Main.Path != "github.com/authway/authway" {
		t.Errorf("%s is of %s", image, info.Main.Path)
	}
}

func TestEveryImageHasABillOfMaterials(t *testing.T) {
	t.Parallel()
	for image, reference := range built(t) {
		tag := reference.Tag(strings.Replace(reference.DigestStr(), ":", "-", 1) + ".sbom")
		bill, err := remote.Image(tag)
		if err != nil {
			t.Errorf("%s: %v", image, err)
			continue
		}
		layers, err := bill.Layers()
		if err != nil || len(layers) != 1 {
			t.Fatalf("%s: %d layers, %v", image, len(layers), err)
		}
		// A package URL of Go is in lower case, whatever the module's path is (purl-spec, golang).
		text := bytes.ToLower(content(t, layers[0].Uncompressed))
		info, err := buildinfo.Read(bytes.NewReader(executable(t, pull(t, reference), "/ko-app/"+image)))
		if err != nil {
			t.Fatal(err)
		}
		for _, module := range append(info.Deps, &info.Main) {
			if !bytes.Contains(text, []byte("pkg:golang/"+strings.ToLower(module.Path)+"@")) {
				t.Errorf("%s has %s, of which its bill says nothing", image, module.Path)
			}
		}
	}
}

// One small image stands for all: what is compiled for another architecture is compiled from the start.
func TestAnImageMayHaveSeveralArchitectures(t *testing.T) {
	t.Parallel()
	built(t) // Not at the same time: both would compile the same.
	printed, err := run(nil, "images", "IMAGES=./frontend/cmd/pages", "PLATFORMS=linux/amd64,linux/arm64")
	if err != nil {
		t.Fatal(err)
	}
	all, err := images(printed)
	if err != nil {
		t.Fatal(err)
	}
	index, err := remote.Index(all["pages"])
	if err != nil {
		t.Fatal(err)
	}
	manifest, err := index.IndexManifest()
	if err != nil {
		t.Fatal(err)
	}
	var have []string
	for _, m := range manifest.Manifests {
		have = append(have, m.Platform.String())
	}
	if slices.Sort(have); !slices.Equal(have, []string{"linux/amd64", "linux/arm64"}) {
		t.Errorf("it has %v", have)
	}
	alone, err := pull(t, built(t)["pages"]).Digest()
	if err != nil {
		t.Fatal(err)
	}
	if together, err := pull(t, all["pages"]).Digest(); err != nil || together != alone {
		t.Errorf("built together it is %s (%v), alone %s", together, err, alone)
	}
}

// The base is named by its digest: a tag may be another image tomorrow.
func TestTheBaseIsPinnedAndNotRoot(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join(root, ".ko.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if base, ok := strings.CutPrefix(line, "defaultBaseImage: "); ok {
			if _, err := name.NewDigest(strings.TrimSpace(base)); err != nil || !strings.Contains(base, ":nonroot@") {
				t.Errorf("the base is %s (%v)", base, err)
			}
			return
		}
	}
	t.Error(".ko.yaml names no base")
}
