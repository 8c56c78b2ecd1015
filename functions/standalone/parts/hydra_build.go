package parts

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/authway/authway/functions/standalone/parts/supervise"
)

// hydraSource is the nested module, below the checkout.
var hydraSource = filepath.Join("scripts", "hydra")

const progressEvery = 10 * time.Second

// buildHydra compiles Hydra into the cache folder, unless another run has.
func buildHydra(ctx context.Context, f *supervise.Folder, say Say) (HydraProgram, error) {
	cache, err := CacheFolder(f)
	if err != nil {
		return HydraProgram{}, err
	}
	place := filepath.Join(cache, "hydra-"+builtHydra.String())
	lock, err := supervise.WaitLock(ctx, place+".lock", func() { say("Another run is building Ory Hydra; waiting for it") })
	if err != nil {
		return HydraProgram{}, err
	}
	defer func() { _ = lock.Release() }()
	if p, err := inspectHydra(ctx, place); err == nil {
		return p, nil
	}
	source, err := findUpward(hydraSource)
	if err != nil {
		return HydraProgram{}, fmt.Errorf("there is no Ory Hydra here, and no checkout of Authway to build one from: set HYDRA_BIN: %w", err)
	}
	say("Building Ory Hydra %s, once; this takes some minutes", builtHydra)
	made := place + ".new"
	if err := goBuild(ctx, source, made, say); err != nil {
		return HydraProgram{}, fmt.Errorf("building Ory Hydra failed: %w", err)
	}
	if err := os.Rename(made, place); err != nil {
		return HydraProgram{}, err
	}
	return inspectHydra(ctx, place)
}

func goBuild(ctx context.Context, source, target string, say Say) error {
	cmd := exec.CommandContext(ctx, "go", "build", "-v", "-trimpath",
		"-ldflags", "-s -w -X github.com/ory/hydra/v2/driver/config.Version="+builtHydra.String(), "-o", target, ".")
	cmd.Dir = source
	cmd.Env = append(cmd.Environ(), "CGO_ENABLED=0", "GOWORK=off")
	words, err := cmd.StderrPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	var b buildLog
	b.follow(words, say)
	if err := cmd.Wait(); err != nil {
		return errors.Join(err, errors.New(strings.Join(b.other, "\n")))
	}
	return nil
}

// buildLog counts what go build -v says.
type buildLog struct {
	modules, packages int
	other             []string
}

const buildWordsKept = 20

func (b *buildLog) follow(words io.Reader, say Say) {
	tick := time.NewTicker(progressEvery)
	defer tick.Stop()
	for lines := bufio.NewScanner(words); lines.Scan(); {
		b.count(lines.Text())
		select {
		case <-tick.C:
			say("  %d modules downloaded, %d packages compiled", b.modules, b.packages)
		default:
		}
	}
	// A line too long to scan must not leave the compiler waiting for a reader.
	_, _ = io.Copy(io.Discard, words)
}

// count tells a package's name, which go build -v prints when it compiles it,
// from everything else it may have to say.
func (b *buildLog) count(line string) {
	switch {
	case strings.HasPrefix(line, "go: downloading "):
		b.modules++
	case line != "" && !strings.ContainsAny(line, " :#"):
		b.packages++
	default:
		b.other = append(b.other, line)
		if len(b.other) > buildWordsKept {
			b.other = b.other[1:]
		}
	}
}

// findUpward looks for a folder in the working directory and all above it.
func findUpward(name string) (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, name, "go.mod")); err == nil {
			return filepath.Join(dir, name), nil
		}
		if dir == filepath.Dir(dir) {
			return "", fmt.Errorf("no %s here or above", name)
		}
		dir = filepath.Dir(dir)
	}
}
