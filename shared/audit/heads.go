package audit

import (
	"context"
	"fmt"
	"iter"
)

// heads are those that lie outside, one at a time.
type heads struct {
	next func() (Stored, error, bool)
	stop func()
	// waits is the next one, and there says that it is.
	waits Stored
	there bool
	// stored is the number of the last one that was passed.
	stored int64
}

func pull(all iter.Seq2[Stored, error]) *heads {
	if all == nil {
		all = func(func(Stored, error) bool) {}
	}
	h := &heads{}
	h.next, h.stop = iter.Pull2(all)
	return h
}

// peek returns the next one without passing it.
func (h *heads) peek() (Stored, bool, error) {
	if !h.there {
		s, err, ok := h.next()
		if err != nil || !ok {
			return Stored{}, false, err
		}
		h.waits, h.there = s, true
	}
	return h.waits, true, nil
}

func (h *heads) pass() { h.stored, h.there = h.waits.Seq, false }

// headsUpTo holds the heads up to a seal against the chain.
func (w *walk) headsUpTo(s Seal) error {
	for {
		h, ok, err := w.heads.peek()
		if err != nil || !ok || h.Seq > s.Seq {
			return err
		}
		switch {
		case h.Seq < w.given.From:
		case h.Seq < s.Seq:
			w.report.add(Finding{What: SealMissing, Seal: h.Seq, Why: "a signature covers it, and it is not there"})
		default:
			w.compare(h, s)
		}
		w.heads.pass()
	}
}

// compare holds a head against the seal of its number.
func (w *walk) compare(h Stored, s Seal) {
	switch {
	case h.Forged != "":
		w.report.add(Finding{What: SignatureForged, Seal: h.Seq, Why: h.Forged})
		return
	case !h.Read:
		return
	case !h.Head.Fits(s):
		w.report.add(Finding{What: SealChanged, Seal: h.Seq, From: &s.FromAt, To: &s.ToAt,
			Why: "its signature is of another seal of this number: the chain was made anew from there, or from before"})
		return
	case h.Head.After > w.heads.stored && h.Head.After >= w.given.From:
		w.report.add(Finding{What: SignatureMissing, Seal: h.Head.After, Why: fmt.Sprintf("it was signed, as that of seal %d says, and its signature is not there", h.Seq)})
	}
	w.report.Signatures++
	w.report.Signed = h.Seq
	w.bare = nil
}

// cutOff looks at the heads of what is behind the last seal: of seals that were made
// meanwhile, or of seals that are gone.
func (w *walk) cutOff(ctx context.Context) error {
	var gone *Stored
	for {
		h, ok, err := w.heads.peek()
		if err != nil {
			return err
		}
		if !ok {
			break
		}
		s, err := w.At(ctx, h.Seq)
		switch {
		case err != nil:
			return err
		case s.Seq > 0 || h.Forged != "":
			w.compare(h, s)
		default:
			gone = &h
		}
		w.heads.pass()
	}
	if gone != nil {
		f := Finding{What: CutOff, Seal: w.last.Seq + 1, From: &w.last.UntilAt,
			Why: fmt.Sprintf("the chain ends with seal %d, and signatures cover seals up to %d: what they had is not there, or nobody knows", w.last.Seq, gone.Seq)}
		if gone.Read {
			f.To = &gone.Head.UntilAt
		}
		w.report.add(f)
		return nil
	}
	return w.forgotten(ctx)
}

// forgotten asks the database itself whether it has signed more than it has.
func (w *walk) forgotten(ctx context.Context) error {
	signed, err := w.Signed(ctx, false)
	if err != nil || signed <= w.last.Seq {
		return err
	}
	s, err := w.At(ctx, signed)
	if err == nil && s.Seq == 0 {
		w.report.add(Finding{What: CutOff, Seal: w.last.Seq + 1, From: &w.last.UntilAt,
			Why: fmt.Sprintf("the chain ends with seal %d, and seal %d was signed", w.last.Seq, signed)})
	}
	return err
}

// signed finds seals that have to be under a signature and are not.
func (w *walk) signed(ctx context.Context) error {
	if w.report.Unverified {
		return nil
	}
	if w.given.Sign && w.bare != nil && w.bare.SealedAt.Before(w.given.Now.Add(-unsignedFor)) {
		w.report.add(Finding{What: SignatureMissing, Seal: w.bare.Seq, From: &w.bare.FromAt, To: &w.last.ToAt,
			Why: "no signature covers the seals from this one on"})
		return nil
	}
	stored, err := w.Signed(ctx, true)
	if err == nil && stored > w.heads.stored && stored >= w.given.From && stored <= w.last.Seq {
		w.report.add(Finding{What: SignatureMissing, Seal: stored, Why: "its signature was put into the storage, and is not there"})
	}
	return err
}
