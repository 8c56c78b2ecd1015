package supervise

import (
	"context"
	"errors"
	"os"
	"syscall"
	"time"
)

// ErrLocked says that another process holds the lock.
var ErrLocked = errors.New("locked by another process")

const lockPoll = 200 * time.Millisecond

// Lock is an exclusive flock(2) on a file that stays in place: removing it
// would let two processes lock two different files of one name.
type Lock struct{ file *os.File }

// TryLock takes the lock or answers ErrLocked at once.
func TryLock(path string) (*Lock, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = file.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, ErrLocked
		}
		return nil, err
	}
	return &Lock{file: file}, nil
}

// WaitLock takes the lock, and calls waiting once if it has to wait for it.
func WaitLock(ctx context.Context, path string, waiting func()) (*Lock, error) {
	lock, err := TryLock(path)
	if !errors.Is(err, ErrLocked) {
		return lock, err
	}
	waiting()
	tick := time.NewTicker(lockPoll)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-tick.C:
		}
		if lock, err := TryLock(path); !errors.Is(err, ErrLocked) {
			return lock, err
		}
	}
}

// Write replaces the lock file's content, which is for people and other runs.
func (l *Lock) Write(note []byte) error {
	if err := l.file.Truncate(0); err != nil {
		return err
	}
	_, err := l.file.WriteAt(note, 0)
	return err
}

// Release gives the lock up. Closing the file would not do: a child that is
// being started holds a copy of it until it has become another program.
func (l *Lock) Release() error {
	return errors.Join(syscall.Flock(int(l.file.Fd()), syscall.LOCK_UN), l.file.Close())
}
