package proof

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"math/big"
	"strings"
	"unicode"
)

const (
	digits    = 8
	tokenSize = 32
	// maxTyped is more than anybody types of a code, with separators.
	maxTyped = 64
)

var codes = big.NewInt(100_000_000)

// newCode draws from all codes alike: rand.Int has no bias, a remainder has.
func newCode() string {
	n, err := rand.Int(rand.Reader, codes)
	if err != nil {
		// crypto/rand ends the process before it would fail.
		panic(err)
	}
	return fmt.Sprintf("%0*d", digits, n)
}

func newToken() string {
	b := make([]byte, tokenSize)
	_, _ = rand.Read(b)
	return base64.RawURLEncoding.EncodeToString(b)
}

// hashToken needs no key: there is nothing to guess in 256 random bits.
func hashToken(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}

// zeros begin the ten digits that keyboards of our languages write.
var zeros = []rune{'0', '٠', '۰', '０'}

// ParseCode reads a code as people type and paste it: with spaces or dashes of
// any kind, in the digits of their keyboard. It reports false for what cannot be
// a code, which is then no guess either.
func ParseCode(text string) (string, bool) {
	if len(text) > maxTyped {
		return "", false
	}
	var code strings.Builder
	for _, r := range text {
		if unicode.IsSpace(r) || unicode.Is(unicode.Pd, r) || unicode.Is(unicode.Cf, r) {
			continue
		}
		digit, ok := digitOf(r)
		if !ok {
			return "", false
		}
		code.WriteByte(digit)
	}
	return code.String(), code.Len() == digits
}

func digitOf(r rune) (byte, bool) {
	for _, zero := range zeros {
		if r >= zero && r <= zero+9 {
			return byte('0' + r - zero), true
		}
	}
	return 0, false
}
