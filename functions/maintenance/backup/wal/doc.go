// Package wal knows how WAL is addressed: positions (LSN), segments, timelines
// and their history, and the names under which WAL is stored.
//
// A segment's object never changes. A segment that is not full yet is stored as
// far as it goes, under another name each time; the longest one counts. It knows
// neither storage nor the server.
package wal
