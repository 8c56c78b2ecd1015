package images

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"net/http/httptest"
	"os"
	"os/exec"
	"path"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

const (
	root = "../.."
	// nobody is the user of the empty base, as of the real one.
	nobody = "65532"
)

// here is the registry of the binary's tests.
var here = sync.OnceValues(func() (string, error) {
	quiet := slog.NewLogLogger(slog.DiscardHandler, slog.LevelInfo)
	server := httptest.NewServer(registry.New(registry.Logger(quiet)))
	atEnd(server.Close)
	address := strings.TrimPrefix(server.URL, "http://")
	base, err := emptyBase()
	if err != nil {
		return "", err
	}
	tag, err := name.NewTag(address + "/scratch:base")
	if err != nil {
		return "", err
	}
	return address, remote.WriteIndex(tag, base)
})

// emptyBase is an image of two architectures with a user and without a file.
func emptyBase() (v1.ImageIndex, error) {
	index := v1.ImageIndex(empty.Index)
	for _, architecture := range []string{"amd64", "arm64"} {
		platform := v1.Platform{OS: "linux", Architecture: architecture}
		image, err := mutate.ConfigFile(empty.Image, &v1.ConfigFile{
			OS: platform.OS, Architecture: platform.Architecture, Config: v1.Config{User: nobody},
			RootFS: v1.RootFS{Type: "layers"},
		})
		if err != nil {
			return nil, err
		}
		index = mutate.AppendManifests(index, mutate.IndexAddendum{Add: image, Descriptor: v1.Descriptor{Platform: &platform}})
	}
	return index, nil
}

// run runs make at the top of the repository for this registry and returns what it printed.
func run(environment []string, target string, variables ...string) (string, error) {
	address, err := here()
	if err != nil {
		return "", err
	}
	args := append([]string{
		"--no-print-directory", "-C", root, target,
		"REGISTRY=" + address + "/authway", "BASE_IMAGE=" + address + "/scratch:base", "DRILL_BASE_IMAGE=" + address + "/scratch:base",
	}, variables...)
	c := exec.Command("make", args...)
	// Of a make that runs the tests: its variables and its job server are not this one's.
	c.Env = append(append(os.Environ(), "MAKEFLAGS="), environment...)
	var out, complaints bytes.Buffer
	c.Stdout, c.Stderr = &out, &complaints
	if err := c.Run(); err != nil {
		return "", fmt.Errorf("make %s: %w\n%s", target, err, complaints.Bytes())
	}
	return out.String(), nil
}

// images finds the images in what was printed, by the last part of their names.
func images(printed string) (map[string]name.Digest, error) {
	all := map[string]name.Digest{}
	for word := range strings.FieldsSeq(printed) {
		if !strings.Contains(word, "/authway/") || !strings.Contains(word, "@sha256:") {
			continue
		}
		reference, err := name.NewDigest(word)
		if err != nil {
			return nil, err
		}
		all[path.Base(reference.RepositoryStr())] = reference
	}
	return all, nil
}

// head is the commit that the images were built of.
var head string

// build builds and pushes all images, once for all tests: a machine that has compiled nothing is at it for minutes.
var build = sync.OnceValues(func() (map[string]name.Digest, error) {
	c := exec.Command("git", "rev-parse", "HEAD")
	c.Dir = root
	out, err := c.Output()
	if err != nil {
		return nil, err
	}
	head = strings.TrimSpace(string(out))
	printed, err := run(nil, "images", "PLATFORMS=linux/amd64")
	if err != nil {
		return nil, err
	}
	return images(printed)
})

func built(t *testing.T) map[string]name.Digest {
	t.Helper()
	all, err := build()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// content reads a blob or a layer to its end.
func content(t *testing.T, open func() (io.ReadCloser, error)) []byte {
	t.Helper()
	r, err := open()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	all, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return all
}
