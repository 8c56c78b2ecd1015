package parts

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/authway/authway/functions/standalone/parts/supervise"
)

// Places for an account that cannot get into the data folder or root's cache,
// as when a checkout lies in root's home.
const (
	systemData  = "/var/lib/authway"
	systemCache = "/var/cache/authway"
)

// dataFolder is the cluster's, in its home.
const dataFolder = "data"

// PostgresData is where the cluster of a folder is, or will be: its home is there
// and belongs to the account that PostgreSQL runs as.
func PostgresData(f *supervise.Folder) (string, error) {
	home, _, err := findHome(f)
	return filepath.Join(home, dataFolder), err
}

// PostgresPrograms finds the programs of a version such as 15.18, or fetches them.
func PostgresPrograms(ctx context.Context, f *supervise.Folder, version string, say Say) (string, error) {
	account, err := supervise.Unprivileged()
	if err != nil {
		return "", err
	}
	digits, _, _ := strings.Cut(version, ".")
	major, err := strconv.Atoi(digits)
	if err != nil {
		return "", fmt.Errorf("%q is no version of PostgreSQL", version)
	}
	programs, err := findPostgres(ctx, PostgresOptions{Folder: f, Say: say}, account, major)
	return programs.dir, err
}

func findHome(f *supervise.Folder) (string, *supervise.Account, error) {
	account, err := supervise.Unprivileged()
	if err != nil {
		return "", nil, err
	}
	return postgresHome(f, account)
}

// postgresHome finds or makes the folder for the cluster, and the account that
// owns it. When it cannot be in the data folder, a note there says where it is:
// removing the data folder always means to start from nothing.
func postgresHome(f *supervise.Folder, account *supervise.Account) (string, *supervise.Account, error) {
	note := f.Path("postgres.location")
	raw, err := os.ReadFile(note)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", nil, err
	}
	home := strings.TrimSpace(string(raw))
	if home == "" {
		home = f.Path("postgres")
	}
	if !account.Reaches(home) {
		id := make([]byte, 8)
		_, _ = rand.Read(id)
		home = filepath.Join(systemData, hex.EncodeToString(id))
		if err := supervise.WriteFile(note, []byte(home+"\n")); err != nil {
			return "", nil, err
		}
	}
	return ownHome(home, account)
}

// ownHome keeps to the account that owns a home made earlier: a data folder
// once used without root goes on belonging to its user when root comes along.
func ownHome(home string, account *supervise.Account) (string, *supervise.Account, error) {
	if _, err := os.Stat(home); err == nil {
		owner, err := supervise.OwnerOf(home)
		if err != nil {
			return "", nil, err
		}
		if account == nil && owner != nil {
			return "", nil, fmt.Errorf("the database in %s belongs to %s: run as root again, or use another data folder (AUTHWAY_DATA_DIR)", home, owner.Name)
		}
		if owner != nil {
			account = owner
		}
	}
	if err := os.MkdirAll(filepath.Dir(home), 0o755); err != nil {
		return "", nil, err
	}
	if err := os.Mkdir(home, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", nil, err
	}
	return home, account, account.Own(home)
}
