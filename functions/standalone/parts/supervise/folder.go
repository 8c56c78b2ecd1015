package supervise

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
)

// Folder is a locked data folder and the children started in it.
type Folder struct {
	dir  string
	lock *Lock

	mu       sync.Mutex
	children map[string]record
}

// InUseError says that another run holds the folder.
type InUseError struct {
	Dir     string
	Process int
	Address string
}

func (e *InUseError) Error() string {
	who := "another run"
	if e.Process > 0 {
		who = fmt.Sprintf("process %d", e.Process)
	}
	if e.Address != "" {
		who += " (" + e.Address + ")"
	}
	return fmt.Sprintf("the data folder %s is in use by %s", e.Dir, who)
}

// Open creates dir if need be, locks it, and ends what a killed run left behind.
func Open(dir string) (*Folder, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("the data folder cannot be made: %w", err)
	}
	if os.Geteuid() == 0 {
		// PostgreSQL runs as another account then and has to pass through here.
		// Search permission only: names stay unlisted, every file inside is 0600.
		if err := os.Chmod(dir, 0o711); err != nil {
			return nil, err
		}
	}
	lock, err := TryLock(filepath.Join(dir, "lock"))
	if errors.Is(err, ErrLocked) {
		return nil, holder(dir)
	}
	if errors.Is(err, fs.ErrPermission) {
		return nil, fmt.Errorf("the data folder %s belongs to somebody else; choose another one (AUTHWAY_DATA_DIR): %w", dir, err)
	}
	if err != nil {
		return nil, err
	}
	f := &Folder{dir: dir, lock: lock, children: map[string]record{}}
	if err := f.endStrays(); err != nil {
		_ = lock.Release()
		return nil, err
	}
	return f, nil
}

// Path joins names to the folder.
func (f *Folder) Path(elem ...string) string {
	return filepath.Join(append([]string{f.dir}, elem...)...)
}

// Announce tells a second run who holds the folder.
func (f *Folder) Announce(address string) error {
	note, err := json.Marshal(announcement{Process: os.Getpid(), Address: address})
	if err != nil {
		return err
	}
	return f.lock.Write(note)
}

// Close gives the folder up. Children have to be stopped before.
func (f *Folder) Close() error { return f.lock.Release() }

type announcement struct {
	Process int    `json:"process"`
	Address string `json:"address"`
}

func holder(dir string) error {
	in := &InUseError{Dir: dir}
	var a announcement
	if raw, err := os.ReadFile(filepath.Join(dir, "lock")); err == nil && json.Unmarshal(raw, &a) == nil {
		in.Process, in.Address = a.Process, a.Address
	}
	return in
}

// WriteFile replaces a file in one step, so that no reader and no crash ever
// sees half of it, readable by the owner only.
func WriteFile(path string, data []byte) error {
	tmp, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(tmp.Name()) }()
	_, err = tmp.Write(data)
	if err == nil {
		err = tmp.Sync()
	}
	if err = errors.Join(err, tmp.Close()); err != nil {
		return err
	}
	return os.Rename(tmp.Name(), path)
}

// Remove deletes a file that may be gone already.
func Remove(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
