//go:build !linux

package restore

import "syscall"

// attributes give the server a process group and an account.
func attributes(a *account) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Credential: a.credential()}
}
