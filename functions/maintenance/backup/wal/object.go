package wal

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"time"
)

// Prefix is where WAL is in the store; HistoryPrefix is where the histories of
// timelines are.
const (
	Prefix        = "wal/"
	HistoryPrefix = "history/"
)

// stamp has milliseconds, so that what follows in the same second is not before.
const stamp = "20060102T150405.000Z"

// Stamp writes a time into names: sorted as text they are sorted by time. What is
// below a millisecond is cut off.
func Stamp(t time.Time) string { return t.UTC().Truncate(time.Millisecond).Format(stamp) }

// ParseStamp reads what Stamp writes.
func ParseStamp(text string) (time.Time, error) {
	t, err := time.Parse(stamp, text)
	if err != nil || Stamp(t) != text {
		return time.Time{}, errors.New("wal: not a time such as 20261124T020000.000Z")
	}
	return t, nil
}

// Object is a stored segment, or the beginning of one. It is all in its name.
type Object struct {
	Timeline Timeline
	// Number is of the segment, Size its length in the cluster.
	Number uint64
	Size   Size
	// Used is how many bytes of the segment are in it, from its beginning.
	Used uint64
	// Until: every transaction that committed before is in the WAL up to the end of
	// this object, and one that committed later, so that recovery can stop there. It
	// is the zero time when that is not known.
	Until time.Time
	// SHA256 is of the object as it is stored, in hexadecimal.
	SHA256 string
}

// Whole reports whether the segment is full.
func (o Object) Whole() bool { return o.Used == uint64(o.Size) }

// Start is the position of the object's first byte.
func (o Object) Start() LSN { return LSN(o.Number * uint64(o.Size)) }

// End is the position after its last byte.
func (o Object) End() LSN { return o.Start() + LSN(o.Used) }

// FileName is PostgreSQL's name of the segment.
func (o Object) FileName() string { return o.Size.FileName(o.Timeline, o.Number) }

// Key is the object's name in the store.
func (o Object) Key() string {
	return fmt.Sprintf("%s%s_%08x-%08x_%s_%s", SegmentPrefix(o.Timeline), o.FileName(), o.Used, uint64(o.Size), Stamp(o.Until), o.SHA256)
}

// SegmentPrefix begins the names of a timeline's segments.
func SegmentPrefix(t Timeline) string { return fmt.Sprintf("%s%08X/", Prefix, uint32(t)) }

var objectName = regexp.MustCompile(`^wal/([0-9A-F]{8})/([0-9A-F]{24})_([0-9a-f]{8})-([0-9a-f]{8})_([0-9TZ.]+)_([0-9a-f]{64})$`)

var errKey = errors.New("wal: not the name of a stored segment")

// ParseKey reads what Key writes.
func ParseKey(key string) (Object, error) {
	m := objectName.FindStringSubmatch(key)
	if m == nil {
		return Object{}, errKey
	}
	used, errUsed := strconv.ParseUint(m[3], 16, 64)
	size, errSize := strconv.ParseUint(m[4], 16, 64)
	until, errUntil := ParseStamp(m[5])
	if errors.Join(errUsed, errSize, errUntil) != nil || !Size(size).Valid() || used == 0 || used > size {
		return Object{}, errKey
	}
	o := Object{Size: Size(size), Used: used, Until: until, SHA256: m[6]}
	var err error
	if o.Timeline, o.Number, err = o.Size.ParseFileName(m[2]); err != nil || m[2][:8] != m[1] {
		return Object{}, errKey
	}
	return o, nil
}
