package keyring

import (
	"slices"
	"time"
)

// State is where a key is in its life.
type State string

// States, in their order.
const (
	Published State = "published"
	Active    State = "active"
	Retiring  State = "retiring"
	Gone      State = "gone"
)

const (
	// Period is how long a key signs.
	Period = 30 * 24 * time.Hour
	// LongestToken is the longest life that a token may be given.
	LongestToken = time.Hour
	// VerifierCache is how long a verifier may go on with a JWKS that it has read:
	// the max-age that the JWKS is sent with, and what those take who do not read it
	// (npm's jose: ten minutes).
	VerifierCache = 10 * time.Minute
	// StaleAfter is how long a process may go on with what it last heard from
	// PostgreSQL: it gives out an older JWKS and signs with an older key.
	StaleAfter = time.Hour
	// Skew is how far clocks may be apart.
	Skew = 30 * time.Second

	// PublishWait is how long a key is published before it signs: until the last
	// process gives out a JWKS with it, and the last verifier has read that.
	PublishWait = StaleAfter + VerifierCache + Skew
	// RetireWait is how long a key verifies after its successor signs: until the last
	// process has stopped signing with it, and its last token has expired.
	RetireWait = StaleAfter + LongestToken + Skew
)

// step is what happens to a key.
type step string

const (
	publish  step = "publish"
	activate step = "activate"
	remove   step = "remove"
)

// next is what has to happen to keys next, to which of them (none for publish),
// and when: at a moment that may have passed long ago.
func next(keys []Key) (what step, kid string, at time.Time) {
	active, coming := one(keys, Active), one(keys, Published)
	switch {
	case active == nil && coming != nil:
		// Nothing signs: whoever does not know the key yet is better off than
		// everybody without a token.
		return activate, coming.ID, time.Time{}
	case coming == nil:
		return publish, "", time.Time{}
	}
	at = later(active.end(), coming.PublishedAt.Add(PublishWait))
	what, kid = activate, coming.ID
	for _, k := range keys {
		if end := k.RetiredAt.Add(RetireWait); k.State == Retiring && end.Before(at) {
			what, kid, at = remove, k.ID, end
		}
	}
	return what, kid, at
}

// end is until when an active key signs, if the next one may.
func (k Key) end() time.Time {
	if !k.HastenedAt.IsZero() {
		return k.HastenedAt
	}
	return k.ActivatedAt.Add(Period)
}

func one(keys []Key, state State) *Key {
	if i := slices.IndexFunc(keys, func(k Key) bool { return k.State == state }); i >= 0 {
		return &keys[i]
	}
	return nil
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
