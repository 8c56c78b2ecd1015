package audit

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/authway/authway/shared/clock"
)

// Head is what is signed of a chain and kept outside of the database: its last seal, and
// with that everything before. Whoever has one sees that the chain was cut or made anew.
type Head struct {
	Issuer string `json:"iss"`
	// Seq and Hash are the seal's, Rows the events of the whole chain up to it.
	Seq  int64  `json:"seq"`
	Hash string `json:"hash"`
	Rows int64  `json:"rows"`
	// UntilAt and UntilID are how far the log was sealed.
	UntilAt time.Time `json:"until"`
	UntilID uuid.UUID `json:"until_id"`
	// After is the seal that was signed before this one, or 0.
	After int64 `json:"after"`
	// SignedAt is when it was signed.
	SignedAt time.Time `json:"time"`
}

// HeadOf is the head that a seal is, behind the one that was signed before.
func HeadOf(s Seal, issuer string, after int64, now time.Time) Head {
	return Head{
		Issuer: issuer, Seq: s.Seq, Hash: hex.EncodeToString(s.Hash), Rows: s.Total, UntilAt: s.UntilAt.UTC(), UntilID: s.UntilID,
		After: after, SignedAt: now.UTC(),
	}
}

// ErrHead says that a text is no head.
var ErrHead = errors.New("audit: not a head")

// ParseHead reads what somebody has signed, strictly: what is not there or cannot be is
// ErrHead. What it does not know it ignores.
func ParseHead(text []byte) (Head, error) {
	var h Head
	if err := json.Unmarshal(text, &h); err != nil {
		return Head{}, fmt.Errorf("%w: %w", ErrHead, err)
	}
	hash, err := hex.DecodeString(h.Hash)
	switch {
	case err != nil || len(hash) != len(noHash) || hex.EncodeToString(hash) != h.Hash:
		return Head{}, fmt.Errorf("%w: the hash", ErrHead)
	case h.Seq < 1 || h.Rows < h.Seq || h.After < 0 || h.After >= h.Seq:
		return Head{}, fmt.Errorf("%w: the numbers", ErrHead)
	case h.UntilAt.IsZero() || h.SignedAt.IsZero() || !clock.Storable(h.UntilAt) || !clock.Storable(h.SignedAt):
		return Head{}, fmt.Errorf("%w: the times", ErrHead)
	}
	return h, nil
}

// Fits reports whether the seal is the one that was signed.
func (h Head) Fits(s Seal) bool {
	return h.Seq == s.Seq && h.Hash == hex.EncodeToString(s.Hash) && h.Rows == s.Total && h.UntilAt.Equal(s.UntilAt) && h.UntilID == s.UntilID
}

// Stored is a head as it lies outside of the database.
type Stored struct {
	// Seq is what its name says.
	Seq int64
	// Read says that it was looked into. Otherwise its name is all that is known.
	Read bool
	// Forged is why it is no head that one of our keys has signed, or "".
	Forged string
	Head   Head
}
