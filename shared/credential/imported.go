package credential

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/md5"
	"crypto/pbkdf2"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"hash"
	"math"
	"strconv"
	"strings"

	"golang.org/x/crypto/bcrypt"
	"golang.org/x/crypto/scrypt"
)

// Hashes that other systems have made, so that people who are moved to Authway
// keep their passwords. None is made here: the first right password replaces it
// (see Current). The schemes themselves are the standard library's and
// x/crypto's; what is ours is reading how each system writes them down.
//
// Each has an upper bound of what it may cost, because the row came from
// somebody else.
const (
	maxBcryptCost   = 15
	maxPBKDF2Rounds = 2_000_000
	maxScryptLogN   = 17
	maxScryptR      = 16
	maxPhpassLog    = 20
)

// checker is a parsed hash: does a password fit, and what does it take to find out,
// in hashes of today's cost?
type checker interface {
	fits(password string) bool
	cost() float64
}

// What takes as long as one hash of today's, as measured on amd64. Another machine
// is off by a part of it, which is what its times then tell.
const (
	bcryptPerHash       = 9 // as a cost: it doubles with each
	sha256RoundsPerHash = 190_000
	sha512RoundsPerHash = 57_000
	scryptPerHash       = 82_000 // N times r
	phpassRoundsPerHash = 200_000
)

// parseImported reads the formats of other systems.
func parseImported(encoded string) (checker, error) {
	formats := []struct {
		prefix string
		parse  func(string) (checker, error)
	}{
		{"$2a$", parseBcrypt}, {"$2b$", parseBcrypt}, {"$2y$", parseBcrypt},
		{"$pbkdf2-sha256$", passlib(sha256.New)}, {"$pbkdf2-sha512$", passlib(sha512.New)}, {"$pbkdf2$", passlib(sha1.New)},
		{"pbkdf2_sha256$", parseDjango},
		{"$scrypt$", parseScrypt},
		{"$firescrypt$", parseFirebase},
		{"{SSHA}", salted(sha1.New)}, {"{SSHA256}", salted(sha256.New)}, {"{SSHA512}", salted(sha512.New)},
		{"$P$", parsePhpass}, {"$H$", parsePhpass},
	}
	for _, f := range formats {
		if strings.HasPrefix(encoded, f.prefix) {
			return f.parse(encoded)
		}
	}
	return nil, ErrHash
}

func equal(a, b []byte) bool { return subtle.ConstantTimeCompare(a, b) == 1 }

type bcryptHash []byte

// bcryptSize is the length of every one.
const bcryptSize = 60

// parseBcrypt looks at all of the form: the library takes one that was cut off or
// mistyped, and then no password fits.
func parseBcrypt(encoded string) (checker, error) {
	cost, err := bcrypt.Cost([]byte(encoded))
	if err != nil || cost > maxBcryptCost || len(encoded) != bcryptSize ||
		strings.Trim(encoded[4:6], "0123456789") != "" || encoded[6] != '$' || strings.Trim(encoded[7:], cryptAlphabet) != "" {
		return nil, ErrHash
	}
	return bcryptHash(encoded), nil
}

func (h bcryptHash) fits(password string) bool {
	return bcrypt.CompareHashAndPassword(h, []byte(password)) == nil
}

func (h bcryptHash) cost() float64 {
	cost, _ := bcrypt.Cost(h) // parsed once already
	return math.Exp2(float64(cost - bcryptPerHash))
}

type pbkdf2Hash struct {
	hash      func() hash.Hash
	rounds    int
	salt, sum []byte
}

func (h pbkdf2Hash) fits(password string) bool {
	sum, err := pbkdf2.Key(h.hash, password, h.salt, h.rounds, len(h.sum))
	return err == nil && equal(sum, h.sum)
}

func (h pbkdf2Hash) cost() float64 {
	perHash, digest := sha256RoundsPerHash, h.hash()
	if digest.BlockSize() == sha512.BlockSize {
		perHash = sha512RoundsPerHash
	}
	blocks := (len(h.sum) + digest.Size() - 1) / digest.Size()
	return float64(h.rounds*blocks) / float64(perHash)
}

func newPBKDF2(algorithm func() hash.Hash, rounds string, salt, sum []byte) (checker, error) {
	n, err := strconv.Atoi(rounds)
	if err != nil || n < 1 || n > maxPBKDF2Rounds || len(sum) < 16 || len(sum) > 64 {
		return nil, ErrHash
	}
	return pbkdf2Hash{algorithm, n, salt, sum}, nil
}

// adapted is the base64 of Python's passlib: no padding, and a dot for the plus.
var adapted = base64.NewEncoding("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789./").WithPadding(base64.NoPadding)

// passlib reads $pbkdf2-HASH$rounds$salt$sum.
func passlib(algorithm func() hash.Hash) func(string) (checker, error) {
	return func(encoded string) (checker, error) {
		fields := strings.Split(encoded, "$")
		if len(fields) != 5 {
			return nil, ErrHash
		}
		salt, errSalt := adapted.DecodeString(fields[3])
		sum, errSum := adapted.DecodeString(fields[4])
		if errSalt != nil || errSum != nil {
			return nil, ErrHash
		}
		return newPBKDF2(algorithm, fields[2], salt, sum)
	}
}

// parseDjango reads pbkdf2_sha256$rounds$salt$sum, whose salt is plain text.
func parseDjango(encoded string) (checker, error) {
	fields := strings.Split(encoded, "$")
	if len(fields) != 4 {
		return nil, ErrHash
	}
	sum, err := base64.StdEncoding.DecodeString(fields[3])
	if err != nil {
		return nil, ErrHash
	}
	return newPBKDF2(sha256.New, fields[1], []byte(fields[2]), sum)
}

