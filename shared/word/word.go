// Package word says how names may be spelled: ids, slugs, scopes, audiences. What one
// stands for, and whether there is one, is for whoever asks.
//
// It does without regular expressions: a function that answers people would compile them
// at every cold start, and a counted repetition such as {1,255} costs half a millisecond.
package word

import "strings"

// Lower reports whether s is least to most bytes of small letters, digits and what also
// holds, and begins with a letter or a digit.
func Lower(s string, least, most int, also string) bool {
	return spelled(s, least, most, also, func(c byte) bool { return digit(c) || small(c) })
}

// Mixed is Lower with capitals among the letters.
func Mixed(s string, least, most int, also string) bool {
	return spelled(s, least, most, also, func(c byte) bool { return digit(c) || small(c) || 'A' <= c && c <= 'Z' })
}

// Slug reports whether s may stand in an address as the name of a tenant: 1 to 63 bytes.
func Slug(s string) bool { return Lower(s, 1, 63, "-") }

// Provider reports whether s may be the id of an OpenID provider: 1 to 32 bytes.
func Provider(s string) bool { return Lower(s, 1, 32, "-") }

// Visible reports whether s is 1 to most bytes of ASCII that can be seen.
func Visible(s string, most int) bool {
	return s != "" && len(s) <= most && All(s, func(c byte) bool { return '!' <= c && c <= '~' })
}

// All reports whether every byte of s is one that holds.
func All(s string, holds func(byte) bool) bool {
	for i := range len(s) {
		if !holds(s[i]) {
			return false
		}
	}
	return true
}

func spelled(s string, least, most int, also string, in func(byte) bool) bool {
	return len(s) >= max(least, 1) && len(s) <= most && in(s[0]) &&
		All(s, func(c byte) bool { return in(c) || strings.IndexByte(also, c) >= 0 })
}

func small(c byte) bool { return 'a' <= c && c <= 'z' }
func digit(c byte) bool { return '0' <= c && c <= '9' }
