package restore

import (
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// account owns the files and runs the server when we are root, as whom PostgreSQL
// does not run. It is nil otherwise: then we do.
type account struct {
	name     string
	uid, gid uint32
}

// accountFor finds the account for a data directory.
func accountFor(name, dir string) (*account, error) {
	switch {
	case os.Geteuid() != 0 && name != "":
		return nil, errors.New("restore: only root can restore for another user")
	case os.Geteuid() != 0:
		return nil, nil
	case name != "":
		return lookUp(name)
	}
	if a, err := ownerOf(nearest(dir)); err != nil || a != nil {
		return a, err
	}
	for _, name := range []string{"postgres", "_postgres"} {
		if a, err := lookUp(name); err == nil {
			return a, nil
		}
	}
	return nil, errors.New("restore: PostgreSQL does not run as root, and there is no user postgres: " +
		"say who it is for (--user NAME)")
}

// nearest is dir, or the folder that it is in.
func nearest(dir string) string {
	if _, err := os.Stat(dir); err == nil {
		return dir
	}
	return existing(filepath.Dir(dir))
}

func lookUp(name string) (*account, error) {
	found, err := user.Lookup(name)
	if err != nil {
		found, err = user.LookupId(name)
	}
	if err != nil {
		return nil, fmt.Errorf("restore: there is no user %s", name)
	}
	uid, uidErr := strconv.ParseUint(found.Uid, 10, 32)
	gid, gidErr := strconv.ParseUint(found.Gid, 10, 32)
	if err := errors.Join(uidErr, gidErr); err != nil {
		return nil, err
	}
	if uid == 0 {
		return nil, errors.New("restore: PostgreSQL does not run as root: name another user")
	}
	return &account{name: found.Username, uid: uint32(uid), gid: uint32(gid)}, nil
}

// ownerOf is nil where the owner is who we are.
func ownerOf(path string) (*account, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	owner, ok := info.Sys().(*syscall.Stat_t)
	if !ok || int(owner.Uid) == os.Geteuid() {
		return nil, nil
	}
	return &account{name: "user " + strconv.FormatUint(uint64(owner.Uid), 10), uid: owner.Uid, gid: owner.Gid}, nil
}

// own gives an open file to the account.
func (a *account) own(f *os.File) error {
	if a == nil {
		return nil
	}
	return f.Chown(int(a.uid), int(a.gid))
}

// ownPath gives a file or folder to the account.
func (a *account) ownPath(path string) error {
	if a == nil {
		return nil
	}
	return os.Lchown(path, int(a.uid), int(a.gid))
}

func (a *account) credential() *syscall.Credential {
	if a == nil {
		return nil
	}
	return &syscall.Credential{Uid: a.uid, Gid: a.gid}
}

// reaches says which folder above path is closed to the account. Mode bits alone
// count.
func (a *account) reaches(path string) error {
	if a == nil {
		return nil
	}
	dir, err := filepath.EvalSymlinks(existing(filepath.Dir(path)))
	if err != nil {
		return err
	}
	for ; ; dir = filepath.Dir(dir) {
		info, err := os.Stat(dir)
		if err != nil {
			return err
		}
		search := os.FileMode(0o001)
		if owner, ok := info.Sys().(*syscall.Stat_t); ok && owner.Uid == a.uid {
			search = 0o100
		} else if ok && owner.Gid == a.gid {
			search = 0o010
		}
		if info.Mode()&search == 0 {
			return fmt.Errorf("restore: %s, who is to run the server, cannot get through %s to %s: "+
				"open it (chmod o+x), name another folder, or another user (--user)", a.name, dir, path)
		}
		if dir == filepath.Dir(dir) {
			return nil
		}
	}
}

// room is what is free for us on a disk.
type room struct {
	free int64
	disk string
}

// measure looks at the disk of a folder.
func measure(dir string) (room, error) {
	var disk syscall.Statfs_t
	if err := syscall.Statfs(dir, &disk); err != nil {
		return room{}, err
	}
	info, err := os.Stat(dir)
	if err != nil {
		return room{}, err
	}
	r := room{free: int64(disk.Bavail) * int64(disk.Bsize)}
	if of, ok := info.Sys().(*syscall.Stat_t); ok {
		r.disk = fmt.Sprint(of.Dev)
	}
	return r, nil
}
