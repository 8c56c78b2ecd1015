package supervise

import "syscall"

// attributes give the child a process group, an account, and an end with ours.
func attributes(c Command) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: c.Stop, Credential: c.Account.credential()}
}
