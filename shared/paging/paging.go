// Package paging is where a list goes on: at a cursor, behind the last row of the page
// before.
//
// It imports clock, of its own ring.
package paging

import (
	"errors"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/authway/authway/shared/clock"
)

// ErrCursor says that a text is no cursor, or none of the list that is asked for.
var ErrCursor = errors.New("paging: not a cursor")

// Cursor is the place behind the row of that time and id.
func Cursor(at time.Time, id uuid.UUID) string {
	return at.UTC().Format(time.RFC3339Nano) + "_" + id.String()
}

// Read returns the time and the id of a cursor, or ErrCursor.
func Read(text string) (time.Time, uuid.UUID, error) {
	before, after, _ := strings.Cut(text, "_")
	at, err := clock.Parse(before)
	if err != nil {
		return time.Time{}, uuid.Nil, ErrCursor
	}
	id, err := uuid.Parse(after)
	if err != nil {
		return time.Time{}, uuid.Nil, ErrCursor
	}
	return at, id, nil
}
