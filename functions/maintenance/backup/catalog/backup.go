package catalog

import (
	"strings"
	"time"

	"github.com/authway/authway/functions/maintenance/backup/wal"
)

// Names in the store.
const (
	// BasePrefix is where base backups are: a folder each, by the time they began.
	BasePrefix = "base/"
	// ConfigPrefix is where bundles of the configuration are.
	ConfigPrefix = "config/"
	// EvidencePrefix is where drills leave what they have proved.
	EvidencePrefix = "drills/"
	// Description is the file of a base backup that makes it count, written last.
	Description = "backup.json"
	// Manifest is PostgreSQL's list of files with their hashes, as a file of a base backup.
	Manifest = "backup_manifest"
	// Main is the archive of the data directory; of a tablespace it is its OID and .tar.
	Main = "base.tar"
)

// Backup describes a base backup. It is the content of its description, which is
// kept in the clear: it says where, how long and what hash, and nothing of what is
// inside.
type Backup struct {
	// ID is the Stamp of when it began, and the name of its folder.
	ID string `json:"id"`
	// Began and Ended are of the whole.
	Began time.Time `json:"began"`
	Ended time.Time `json:"ended"`
	// Consistent is the first moment that can be restored: the server's clock right
	// after the base backup. What committed later lies behind Stop.
	Consistent time.Time `json:"consistent"`
	// System is the cluster's identifier, which its copies share.
	System string `json:"system"`
	// Superuser is the role that the cluster was made with, such as postgres.
	Superuser string `json:"superuser"`
	// Server is PostgreSQL's version, such as 15.18.
	Server string `json:"server"`
	// Segment is the length of a segment of WAL.
	Segment  wal.Size     `json:"segment"`
	Timeline wal.Timeline `json:"timeline"`
	// Start and Stop are the positions between which WAL is needed for any restore.
	Start wal.LSN `json:"start"`
	Stop  wal.LSN `json:"stop"`
	// Files are its files, the manifest among them.
	Files []File `json:"files"`
}

// File is a file of a base backup.
type File struct {
	// Name is base.tar, OID.tar or backup_manifest.
	Name string `json:"name"`
	// Tablespace is where the files of OID.tar were on the server.
	Tablespace string `json:"tablespace,omitempty"`
	// Size and SHA256 are of the object as it is stored; Bytes of what is inside.
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
	Bytes  int64  `json:"bytes"`
}

// Folder is where the files of the base backup of an ID are.
func Folder(id string) string { return BasePrefix + id + "/" }

// Key is the name of one of its files in the store.
func (b Backup) Key(file string) string { return Folder(b.ID) + file }

// Bytes is what it takes in the store.
func (b Backup) Bytes() (sum int64) {
	for _, f := range b.Files {
		sum += f.Size
	}
	return sum
}

// Bundle is a stored copy of the configuration. It is all in its name.
type Bundle struct {
	Taken  time.Time
	SHA256 string
}

// Key is the bundle's name in the store.
func (b Bundle) Key() string { return ConfigPrefix + wal.Stamp(b.Taken) + "_" + b.SHA256 }

// ParseBundle reads what Key writes.
func ParseBundle(key string) (Bundle, bool) {
	stamp, sum, ok := strings.Cut(strings.TrimPrefix(key, ConfigPrefix), "_")
	taken, err := wal.ParseStamp(stamp)
	b := Bundle{Taken: taken, SHA256: sum}
	return b, ok && err == nil && len(sum) == 64 && b.Key() == key
}
