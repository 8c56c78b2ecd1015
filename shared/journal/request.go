package journal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"github.com/authway/authway/shared/clock"
)

// RequestSource is the source of the event that a request is for its run: the event's
// id is the request's, so that each is found by the other.
const RequestSource = "/authway/requests"

// ErrWaiting says that the same has been asked for, and nobody has taken it yet.
var ErrWaiting = errors.New("journal: the same is waiting")

// Args say what is wanted of a job besides that it runs. At most one is set.
type Args struct {
	// Hasten lets the next key sign as soon as that is safe (keys.rotate).
	Hasten bool `json:"hasten,omitempty"`
	// Compromised is the id of a key that is to be taken out now (keys.rotate).
	Compromised string `json:"compromised,omitempty"`
}

// Request is that somebody wants a job to be run now.
type Request struct {
	ID          uuid.UUID
	Job         string
	Args        Args
	RequestedAt time.Time
	// RequestedBy is an account's id or a client's.
	RequestedBy string
	Reason      string
	// TakenAt is when maintenance began with it, and FinishedAt when it ended.
	TakenAt, FinishedAt *time.Time
	// Outcome is one of the words below, or empty before the end.
	Outcome string
	Summary string
}

// Outcomes of a request.
const (
	RequestSucceeded = succeeded
	RequestFailed    = failed
	// RequestNothing: the job runs when it is due, and was not.
	RequestNothing = "nothing_due"
)

type requestRow struct {
	bun.BaseModel `bun:"table:job_requests"`

	ID          uuid.UUID       `bun:"id,pk"`
	Job         string          `bun:"job"`
	Args        json.RawMessage `bun:"args,type:jsonb"`
	RequestedAt time.Time       `bun:"requested_at"`
	RequestedBy string          `bun:"requested_by"`
	Reason      string          `bun:"reason"`
	TakenAt     *time.Time      `bun:"taken_at"`
	FinishedAt  *time.Time      `bun:"finished_at"`
	Outcome     string          `bun:"outcome"`
	Summary     string          `bun:"summary"`
}

const requestColumns = "id, job, args, requested_at, requested_by, reason, taken_at, finished_at, coalesce(outcome, '') AS outcome, summary"

func (r requestRow) request() (Request, error) {
	q := Request{
		ID: r.ID, Job: r.Job, RequestedAt: r.RequestedAt, RequestedBy: r.RequestedBy, Reason: r.Reason,
		TakenAt: r.TakenAt, FinishedAt: r.FinishedAt, Outcome: r.Outcome, Summary: r.Summary,
	}
	decoder := json.NewDecoder(strings.NewReader(string(r.Args)))
	// What is not understood is not done in part.
	decoder.DisallowUnknownFields()
	return q, decoder.Decode(&q.Args)
}

// Requests keeps them.
type Requests struct {
	DB    bun.IDB
	Clock clock.Clock
}

// Add asks within db's transaction, or returns ErrWaiting. The request's id and time
// are made here.
func (s Requests) Add(ctx context.Context, db bun.IDB, r Request) (Request, error) {
	args, err := json.Marshal(r.Args)
	if err != nil {
		return Request{}, fmt.Errorf("journal: request: %w", err)
	}
	r.ID, r.RequestedAt = uuid.New(), s.Clock.Now()
	made := requestRow{ID: r.ID, Job: r.Job, Args: args, RequestedAt: r.RequestedAt, RequestedBy: r.RequestedBy, Reason: r.Reason}
	result, err := db.NewInsert().Model(&made).Column("id", "job", "args", "requested_at", "requested_by", "reason").
		On("CONFLICT DO NOTHING").Returning("NULL").Exec(ctx)
	if err != nil {
		return Request{}, fmt.Errorf("journal: request: %w", err)
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		return Request{}, errors.Join(ErrWaiting, err)
	}
	return r, nil
}

// Waiting are up to limit requests that nobody has taken and that were asked for before
// then, the oldest first: of a job, or of all with "". Those are among them that were
// taken before lost and have no end: who took them was killed. One whose arguments are
// not understood is refused here, and not given.
func (s Requests) Waiting(ctx context.Context, job string, before, lost time.Time, limit int64) (all []Request, err error) {
	var rows []requestRow
	q := s.DB.NewSelect().Model(&rows).ColumnExpr(requestColumns).
		Where("finished_at IS NULL AND (taken_at IS NULL AND requested_at <= ? OR taken_at <= ?)", before, lost)
	if job != "" {
		q = q.Where("job = ?", job)
	}
	if err := q.OrderExpr("requested_at, id").Limit(limit).Scan(ctx); err != nil {
		return nil, fmt.Errorf("journal: requests: %w", err)
	}
	for _, r := range rows {
		request, err := r.request()
		if err != nil {
			taken, err := s.Take(ctx, r.ID, lost)
			if err == nil && taken {
				err = s.Settle(ctx, r.ID, RequestFailed, "these arguments are not understood")
			}
			if err != nil {
				return nil, err
			}
			continue
		}
		all = append(all, request)
	}
	return all, nil
}

// Take begins with a request, and reports whether nobody else has: one who took it
// before lost, and has not ended it, was killed.
func (s Requests) Take(ctx context.Context, id uuid.UUID, lost time.Time) (bool, error) {
	result, err := s.DB.NewUpdate().Model((*requestRow)(nil)).Set("taken_at = ?", s.Clock.Now()).
		Where("id = ? AND finished_at IS NULL AND (taken_at IS NULL OR taken_at <= ?)", id, lost).Exec(ctx)
	if err != nil {
		return false, fmt.Errorf("journal: take: %w", err)
	}
	n, err := result.RowsAffected()
	return n > 0, err
}

// Settle says what came of a request that was taken.
func (s Requests) Settle(ctx context.Context, id uuid.UUID, outcome, summary string) error {
	_, err := s.DB.NewUpdate().Model((*requestRow)(nil)).
		Set("finished_at = ?", s.Clock.Now()).Set("outcome = ?", outcome).
		Set("summary = ?", strings.ToValidUTF8(summary[:min(len(summary), maxSummary)], "")).
		Where("id = ? AND finished_at IS NULL", id).Exec(ctx)
	if err != nil {
		return fmt.Errorf("journal: settle: %w", err)
	}
	return nil
}

// Latest are the last request of each job, by its name; of jobs that nobody has asked
// for there is none.
func (s Requests) Latest(ctx context.Context, jobs []string) (map[string]Request, error) {
	var rows []requestRow
	err := s.DB.NewRaw("SELECT r.* FROM unnest(ARRAY[?]::text[]) AS j (name) CROSS JOIN LATERAL (SELECT "+requestColumns+
		" FROM job_requests WHERE job = j.name ORDER BY requested_at DESC LIMIT 1) AS r", bun.List(jobs)).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("journal: requests: %w", err)
	}
	all := map[string]Request{}
	for _, r := range rows {
		// One that is not understood is shown without its arguments.
		all[r.Job], _ = r.request()
	}
	return all, nil
}

// Clean removes up to limit requests from before then, and returns how many.
func (s Requests) Clean(ctx context.Context, then time.Time, limit int64) (int64, error) {
	old := s.DB.NewSelect().Table("job_requests").Column("id").Where("requested_at < ?", then).OrderExpr("requested_at").Limit(limit)
	result, err := s.DB.NewDelete().Model((*requestRow)(nil)).Where("id IN (?)", old).Exec(ctx)
	if err != nil {
		return 0, fmt.Errorf("journal: clean requests: %w", err)
	}
	return result.RowsAffected()
}
