package parts

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"regexp"
	"strconv"

	"github.com/authway/authway/functions/standalone/parts/supervise"
)

// HydraVersion is Ory's numbering: v2.3.0, and v26.2.0 since it follows the year.
type HydraVersion struct{ Major, Minor, Patch int }

// builtHydra is the version that scripts/hydra builds, and the oldest that Authway works with.
var builtHydra = HydraVersion{2, 3, 0}

func (v HydraVersion) String() string { return fmt.Sprintf("v%d.%d.%d", v.Major, v.Minor, v.Patch) }

func (v HydraVersion) less(other HydraVersion) bool {
	if v.Major != other.Major {
		return v.Major < other.Major
	}
	if v.Minor != other.Minor {
		return v.Minor < other.Minor
	}
	return v.Patch < other.Patch
}

var versionPattern = regexp.MustCompile(`^v?(\d+)\.(\d+)\.(\d+)`)

func parseHydraVersion(text string) (HydraVersion, error) {
	m := versionPattern.FindStringSubmatch(text)
	if m == nil {
		return HydraVersion{}, fmt.Errorf("%q is no version of Ory Hydra", text)
	}
	var n [3]int
	for i := range n {
		var err error
		if n[i], err = strconv.Atoi(m[i+1]); err != nil {
			return HydraVersion{}, err
		}
	}
	return HydraVersion{n[0], n[1], n[2]}, nil
}

// HydraProgram is an Ory Hydra that runs here.
type HydraProgram struct {
	Path    string
	Version HydraVersion
}

func (p HydraProgram) String() string { return fmt.Sprintf("Ory Hydra %s (%s)", p.Version, p.Path) }

// FindHydra finds a Hydra: the one that bin (HYDRA_BIN) names, one on PATH, or
// one built into the cache folder.
func FindHydra(ctx context.Context, f *supervise.Folder, bin string, say Say) (HydraProgram, error) {
	if bin != "" {
		p, err := inspectHydra(ctx, bin)
		if err != nil {
			return p, fmt.Errorf("HYDRA_BIN does not name an Ory Hydra that can be used: %w", err)
		}
		return p, nil
	}
	if onPath, err := exec.LookPath("hydra"); err == nil {
		// Debian's package hydra is a password cracker of the same name.
		if p, err := inspectHydra(ctx, onPath); err == nil {
			return p, nil
		}
	}
	return buildHydra(ctx, f, say)
}

var versionLine = regexp.MustCompile(`(?m)^Version:\s+(\S+)$`)

func inspectHydra(ctx context.Context, path string) (HydraProgram, error) {
	cmd := exec.CommandContext(ctx, path, "version")
	cmd.Env = bareEnvironment()
	out, err := cmd.Output()
	if err != nil {
		return HydraProgram{}, fmt.Errorf("%s version: %w", path, err)
	}
	m := versionLine.FindSubmatch(out)
	if m == nil {
		return HydraProgram{}, fmt.Errorf("%s does not tell a version as Ory Hydra does", path)
	}
	p := HydraProgram{Path: path, Version: builtHydra}
	// A build without a version says master and is taken for the oldest, whose settings every version knows.
	if string(m[1]) != "master" {
		if p.Version, err = parseHydraVersion(string(m[1])); err != nil {
			return p, err
		}
	}
	if p.Version.less(builtHydra) {
		return p, errors.New(p.String() + " is too old: " + builtHydra.String() + " is the oldest that works")
	}
	return p, nil
}
