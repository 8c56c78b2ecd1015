package credential

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"

	"golang.org/x/crypto/argon2"
)

var (
	// ErrBusy says that too many passwords are being checked at the moment; the
	// caller answers 503 with RetryAfter.
	ErrBusy = errors.New("credential: too many passwords are being hashed")
	// ErrHash says that a stored hash is not one this package can check.
	ErrHash = errors.New("credential: the stored hash is malformed")
)

// The cost of a new hash. Changing it leaves old hashes valid: each carries
// its own cost.
const (
	memoryKiB = 19 * 1024
	passes    = 2
	lanes     = 1
	saltSize  = 16
	sumSize   = 32

	// maxMemoryKiB and maxPasses bound what a stored hash may demand, so that a
	// row written by somebody else cannot exhaust the process.
	maxMemoryKiB = 256 * 1024
	maxPasses    = 16
)

// waitingPerCore is how long the line is: with four waiting for each core, an
// admitted sign-in waits for about four hashes, 0.1 s, at the most.
const waitingPerCore = 4

// Hasher hashes and checks passwords, at most Cores at a time. Its zero value
// is not usable; make one with NewHasher and share it in the whole process.
type Hasher struct {
	running chan struct{}
	line    chan struct{}
	decoy   func() phc
	hashed  atomic.Int64
	refused atomic.Int64
}

// Hashed is how many hashes have been begun.
func (h *Hasher) Hashed() int64 { return h.hashed.Load() }

// Refused is how many were not begun, because the line was full.
func (h *Hasher) Refused() int64 { return h.refused.Load() }

// Running is how many hashes are being made at the moment.
func (h *Hasher) Running() int { return len(h.running) }

// Waiting is how many stand in line. It is looked at beside Running, and may be late.
func (h *Hasher) Waiting() int { return max(len(h.line)-len(h.running), 0) }

// NewHasher makes a Hasher that runs cores hashes at once; 0 means GOMAXPROCS.
func NewHasher(cores int) *Hasher {
	if cores <= 0 {
		cores = runtime.GOMAXPROCS(0)
	}
	return &Hasher{
		running: make(chan struct{}, cores),
		line:    make(chan struct{}, cores*(1+waitingPerCore)),
		decoy:   sync.OnceValue(newDecoy),
	}
}

// newDecoy is a hash that no password fits, with the cost of a real one.
func newDecoy() phc {
	return phc{memory: memoryKiB, passes: passes, lanes: lanes, salt: random(saltSize), sum: random(sumSize)}
}

// Hash makes the PHC string to keep for password.
func (h *Hasher) Hash(ctx context.Context, password string) (string, error) {
	done, err := h.admit(ctx)
	if err != nil {
		return "", err
	}
	defer done()
	made := phc{memory: memoryKiB, passes: passes, lanes: lanes, salt: random(saltSize)}
	made.sum = made.derive(password, sumSize)
	return made.String(), nil
}

// Verify reports whether password is the one that encoded was made from, by
// Hash or by another system (see imported.go). An empty encoded stands for an
// account that is unknown or has no password: it takes the same time and is
// always false, so that the answer's time does not tell who has an account. For
// the same reason a cheaper hash of another system, if it does not fit, is
// followed by what it was short of.
func (h *Hasher) Verify(ctx context.Context, encoded, password string) (bool, error) {
	var stored checker = h.decoy()
	if encoded != "" {
		parsed, err := parse(encoded)
		if err != nil {
			return false, err
		}
		stored = parsed
	}
	done, err := h.admit(ctx)
	if err != nil {
		return false, err
	}
	defer done()
	fits := stored.fits(password)
	if !fits {
		h.conceal(stored.cost(), password)
	}
	return fits && encoded != "", nil
}

// conceal takes the time that a hash of a cost was short of today's.
func (h *Hasher) conceal(cost float64, password string) {
	if cost >= 1 {
		return
	}
	rest := h.decoy()
	rest.memory = uint32((1 - cost) * memoryKiB)
	rest.derive(password, sumSize)
}

// Current reports whether encoded is what Hash makes today. One that is not is
// replaced when its password is next given.
func Current(encoded string) bool {
	p, err := parsePHC(encoded)
	return err == nil && !p.independent && p.memory == memoryKiB && p.passes == passes && p.lanes == lanes && len(p.sum) == sumSize
}

func parse(encoded string) (checker, error) {
	if strings.HasPrefix(encoded, "$argon2") {
		return parsePHC(encoded)
	}
	return parseImported(encoded)
}

func (h *Hasher) admit(ctx context.Context) (done func(), err error) {
	select {
	case h.line <- struct{}{}:
	default:
		h.refused.Add(1)
		return nil, ErrBusy
	}
	select {
	case h.running <- struct{}{}:
		h.hashed.Add(1)
		return func() { <-h.running; <-h.line }, nil
	case <-ctx.Done():
		<-h.line
		return nil, ctx.Err()
	}
}

// phc is an argon2 hash in the PHC string format
// (github.com/P-H-C/phc-string-format).
type phc struct {
	// independent marks argon2i, which other systems have made.
	independent    bool
	memory, passes uint32
	lanes          uint8
	salt, sum      []byte
}

func (p phc) derive(password string, size int) []byte {
	if p.independent {
		return argon2.Key([]byte(password), p.salt, p.passes, p.memory, p.lanes, uint32(size))
	}
	return argon2.IDKey([]byte(password), p.salt, p.passes, p.memory, p.lanes, uint32(size))
}

// fits compares in constant time: a comparison that stops at the first
// difference would tell how much of the sum was right.
func (p phc) fits(password string) bool { return equal(p.derive(password, len(p.sum)), p.sum) }

func (p phc) cost() float64 { return float64(p.memory) * float64(p.passes) / (memoryKiB * passes) }

func (p phc) String() string {
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s",
		argon2.Version, p.memory, p.passes, p.lanes, b64.EncodeToString(p.salt), b64.EncodeToString(p.sum))
}

func parsePHC(encoded string) (phc, error) {
	var p phc
	fields := strings.Split(encoded, "$")
	if len(fields) != 6 || fields[0] != "" || fields[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return p, ErrHash
	}
	switch fields[1] {
	case "argon2id":
	case "argon2i":
		p.independent = true
	default:
		return p, ErrHash
	}
	if _, err := fmt.Sscanf(fields[3], "m=%d,t=%d,p=%d", &p.memory, &p.passes, &p.lanes); err != nil {
		return p, ErrHash
	}
	var errSalt, errSum error
	p.salt, errSalt = base64.RawStdEncoding.DecodeString(fields[4])
	p.sum, errSum = base64.RawStdEncoding.DecodeString(fields[5])
	sane := p.memory <= maxMemoryKiB && p.passes >= 1 && p.passes <= maxPasses && p.lanes >= 1 &&
		len(p.salt) >= 8 && len(p.salt) <= 64 && len(p.sum) >= 16 && len(p.sum) <= 64
	if errSalt != nil || errSum != nil || !sane {
		return p, ErrHash
	}
	return p, nil
}

// random never fails: crypto/rand ends the process when the system has no
// randomness.
func random(size int) []byte {
	b := make([]byte, size)
	_, _ = rand.Read(b)
	return b
}
