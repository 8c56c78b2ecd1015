//go:build !linux

package supervise

import "syscall"

// attributes give the child a process group and an account. There is no
// parent-death signal here: the notes of a killed run end its children.
func attributes(c Command) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Credential: c.Account.credential()}
}
