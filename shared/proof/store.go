package proof

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"github.com/authway/authway/shared/clock"
	"github.com/authway/authway/shared/seal"
)

// Places that sealed values and MACs are bound to.
const (
	placeData = "proofs.data"
	placeCode = "proofs.code"
)

type row struct {
	bun.BaseModel `bun:"table:proofs"`

	ID        uuid.UUID  `bun:"id,pk"`
	TenantID  uuid.UUID  `bun:"tenant_id"`
	FlowID    *string    `bun:"flow_id"`
	Purpose   Purpose    `bun:"purpose"`
	Address   string     `bun:"address"`
	UserID    *uuid.UUID `bun:"user_id"`
	Data      []byte     `bun:"data"`
	LinkHash  []byte     `bun:"link_hash"`
	CodeHash  []byte     `bun:"code_hash"`
	Attempts  int        `bun:"attempts"`
	Sends     int        `bun:"sends"`
	SentAt    time.Time  `bun:"sent_at"`
	CreatedAt time.Time  `bun:"created_at"`
	ExpiresAt time.Time  `bun:"expires_at"`
	UsedAt    *time.Time `bun:"used_at"`
	UsedBy    *string    `bun:"used_by"`
	TakenAt   *time.Time `bun:"taken_at"`
}

func (r row) flow() string {
	if r.FlowID == nil {
		return ""
	}
	return *r.FlowID
}

// columns are listed because an older revision must go on working when a
// migration has added one.
var columns = []string{
	"id", "tenant_id", "flow_id", "purpose", "address", "user_id", "data", "link_hash", "code_hash",
	"attempts", "sends", "sent_at", "created_at", "expires_at", "used_at", "used_by", "taken_at",
}

// What names the one proof for a purpose.
const (
	ofFlow    = "flow_id = ? AND purpose = ?"
	ofAccount = "flow_id IS NULL AND user_id = ? AND purpose = ?"
)

// Store keeps proofs in PostgreSQL. Every change is made in the caller's
// transaction, beside what follows from it.
type Store struct {
	Box   *seal.Box
	Clock clock.Clock
}

// ByFlow finds the proof of a flow, or returns ErrUnknown.
func (s Store) ByFlow(ctx context.Context, db bun.IDB, flowID string, purpose Purpose) (Proof, error) {
	return s.one(ctx, db.NewSelect(), ofFlow, flowID, purpose)
}

// ByAccount finds the proof that the account's signed-in person was asked for, or
// returns ErrUnknown.
func (s Store) ByAccount(ctx context.Context, db bun.IDB, userID uuid.UUID, purpose Purpose) (Proof, error) {
	return s.one(ctx, db.NewSelect(), ofAccount, userID, purpose)
}

// ByLink finds the proof of a link without using it up, or returns ErrUnknown.
func (s Store) ByLink(ctx context.Context, db bun.IDB, token string) (Proof, error) {
	return s.one(ctx, db.NewSelect(), "link_hash = ?", hashToken(token))
}

func (s Store) one(ctx context.Context, query *bun.SelectQuery, where string, args ...any) (Proof, error) {
	r, err := read(ctx, query, where, args...)
	if err != nil {
		return Proof{}, err
	}
	return s.open(r)
}

func read(ctx context.Context, query *bun.SelectQuery, where string, args ...any) (row, error) {
	var r row
	err := query.Model(&r).Column(columns...).Where(where, args...).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return row{}, ErrUnknown
	}
	if err != nil {
		return row{}, fmt.Errorf("proof: read: %w", err)
	}
	return r, nil
}

func (s Store) open(r row) (Proof, error) {
	p := Proof{
		ID: r.ID, TenantID: r.TenantID, FlowID: r.flow(), Purpose: r.Purpose, Address: r.Address,
		Attempts: r.Attempts, Sends: r.Sends, SentAt: r.SentAt, ExpiresAt: r.ExpiresAt, UsedAt: r.UsedAt, TakenAt: r.TakenAt,
	}
	if r.UserID != nil {
		p.UserID = *r.UserID
	}
	if r.UsedBy != nil {
		p.UsedBy = *r.UsedBy
	}
	if r.Data == nil {
		return p, nil
	}
	data, err := s.Box.Open(placeData, r.Data)
	if err != nil {
		return Proof{}, fmt.Errorf("proof: the data: %w", err)
	}
	p.Data = data
	return p, nil
}

// Issue makes the proof of a flow for a purpose, in the place of the one it may
// have. Asking for the same address again before it may be resent (a form that
// was sent twice) keeps the code that is on its way and takes over the rest.
func (s Store) Issue(ctx context.Context, tx bun.IDB, q Request) (Issued, error) {
	now := s.Clock.Now()
	r := row{ID: uuid.New(), TenantID: q.TenantID, Purpose: q.Purpose, CreatedAt: now}
	conflict := "CONFLICT (user_id, purpose) WHERE flow_id IS NULL DO NOTHING"
	if q.FlowID != "" {
		r.FlowID, conflict = &q.FlowID, "CONFLICT (flow_id, purpose) DO NOTHING"
	}
	s.fill(&r, q)
	issued := s.send(&r, q.Decoy, now)
	result, err := tx.NewInsert().Model(&r).Column(columns...).
		On(conflict).Returning("NULL").Exec(ctx)
	if err != nil {
		return Issued{}, fmt.Errorf("proof: issue: %w", err)
	}
	if n, err := result.RowsAffected(); err != nil || n == 1 {
		return issued, err
	}
	return s.reissue(ctx, tx, q, now)
}

