package audit

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
)

// What a check finds.
const (
	// RowChanged: an event's columns do not fit its hash.
	RowChanged = "changed event"
	// RowMissing: a seal names an event that is not there.
	RowMissing = "missing event"
	// RowAdded: an event lies where everything is sealed, and no seal has it.
	RowAdded = "added event"
	// RowMoved: an event has another time than when it was sealed.
	RowMoved = "moved event"
	// RowsRewritten: events were changed together with their hashes.
	RowsRewritten = "rewritten events"
	// SealChanged: a seal is not what was made, or does not follow the one before.
	SealChanged = "changed seal"
	SealMissing = "missing seal"
	// ChainForked: there are two seals of one number, or behind one seal.
	ChainForked = "forked chain"
	// CutOff: a signature covers seals that are not there any more.
	CutOff = "cut off"
	// SignatureForged: a head was not signed with one of our keys, or is of another chain.
	SignatureForged  = "forged signature"
	SignatureMissing = "missing signature"
)

// Finding is something that is not as it was sealed.
type Finding struct {
	What string `json:"what"`
	// Seal is the number of the seal that it is about, or 0.
	Seal int64 `json:"seal,omitempty"`
	// Event is the id of the event, if it is one.
	Event *uuid.UUID `json:"event,omitempty"`
	// From and To are the time it is about.
	From *time.Time `json:"from,omitempty"`
	To   *time.Time `json:"to,omitempty"`
	// Why says it in words.
	Why string `json:"why"`
}

func (f Finding) String() string {
	var said strings.Builder
	said.WriteString(f.What)
	if f.Seal > 0 {
		fmt.Fprintf(&said, ": seal %d", f.Seal)
	}
	if f.Event != nil {
		fmt.Fprintf(&said, ": event %s", f.Event)
	}
	if f.From != nil && f.To != nil {
		fmt.Fprintf(&said, " (%s to %s)", stamp(*f.From), stamp(*f.To))
	}
	return said.String() + ": " + f.Why
}

// mostFindings bounds what is kept of a log of which nothing is true any more, and
// mostNamed the events that are named of one seal.
const (
	mostFindings = 1000
	mostNamed    = 20
)

// Report is what a check has looked at and found.
type Report struct {
	Sound bool `json:"sound"`
	// Seals and Rows were looked at, Late are the events among them that came late.
	Seals int64 `json:"seals"`
	Rows  int64 `json:"rows"`
	Late  int64 `json:"late"`
	// Waiting came late, and the next seal will have them.
	Waiting int64 `json:"waiting"`
	// Unsealed are events behind the last seal, which are held against their own hash alone.
	Unsealed int64 `json:"unsealed"`
	// Dropped are events of seals that retention has dropped.
	Dropped int64 `json:"dropped"`
	// First and Last are the numbers of the first seal whose events are all there, and of
	// the last; Until is how far the log is sealed.
	First int64     `json:"first"`
	Last  int64     `json:"last"`
	Until time.Time `json:"until"`
	// Signatures were verified; Signed is the last seal that one covers.
	Signatures int64 `json:"signatures"`
	Signed     int64 `json:"signed"`
	// Unverified says that there were no signatures to go by, or no key for them.
	Unverified bool `json:"unverified"`
	// Findings are the first of Found.
	Findings []Finding `json:"findings"`
	Found    int64     `json:"found"`
}

func (r *Report) String() string {
	said := fmt.Sprintf("%d seals with %d events from seal %d on, %d of them late, sealed up to %s", r.Seals, r.Rows, r.First, r.Late, stamp(r.Until))
	if r.Dropped > 0 {
		said += fmt.Sprintf("; retention has dropped %d events", r.Dropped)
	}
	if r.Waiting+r.Unsealed > 0 {
		said += fmt.Sprintf("; %d events wait for a seal", r.Waiting+r.Unsealed)
	}
	if r.Unverified {
		return said + "; signatures were not looked at"
	}
	return said + fmt.Sprintf("; %d signatures, up to seal %d", r.Signatures, r.Signed)
}

// Err is nil when nothing was found.
func (r *Report) Err() error {
	if r.Found == 0 {
		return nil
	}
	const most = 5
	said := make([]string, 0, most)
	for _, f := range r.Findings[:min(len(r.Findings), most)] {
		said = append(said, f.String())
	}
	if more := r.Found - int64(len(said)); more > 0 {
		said = append(said, fmt.Sprintf("and %d more", more))
	}
	return errors.New("audit: the log is not what was sealed (maintenance audit verify says all of it): " + strings.Join(said, "; "))
}

func (r *Report) add(f Finding) {
	r.Found++
	if len(r.Findings) < mostFindings {
		r.Findings = append(r.Findings, f)
	}
}

// pair makes one finding of an event that is missing at one time and added at another:
// it was moved.
func (r *Report) pair() {
	missing := map[uuid.UUID]int{}
	for i, f := range r.Findings {
		if f.What == RowMissing && f.Event != nil {
			missing[*f.Event] = i
		}
	}
	gone := map[int]bool{}
	for i, f := range r.Findings {
		if f.What != RowAdded || f.Event == nil {
			continue
		}
		if at, ok := missing[*f.Event]; ok {
			gone[i] = true
			r.Findings[at].What = RowMoved
			r.Findings[at].Why = "the event was sealed in this time and has the time " + stamp(*f.From)
		}
	}
	kept := r.Findings[:0]
	for i, f := range r.Findings {
		if !gone[i] {
			kept = append(kept, f)
		}
	}
	r.Findings = kept
	r.Found -= int64(len(gone))
}
