package wal

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// Switch is where a timeline was left for another.
type Switch struct {
	From Timeline
	At   LSN
}

// History is how a timeline came to be: the timelines before it, the oldest
// first. Timeline 1 has none.
type History struct {
	Timeline Timeline
	Before   []Switch
	// Text is PostgreSQL's file, which is given back to it.
	Text []byte
	// SHA256 is of the object as it is stored, in hexadecimal.
	SHA256 string
}

var errHistory = errors.New("wal: not the history of a timeline")

// ParseHistory reads PostgreSQL's file of a timeline (src/backend/access/transam/timeline.c:
// a parent, a position and a reason in each line).
func ParseHistory(t Timeline, text []byte) (History, error) {
	h := History{Timeline: t, Text: text}
	lines := bufio.NewScanner(bytes.NewReader(text))
	for lines.Scan() {
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		words := strings.Fields(line)
		if len(words) < 2 {
			return h, errHistory
		}
		from, err := strconv.ParseUint(words[0], 10, 32)
		if err != nil || from == 0 || Timeline(from) >= t {
			return h, errHistory
		}
		at, err := ParseLSN(words[1])
		if err != nil {
			return h, errHistory
		}
		if n := len(h.Before); n > 0 && (h.Before[n-1].From >= Timeline(from) || h.Before[n-1].At > at) {
			return h, errHistory
		}
		h.Before = append(h.Before, Switch{Timeline(from), at})
	}
	if lines.Err() != nil || len(h.Before) == 0 {
		return h, errHistory
	}
	return h, nil
}

// At is the timeline that l lies on when the history is followed.
func (h History) At(l LSN) Timeline {
	for _, s := range h.Before {
		if l < s.At {
			return s.From
		}
	}
	return h.Timeline
}

// FileName is PostgreSQL's name of the file.
func (h History) FileName() string { return fmt.Sprintf("%08X.history", uint32(h.Timeline)) }

// Key is the file's name in the store.
func (h History) Key() string { return HistoryPrefix + h.FileName() + "_" + h.SHA256 }

var historyName = regexp.MustCompile(`^history/([0-9A-F]{8})\.history_([0-9a-f]{64})$`)

// ParseHistoryKey reads timeline and hash from a Key.
func ParseHistoryKey(key string) (Timeline, string, error) {
	m := historyName.FindStringSubmatch(key)
	if m == nil {
		return 0, "", errHistory
	}
	t, err := strconv.ParseUint(m[1], 16, 32)
	if err != nil || t < 2 {
		return 0, "", errHistory
	}
	return Timeline(t), m[2], nil
}