func (s Store) reissue(ctx context.Context, tx bun.IDB, q Request, now time.Time) (Issued, error) {
	where, of := ofFlow, any(q.FlowID)
	if q.FlowID == "" {
		where, of = ofAccount, q.UserID
	}
	r, err := read(ctx, tx.NewSelect().For("UPDATE"), where, of, q.Purpose)
	if err != nil {
		return Issued{}, err
	}
	before, err := s.open(r)
	if err != nil {
		return Issued{}, err
	}
	same := before.Address == q.Address && before.UsedAt == nil
	s.fill(&r, q)
	if same && !before.Expired(now) && before.ResendAfter(now) > 0 {
		before.UserID = q.UserID
		return Issued{Proof: before}, s.save(ctx, tx, r)
	}
	if !same {
		r.Sends, r.UsedAt, r.UsedBy, r.TakenAt = 0, nil, nil, nil
	}
	issued := s.send(&r, q.Decoy, now)
	return issued, s.save(ctx, tx, r)
}

// Resend makes a new code and link for a proof that has not been used. userID
// is as in Request. Before its time it returns ErrEarly.
func (s Store) Resend(ctx context.Context, tx bun.IDB, id, userID uuid.UUID, decoy bool) (Issued, error) {
	now := s.Clock.Now()
	r, err := read(ctx, tx.NewSelect().For("UPDATE"), "id = ?", id)
	if err != nil {
		return Issued{}, err
	}
	p, err := s.open(r)
	switch {
	case err != nil:
		return Issued{}, err
	case p.UsedAt != nil:
		return Issued{}, ErrUsed
	case p.ResendAfter(now) > 0:
		return Issued{Proof: p}, ErrEarly
	}
	r.UserID = pointer(userID)
	issued := s.send(&r, decoy, now)
	issued.Data = p.Data
	return issued, s.save(ctx, tx, r)
}

func (s Store) fill(r *row, q Request) {
	r.Address, r.UserID, r.Data = q.Address, pointer(q.UserID), nil
	if q.Data != nil {
		r.Data = s.Box.Seal(placeData, q.Data)
	}
}

// send gives r a new code and link. A decoy costs what a real one costs.
func (s Store) send(r *row, decoy bool, now time.Time) Issued {
	code, token := newCode(), newToken()
	r.CodeHash, r.LinkHash = s.mac(r.ID, code), hashToken(token)
	if decoy {
		r.CodeHash, r.LinkHash = make([]byte, sha256.Size), make([]byte, sha256.Size)
		_, _ = rand.Read(r.CodeHash)
		_, _ = rand.Read(r.LinkHash)
	}
	if r.Sends >= MaxSends {
		r.Sends = 0
	}
	r.Attempts, r.Sends, r.SentAt, r.ExpiresAt = 0, r.Sends+1, now, now.Add(Lifetime)
	p := Proof{
		ID: r.ID, TenantID: r.TenantID, FlowID: r.flow(), Purpose: r.Purpose, Address: r.Address,
		Sends: r.Sends, SentAt: now, ExpiresAt: r.ExpiresAt,
	}
	if r.UserID != nil {
		p.UserID = *r.UserID
	}
	return Issued{Proof: p, Sent: true, Code: code, Link: token}
}

// mac binds a code to its row: the same digits in two rows do not look alike.
func (s Store) mac(id uuid.UUID, code string) []byte {
	return s.Box.MAC(placeCode, slices.Concat(id[:], []byte(code)))
}

func (s Store) save(ctx context.Context, tx bun.IDB, r row) error {
	if _, err := tx.NewUpdate().Model(&r).Column(columns...).Where("id = ?", r.ID).Exec(ctx); err != nil {
		return fmt.Errorf("proof: save: %w", err)
	}
	return nil
}

func pointer(id uuid.UUID) *uuid.UUID {
	if id == uuid.Nil {
		return nil
	}
	return &id
}

// Clean removes up to limit proofs of accounts that expired before then, and
// returns how many. Those of sign-ins go with their flow.
func (s Store) Clean(ctx context.Context, db bun.IDB, then time.Time, limit int64) (int64, error) {
	old := db.NewSelect().Model((*row)(nil)).Column("id").
		Where("flow_id IS NULL AND expires_at < ?", then).OrderExpr("expires_at").Limit(limit)
	result, err := db.NewDelete().Model((*row)(nil)).Where("id IN (?)", old).Exec(ctx)
	if err != nil {
		return 0, fmt.Errorf("proof: clean: %w", err)
	}
	return result.RowsAffected()
}
