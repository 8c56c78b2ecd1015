package catalog

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/authway/authway/functions/maintenance/backup/wal"
)

var (
	archive = regexp.MustCompile(`^[1-9][0-9]{0,9}\.tar$`)
	system  = regexp.MustCompile(`^[0-9]{1,20}$`)
	sum     = regexp.MustCompile(`^[0-9a-f]{64}$`)
)

// mostBytes of one file are more than any storage holds, and few enough to be
// added up.
const mostBytes = 1 << 50

// ValidFile reports whether name is one of a base backup's files besides its
// description: base.tar, OID.tar or backup_manifest.
func ValidFile(name string) bool {
	if name == Main || name == Manifest {
		return true
	}
	_, err := strconv.ParseUint(strings.TrimSuffix(name, ".tar"), 10, 32)
	return err == nil && archive.MatchString(name)
}

// ParseBackup reads the description of the base backup of an ID, and refuses one
// that cannot be true. What it does not know it ignores.
func ParseBackup(id string, text []byte) (Backup, error) {
	var b Backup
	if err := json.Unmarshal(text, &b); err != nil {
		return Backup{}, fmt.Errorf("is no description of a base backup: %w", err)
	}
	if err := b.check(id); err != nil {
		return Backup{}, err
	}
	return b, nil
}

func printable(text string) bool {
	return utf8.ValidString(text) && !strings.ContainsFunc(text, unicode.IsControl)
}

func (b Backup) check(id string) error {
	switch {
	case b.ID != id || wal.Stamp(b.Began) != id:
		return errors.New("is of another base backup than its folder")
	case b.Ended.IsZero() || b.Consistent.IsZero():
		return errors.New("does not say when the base backup ended")
	case !system.MatchString(b.System):
		return errors.New("does not say of which cluster it is")
	case !b.Segment.Valid() || b.Timeline == 0:
		return errors.New("has a segment or a timeline that no cluster has")
	case b.Start == 0 || b.Stop < b.Start:
		return errors.New("does not say which WAL is needed")
	}
	// They are shown on terminals, and given to programs.
	if b.Superuser == "" || !printable(b.Superuser) || !printable(b.Server) {
		return errors.New("has a superuser or a version that no server has")
	}
	names := map[string]bool{}
	for _, f := range b.Files {
		switch {
		case !ValidFile(f.Name) || names[f.Name]:
			return fmt.Errorf("names a file %q", f.Name)
		case f.Size <= 0 || f.Size > mostBytes || f.Bytes < 0 || f.Bytes > mostBytes || !sum.MatchString(f.SHA256):
			return fmt.Errorf("has no true length or hash of %s", f.Name)
		case !printable(f.Tablespace):
			return fmt.Errorf("has no path for the tablespace of %s", f.Name)
		}
		names[f.Name] = true
	}
	if !names[Main] || !names[Manifest] {
		return fmt.Errorf("names no %s or no %s", Main, Manifest)
	}
	return nil
}
