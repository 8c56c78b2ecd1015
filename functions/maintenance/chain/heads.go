package chain

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"strconv"
	"strings"

	"github.com/authway/authway/functions/maintenance/backup/store"
	"github.com/authway/authway/shared/audit"
	"github.com/authway/authway/shared/tokens"
)

// Prefix is where signatures are in the storage.
const Prefix = "audit/"

const (
	suffix = ".jws"
	// digits are how many a name has: names sort as numbers do.
	digits = 12
	// mostBytes bounds what is read of a file that is to be a signature.
	mostBytes = 64 << 10
)

// Key is the name of the signature of a seal.
func Key(seq int64) string { return Prefix + fmt.Sprintf("%0*d", digits, seq) + suffix }

// parseKey reads what Key writes, behind a prefix.
func parseKey(key, prefix string) (int64, bool) {
	number, ok := strings.CutSuffix(strings.TrimPrefix(key, prefix), suffix)
	if !ok || len(number) != digits {
		return 0, false
	}
	seq, err := strconv.ParseInt(number, 10, 64)
	return seq, err == nil && seq > 0
}

// Heads are the signatures that lie in a storage.
type Heads struct {
	Store *store.Store
	// Prefix is before their names: Prefix, or nothing in a folder that has nothing else.
	Prefix string
	Notary *tokens.Notary
	// Newest is how many of the last are looked into, besides as many spread over those
	// before. 0 means all.
	Newest int
}

// All gives them by their number, the lowest first. Of what is not read the number is
// known: a chain that fits the last signature fits all before it.
func (h Heads) All(ctx context.Context) (iter.Seq2[audit.Stored, error], error) {
	count := 0
	for _, err := range h.names(ctx) {
		if err != nil {
			return nil, err
		}
		count++
	}
	every := 1
	if h.Newest > 0 {
		every = max(count/h.Newest, 1)
	}
	return func(yield func(audit.Stored, error) bool) {
		i := -1
		for n, err := range h.names(ctx) {
			i++
			s := audit.Stored{Seq: n.seq}
			if err == nil && (h.Newest == 0 || i >= count-h.Newest || i%every == 0) {
				s, err = h.read(ctx, n.key, n.seq)
			}
			if !yield(s, err) || err != nil {
				return
			}
		}
	}, nil
}

type named struct {
	key string
	seq int64
}

func (h Heads) names(ctx context.Context) iter.Seq2[named, error] {
	return func(yield func(named, error) bool) {
		for o, err := range h.Store.List(ctx, h.Prefix) {
			if err != nil {
				yield(named{}, err)
				return
			}
			if seq, ok := parseKey(o.Key, h.Prefix); ok && !yield(named{o.Key, seq}, nil) {
				return
			}
		}
	}
}

// read reads one. What is no signature of ours is no error: it is what was looked for.
func (h Heads) read(ctx context.Context, key string, seq int64) (audit.Stored, error) {
	s := audit.Stored{Seq: seq, Read: true}
	r, err := h.Store.Read(ctx, key)
	if err != nil {
		return s, err
	}
	text, err := io.ReadAll(io.LimitReader(r, mostBytes))
	if err = errors.Join(err, r.Close()); err != nil {
		return s, err
	}
	signed, err := h.Notary.Verify(strings.TrimSpace(string(text)), tokens.AuditHead)
	if err != nil {
		s.Forged = "none of the keys has signed it: " + err.Error()
		return s, nil
	}
	if s.Head, err = audit.ParseHead(signed); err != nil {
		s.Forged = err.Error()
	} else if s.Head.Seq != seq {
		s.Forged = fmt.Sprintf("it is the signature of seal %d under another name", s.Head.Seq)
	}
	return s, nil
}
