package supervise

import (
	"errors"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// Account is an unprivileged account to run a child as.
type Account struct {
	Name string
	uid  uint32
	gid  uint32
}

// Unprivileged finds an account for programs that refuse to run as root. It is
// nil when we are not root ourselves.
func Unprivileged() (*Account, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "_postgres", "nobody"} {
		found, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, uidErr := strconv.ParseUint(found.Uid, 10, 32)
		gid, gidErr := strconv.ParseUint(found.Gid, 10, 32)
		if uidErr == nil && gidErr == nil && uid != 0 {
			return &Account{Name: name, uid: uint32(uid), gid: uint32(gid)}, nil
		}
	}
	return nil, errors.New("PostgreSQL does not run as root, and there is no account postgres or nobody to run it as")
}

// OwnerOf is the account a path belongs to, nil when it is our own.
func OwnerOf(path string) (*Account, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok || int(st.Uid) == os.Geteuid() {
		return nil, nil
	}
	owner := &Account{Name: "user " + strconv.Itoa(int(st.Uid)), uid: st.Uid, gid: st.Gid}
	if found, err := user.LookupId(strconv.Itoa(int(st.Uid))); err == nil {
		owner.Name = found.Username
	}
	return owner, nil
}

// Own gives a file or folder to the account.
func (a *Account) Own(path string) error {
	if a == nil {
		return nil
	}
	return os.Chown(path, int(a.uid), int(a.gid))
}

// Reaches reports that the account can pass through every folder above path,
// which need not exist. Mode bits alone count: where access lists are in use
// the answer may be a needless no.
func (a *Account) Reaches(path string) bool {
	if a == nil {
		return true
	}
	real, err := filepath.EvalSymlinks(filepath.Dir(path))
	if err != nil {
		return false
	}
	for dir := real; ; dir = filepath.Dir(dir) {
		info, err := os.Stat(dir)
		if err != nil {
			return false
		}
		st, ok := info.Sys().(*syscall.Stat_t)
		if !ok {
			return false
		}
		search := os.FileMode(0o001)
		switch {
		case st.Uid == a.uid:
			search = 0o100
		case st.Gid == a.gid:
			search = 0o010
		}
		if info.Mode()&search == 0 {
			return false
		}
		if dir == filepath.Dir(dir) {
			return true
		}
	}
}

func (a *Account) credential() *syscall.Credential {
	if a == nil {
		return nil
	}
	return &syscall.Credential{Uid: a.uid, Gid: a.gid}
}
