package clock

import (
	"errors"
	"time"
)

// ErrInstant says that a text is no instant, or one that PostgreSQL has no year for.
var ErrInstant = errors.New("clock: not an instant")

// Parse reads an instant that a stranger has written (RFC 3339), or returns ErrInstant.
// Every text from outside comes through here on its way to PostgreSQL, which has no
// year 0 and answers a statement that has one with an error.
func Parse(text string) (time.Time, error) {
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil || !Storable(at) {
		return time.Time{}, ErrInstant
	}
	return at, nil
}

// Storable reports whether PostgreSQL has the instant, wherever its text comes from.
func Storable(at time.Time) bool {
	year := at.UTC().Year()
	return year >= 1 && year <= 9999
}