type scryptHash struct {
	logN, r, p int
	salt, sum  []byte
}

func (h scryptHash) fits(password string) bool {
	sum, err := scrypt.Key([]byte(password), h.salt, 1<<h.logN, h.r, h.p, len(h.sum))
	return err == nil && equal(sum, h.sum)
}

func (h scryptHash) cost() float64 { return float64(h.r<<h.logN) / scryptPerHash }

func scryptCost(text string) (logN, r, p int, err error) {
	if _, err := fmt.Sscanf(text, "ln=%d,r=%d,p=%d", &logN, &r, &p); err != nil {
		return 0, 0, 0, ErrHash
	}
	if logN < 1 || logN > maxScryptLogN || r < 1 || r > maxScryptR || p != 1 {
		return 0, 0, 0, ErrHash
	}
	return logN, r, p, nil
}

// parseScrypt reads $scrypt$ln=,r=,p=$salt$sum.
func parseScrypt(encoded string) (checker, error) {
	fields := strings.Split(encoded, "$")
	if len(fields) != 5 {
		return nil, ErrHash
	}
	logN, r, p, err := scryptCost(fields[2])
	salt, errSalt := base64.RawStdEncoding.DecodeString(strings.TrimRight(fields[3], "="))
	sum, errSum := base64.RawStdEncoding.DecodeString(strings.TrimRight(fields[4], "="))
	if err != nil || errSalt != nil || errSum != nil || len(sum) < 16 || len(sum) > 64 {
		return nil, ErrHash
	}
	return scryptHash{logN, r, p, salt, sum}, nil
}

// firebaseHash is Firebase Authentication's: scrypt gives a key, and what is
// kept is the project's signer key encrypted under it.
type firebaseHash struct {
	scryptHash
	signer []byte
}

func (h firebaseHash) fits(password string) bool {
	key, err := scrypt.Key([]byte(password), h.salt, 1<<h.logN, h.r, h.p, 32)
	if err != nil {
		return false
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return false
	}
	sealed := make([]byte, len(h.signer))
	cipher.NewCTR(block, make([]byte, aes.BlockSize)).XORKeyStream(sealed, h.signer)
	return equal(sealed, h.sum)
}

// parseFirebase reads $firescrypt$ln=,r=,p=$salt$sum$separator$signer, the form
// in which identity servers exchange it.
func parseFirebase(encoded string) (checker, error) {
	fields := strings.Split(encoded, "$")
	if len(fields) != 7 {
		return nil, ErrHash
	}
	logN, r, p, err := scryptCost(fields[2])
	if err != nil {
		return nil, err
	}
	var raw [4][]byte
	for i, field := range fields[3:] {
		if raw[i], err = base64.StdEncoding.DecodeString(field); err != nil {
			return nil, ErrHash
		}
	}
	salt, sum, separator, signer := raw[0], raw[1], raw[2], raw[3]
	if len(sum) < 16 || len(sum) != len(signer) {
		return nil, ErrHash
	}
	return firebaseHash{scryptHash{logN, r, p, append(bytes.Clone(salt), separator...), sum}, signer}, nil
}

// saltedHash is LDAP's: the sum of password and salt, the salt behind it.
type saltedHash struct {
	hash      func() hash.Hash
	salt, sum []byte
}

func (h saltedHash) fits(password string) bool {
	digest := h.hash()
	digest.Write([]byte(password))
	digest.Write(h.salt)
	return equal(digest.Sum(nil), h.sum)
}

func (h saltedHash) cost() float64 { return 0 }

func salted(algorithm func() hash.Hash) func(string) (checker, error) {
	return func(encoded string) (checker, error) {
		_, text, _ := strings.Cut(encoded, "}")
		raw, err := base64.StdEncoding.DecodeString(text)
		size := algorithm().Size()
		if err != nil || len(raw) <= size || len(raw) > size+64 {
			return nil, ErrHash
		}
		return saltedHash{algorithm, raw[size:], raw[:size]}, nil
	}
}

// phpassHash is that of WordPress and phpBB: MD5, repeated.
type phpassHash struct {
	rounds int
	salt   string
	sum    string
}

// cryptAlphabet is that of phpass, and in another order that of bcrypt.
const cryptAlphabet = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

func parsePhpass(encoded string) (checker, error) {
	if len(encoded) != 34 {
		return nil, ErrHash
	}
	logRounds := strings.IndexByte(cryptAlphabet, encoded[3])
	if logRounds < 7 || logRounds > maxPhpassLog || strings.Trim(encoded[12:], cryptAlphabet) != "" {
		return nil, ErrHash
	}
	return phpassHash{1 << logRounds, encoded[4:12], encoded[12:]}, nil
}

func (h phpassHash) fits(password string) bool {
	sum := md5.Sum([]byte(h.salt + password))
	for range h.rounds {
		sum = md5.Sum(append(sum[:], password...))
	}
	return equal([]byte(phpassEncode(sum[:])), []byte(h.sum))
}

func (h phpassHash) cost() float64 { return float64(h.rounds) / phpassRoundsPerHash }

// phpassEncode writes three bytes as four characters, the lowest bits first.
func phpassEncode(sum []byte) string {
	var out strings.Builder
	for i := 0; i < len(sum); i += 3 {
		value, n := uint32(0), min(3, len(sum)-i)
		for j := range n {
			value |= uint32(sum[i+j]) << (8 * j)
		}
		for range n + 1 {
			out.WriteByte(cryptAlphabet[value&63])
			value >>= 6
		}
	}
	return out.String()
}
