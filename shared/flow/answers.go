package flow

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"github.com/authway/authway/shared/clock"
	"github.com/authway/authway/shared/seal"
)

const (
	// giveWithin is how long one caller has to bring the answer and keep it:
	// longer than the time-out of a call to Hydra.
	giveWithin = 8 * time.Second
	// claimFor is when another may try. It is longer by what a first caller may
	// have waited for a connection after it looked at the clock.
	claimFor      = giveWithin + 7*time.Second
	releaseWithin = time.Second
	// lookEvery is how often somebody who waits for another's answer looks.
	lookEvery = 50 * time.Millisecond
)

// ErrPending says that somebody else is answering the challenge and has not
// finished within the time the caller has: try again.
var ErrPending = errors.New("flow: the challenge is being answered")

type answer struct {
	bun.BaseModel `bun:"table:answers"`

	ChallengeHash []byte    `bun:"challenge_hash,pk"`
	Claim         uuid.UUID `bun:"claim"`
	ClaimedAt     time.Time `bun:"claimed_at"`
	RedirectTo    []byte    `bun:"redirect_to"`
	ExpiresAt     time.Time `bun:"expires_at"`
}

// Answers keeps the one answer to each of Hydra's challenges.
type Answers struct {
	DB    *bun.DB
	Box   *seal.Box
	Clock clock.Clock
}

// Give makes the answer to a challenge. record, if it is not nil, is written in
// the transaction that keeps the answer, so that neither is there without the
// other.
type Give func(context.Context) (redirectTo string, record func(context.Context, bun.IDB) error, err error)

// Unrecorded is a Give that nothing needs to be written beside.
func Unrecorded(give func(context.Context) (string, error)) Give {
	return func(ctx context.Context) (string, func(context.Context, bun.IDB) error, error) {
		redirectTo, err := give(ctx)
		return redirectTo, nil, err
	}
}

// Once returns the answer (the URL that Hydra sends the browser to) of
// challenge: the one that was given before, or the one that give makes now.
// However many callers ask at once, on however many instances, give runs for
// one of them; the others wait for its answer. When give fails nothing is kept
// and its error is returned, so that the next caller may try.
//
// give runs to its end even when the caller's browser has gone, because
// another request of the same browser may be waiting.
func (a Answers) Once(ctx context.Context, challenge string, give Give) (string, error) {
	waiting := time.NewTicker(lookEvery)
	defer waiting.Stop()
	for {
		claim, mine, err := a.claim(ctx, challenge)
		if err != nil {
			return "", err
		}
		if mine {
			return a.keep(context.WithoutCancel(ctx), challenge, claim, give)
		}
		redirectTo, found, err := a.Given(ctx, challenge)
		if err != nil || found {
			return redirectTo, err
		}
		select {
		case <-waiting.C:
		case <-ctx.Done():
			return "", ErrPending
		}
	}
}

// claim takes the right to answer, unless there is an answer or a younger
// claim.
func (a Answers) claim(ctx context.Context, challenge string) (uuid.UUID, bool, error) {
	now := a.Clock.Now()
	r := answer{ChallengeHash: Hash(challenge), Claim: uuid.New(), ClaimedAt: now, ExpiresAt: now.Add(Lifetime)}
	result, err := a.DB.NewInsert().Model(&r).
		On("CONFLICT (challenge_hash) DO UPDATE").
		Set("claim = EXCLUDED.claim, claimed_at = EXCLUDED.claimed_at").
		Where("answer.redirect_to IS NULL AND answer.claimed_at <= ?", now.Add(-claimFor)).
		Returning("NULL").Exec(ctx)
	if err != nil {
		return uuid.Nil, false, fmt.Errorf("flow: claim the answer: %w", err)
	}
	n, err := result.RowsAffected()
	return r.Claim, n == 1, err
}

func (a Answers) keep(ctx context.Context, challenge string, claim uuid.UUID, give Give) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, giveWithin)
	defer cancel()
	redirectTo, record, err := give(ctx)
	if err == nil {
		err = a.DB.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
			return a.write(ctx, tx, challenge, claim, redirectTo, record)
		})
	}
	if errors.Is(err, errTakenOver) {
		given, found, err := a.Given(ctx, challenge)
		if err == nil && !found {
			err = ErrPending
		}
		return given, err
	}
	if err != nil {
		return "", errors.Join(err, a.release(context.WithoutCancel(ctx), challenge, claim))
	}
	return redirectTo, nil
}

// errTakenOver says that the claim had run out and another caller has it: that
// caller's answer is the one.
var errTakenOver = errors.New("flow: another caller has taken over")

func (a Answers) write(ctx context.Context, tx bun.IDB, challenge string, claim uuid.UUID, redirectTo string, record func(context.Context, bun.IDB) error) error {
	result, err := tx.NewUpdate().Model((*answer)(nil)).
		Set("redirect_to = ?", a.Box.Seal(placeAnswer, []byte(redirectTo))).
		Where("challenge_hash = ? AND claim = ?", Hash(challenge), claim).Exec(ctx)
	if err != nil {
		return fmt.Errorf("flow: keep the answer: %w", err)
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		return errors.Join(errTakenOver, err)
	}
	if record == nil {
		return nil
	}
	return record(ctx, tx)
}

// release gives the claim up, so that the next caller need not wait for its
// end.
func (a Answers) release(ctx context.Context, challenge string, claim uuid.UUID) error {
	ctx, cancel := context.WithTimeout(ctx, releaseWithin)
	defer cancel()
	_, err := a.DB.NewDelete().Model((*answer)(nil)).
		Where("challenge_hash = ? AND claim = ?", Hash(challenge), claim).Exec(ctx)
	return err
}

// Given returns the answer that challenge has had, and whether it has had one.
func (a Answers) Given(ctx context.Context, challenge string) (string, bool, error) {
	var r answer
	err := a.DB.NewSelect().Model(&r).Column("redirect_to").
		Where("challenge_hash = ?", Hash(challenge)).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) || err == nil && r.RedirectTo == nil {
		return "", false, nil
	}
	if err != nil {
		return "", false, fmt.Errorf("flow: read the answer: %w", err)
	}
	redirectTo, err := a.Box.Open(placeAnswer, r.RedirectTo)
	if err != nil {
		return "", false, fmt.Errorf("flow: the answer: %w", err)
	}
	return string(redirectTo), true, nil
}

// Clean removes up to limit answers whose time is over, and returns how many.
func (a Answers) Clean(ctx context.Context, limit int64) (int64, error) {
	old := a.DB.NewSelect().Model((*answer)(nil)).Column("challenge_hash").
		Where("expires_at < ?", a.Clock.Now()).OrderExpr("expires_at").Limit(limit)
	result, err := a.DB.NewDelete().Model((*answer)(nil)).Where("challenge_hash IN (?)", old).Exec(ctx)
	if err != nil {
		return 0, fmt.Errorf("flow: clean the answers: %w", err)
	}
	return result.RowsAffected()
}
