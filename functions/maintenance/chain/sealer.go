package chain

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/authway/authway/functions/maintenance/backup/store"
	"github.com/authway/authway/functions/maintenance/job"
	"github.com/authway/authway/shared/audit"
	"github.com/authway/authway/shared/clock"
	"github.com/authway/authway/shared/tokens"
)

// SealJob seals the audit log.
const SealJob = "audit.seal"

const (
	sealDeadline = 9 * time.Minute
	// mostSeals bounds a run. What is left is due at the next event.
	mostSeals = 200
)

// Sealer makes seals and signs them.
type Sealer struct {
	Chain audit.Chain
	// Notary is nil where seals are not signed, and Store where signatures are logged
	// alone.
	Notary *tokens.Notary
	Store  *store.Store
	Issuer string
	Clock  clock.Clock
	Log    *slog.Logger

	unsigned sync.Once
}

// Job is audit.seal.
func (s *Sealer) Job() job.Job {
	return job.Job{Name: SealJob, Deadline: sealDeadline, Due: s.due, Do: s.do}
}

func (s *Sealer) due(ctx context.Context, now time.Time) (bool, error) {
	return s.Chain.Due(ctx, now, s.Notary.Signs(), s.Store != nil)
}

func (s *Sealer) do(ctx context.Context) (string, error) {
	chain := s.Chain
	chain.Tell = func(ctx context.Context, l audit.Line) error { return s.say(ctx, "audit", slog.Any("audit", l)) }
	made, err := chain.Seal(ctx, s.Clock.Now(), mostSeals)
	summary := fmt.Sprintf("%d seals of %d events, %d of them late", made.Seals, made.Rows, made.Late)
	if err != nil || made.Elsewhere {
		return summary, err
	}
	if !s.Notary.Signs() {
		s.unsigned.Do(func() {
			s.Log.WarnContext(ctx, "seals of the audit log are not signed: AUDIT_SEAL_KEY has no private key")
		})
		return summary, nil
	}
	signed, err := s.sign(ctx, made.Head)
	if signed {
		summary += fmt.Sprintf(", signed up to seal %d", made.Head.Seq)
	}
	return summary, err
}

// say writes a line whatever the level of the log is: it is the log's copy of what
// happened, and nobody who wants to read less means that.
func (s *Sealer) say(ctx context.Context, message string, what slog.Attr) error {
	r := slog.NewRecord(s.Clock.Now(), slog.LevelInfo, message, 0)
	r.AddAttrs(what)
	return s.Log.Handler().Handle(ctx, r)
}

// Why a head is not signed.
var (
	errShorter = errors.New("chain: more seals were signed than there are: the chain was cut off (maintenance audit verify)")
	errAnother = errors.New("chain: what was signed before is another chain: it was made anew, or the database was restored to an earlier time " +
		"(maintenance audit verify; what lies in the storage is not overwritten)")
)

// sign signs the last seal, unless it is.
func (s *Sealer) sign(ctx context.Context, last audit.Seal) (bool, error) {
	signed, err := s.before(ctx, last)
	if err != nil || signed >= last.Seq {
		return false, err
	}
	now := s.Clock.Now()
	text, err := json.Marshal(audit.HeadOf(last, s.Issuer, signed, now))
	if err != nil {
		return false, err
	}
	jws, err := s.Notary.Sign(tokens.AuditHead, text)
	if err != nil {
		return false, err
	}
	if err := s.say(ctx, "audit head", slog.Group("audit_head", "seal", last.Seq, "jws", jws)); err != nil {
		return false, err
	}
	if s.Store != nil {
		if err := s.put(ctx, last, jws); err != nil {
			return false, err
		}
	}
	return true, s.Chain.NoteSigned(ctx, last.Seq, s.Store != nil, now)
}

// before is the seal that was signed before the last one, or a later one.
func (s *Sealer) before(ctx context.Context, last audit.Seal) (signed int64, err error) {
	if signed, err = s.Chain.Signed(ctx, false); err != nil {
		return 0, err
	}
	if signed > last.Seq {
		// Another process may have gone on meanwhile.
		if head, err := s.Chain.Head(ctx); err != nil || head.Seq >= signed {
			return signed, err
		}
		return 0, errShorter
	}
	if s.Store == nil {
		return signed, nil
	}
	// The signatures of a time without a storage are nowhere that one could look.
	if signed, err = s.Chain.Signed(ctx, true); err == nil {
		err = s.same(ctx, signed)
	}
	return signed, err
}

// same holds what was signed last against the chain: no signature is put upon a chain
// that contradicts it.
func (s *Sealer) same(ctx context.Context, signed int64) error {
	if signed == 0 {
		return nil
	}
	heads := Heads{Store: s.Store, Prefix: Prefix, Notary: s.Notary}
	h, err := heads.read(ctx, Key(signed), signed)
	if errors.Is(err, store.ErrAbsent) {
		return nil // audit.verify says so.
	}
	if err != nil {
		return err
	}
	seal, err := s.Chain.At(ctx, signed)
	if err == nil && h.Forged == "" && !h.Head.Fits(seal) {
		err = errAnother
	}
	return err
}

// put stores a signature, unless there is one of the same seal.
func (s *Sealer) put(ctx context.Context, last audit.Seal, jws string) error {
	heads := Heads{Store: s.Store, Prefix: Prefix, Notary: s.Notary}
	h, err := heads.read(ctx, Key(last.Seq), last.Seq)
	switch {
	case errors.Is(err, store.ErrAbsent):
		return s.Store.Put(ctx, Key(last.Seq), []byte(jws))
	case err != nil:
		return err
	case h.Forged != "" || !h.Head.Fits(last):
		return errAnother
	}
	return nil
}
