package proof

import (
	"errors"
	"time"

	"github.com/google/uuid"
)

// Purpose is what the proof is asked for.
type Purpose string

// The purposes.
const (
	VerifyEmail Purpose = "verify_email"
	Recover     Purpose = "recover"
	// ChangeEmail is asked of an account and not of a sign-in.
	ChangeEmail Purpose = "change_email"
)

// What a proof was used by.
const (
	ByCode = "code"
	ByLink = "link"
)

const (
	// Lifetime is how long a code and its link live after they were sent, and how
	// long a used proof waits for its browser.
	Lifetime = 15 * time.Minute
	// MaxAttempts is how many wrong codes end a code.
	MaxAttempts = 5
	// MaxSends is how often a proof is sent before its last code has expired.
	MaxSends = 5

	// firstWait is the time between the first mail and the second. Each wait is
	// longer by as much.
	firstWait = 30 * time.Second
)

var (
	// ErrUnknown says that there is no such proof.
	ErrUnknown = errors.New("proof: unknown")
	// ErrUsed says that the proof has been used, or gone on with, before.
	ErrUsed = errors.New("proof: used before")
	// ErrExpired says that its time is over, or that too many wrong codes were tried.
	ErrExpired = errors.New("proof: expired")
	// ErrWrong says that the code is another one. The try has been counted and
	// counts only if the transaction is committed.
	ErrWrong = errors.New("proof: wrong code")
	// ErrEarly says that it is too early to send again.
	ErrEarly = errors.New("proof: sent a moment ago")
)

// Refused reports whether err is an answer about the proof, and not a failure
// to find out: the transaction is then to be committed.
func Refused(err error) bool {
	return errors.Is(err, ErrUnknown) || errors.Is(err, ErrUsed) || errors.Is(err, ErrExpired) || errors.Is(err, ErrWrong)
}

// Request asks for a proof.
type Request struct {
	TenantID uuid.UUID
	// FlowID is the sign-in that it is asked for in. Without one it is asked of the
	// account, UserID, and nobody else.
	FlowID  string
	Purpose Purpose
	// Address is where the mail goes, as it was typed.
	Address string
	// UserID is the account that is to be recovered, or uuid.Nil.
	UserID uuid.UUID
	// Data is kept sealed until the proof is used.
	Data []byte
	// Decoy asks for a proof that nobody can give.
	Decoy bool
}

// Proof is one row.
type Proof struct {
	ID       uuid.UUID
	TenantID uuid.UUID
	// FlowID is empty when the proof was asked of an account.
	FlowID  string
	Purpose Purpose
	Address string
	// UserID is the account it is for, or that came of it; uuid.Nil without one.
	UserID uuid.UUID
	// Data is the caller's, and empty once the proof has been used.
	Data      []byte
	Attempts  int
	Sends     int
	SentAt    time.Time
	ExpiresAt time.Time
	UsedAt    *time.Time
	// UsedBy is ByCode or ByLink once it has been used.
	UsedBy  string
	TakenAt *time.Time
}

// Issued is a proof that is to be mailed.
type Issued struct {
	Proof
	// Sent is false when the mail of a moment ago still counts and none is to be
	// sent.
	Sent bool
	// Code and Link are in no other place. A decoy's are worth nothing.
	Code, Link string
}

// ResendAfter is how long to wait at now before it may be sent again.
func (p Proof) ResendAfter(now time.Time) time.Duration {
	next := p.SentAt.Add(time.Duration(p.Sends) * firstWait)
	if p.Sends >= MaxSends {
		next = p.ExpiresAt
	}
	return max(0, next.Sub(now))
}

// Waits reports whether its browser may go on with it at now.
func (p Proof) Waits(now time.Time) bool {
	return p.UsedAt != nil && p.TakenAt == nil && now.Sub(*p.UsedAt) < Lifetime
}

// Expired reports whether its code and link are past their time at now.
func (p Proof) Expired(now time.Time) bool { return !now.Before(p.ExpiresAt) }
