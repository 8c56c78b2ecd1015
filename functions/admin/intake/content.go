package intake

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/google/uuid"

	"github.com/authway/authway/functions/admin/access"
	"github.com/authway/authway/functions/admin/intake/lines"
	"github.com/authway/authway/shared/intake"
	"github.com/authway/authway/shared/outbox"
	"github.com/authway/authway/shared/problem"
)

const (
	// contentWithin is how long whoever has begun an import, with a recent second factor,
	// may send its content.
	contentWithin = 24 * time.Hour
	// batchLines and batchBytes end a batch: enough that a transaction is worth it, and
	// few enough that it is short.
	batchLines = 500
	batchBytes = 1 << 20
	// batchTime ends one that comes slowly, so that what has come is not lost with the
	// connection. It is well below intake.Hold.
	batchTime = 5 * time.Second
	// commitWithin is below intake.Hold, too.
	commitWithin = 30 * time.Second
	// lettingGo bounds what is done after an upload has ended.
	lettingGo = 5 * time.Second
)

// PutImportContent reads a file, or a part of it.
func (a *API) PutImportContent(ctx context.Context, request PutImportContentRequestObject) (PutImportContentResponseObject, error) {
	home, caller := place(ctx)
	store := intake.Store{DB: a.DB}
	before, err := store.ByID(ctx, home.ID, request.ID)
	if err != nil {
		return nil, err
	}
	if err := a.own(before, caller); err != nil {
		return nil, err
	}
	runner := uuid.New()
	i, err := store.Take(ctx, home.ID, request.ID, runner, a.Clock.Now())
	if err != nil {
		return nil, err
	}
	r := run{API: a, home: home, Import: i, runner: runner}
	err = r.read(ctx, request.Body, access.Given(request.Params.Offset), access.Given(request.Params.Sha256))
	// The request may be over; what it held is not to be held for a minute.
	after, cancel := context.WithTimeout(context.WithoutCancel(ctx), lettingGo)
	defer cancel()
	if err := errors.Join(err, store.Let(after, i.ID, runner)); err != nil {
		return nil, err
	}
	if r.mailed {
		a.Knocker.Knock(outbox.Job)
	}
	if i, err = store.ByID(ctx, home.ID, request.ID); err != nil {
		return nil, err
	}
	shown, err := a.importOf(i, caller)
	return PutImportContent200JSONResponse(shown), err
}

// read does what a body holds.
func (r *run) read(ctx context.Context, body io.Reader, offset int64, sum string) error {
	body, err := r.goOn(body, offset, sum)
	if err != nil {
		return err
	}
	content := &io.LimitedReader{R: body, N: r.Size - r.Position}
	reader, err := lines.NewReader(&counted{content, content}, lines.Start{
		CSV: r.Format == intake.CSV, Last: true, Position: r.Position, Line: r.Line, State: r.Reading,
	})
	if err != nil {
		return err
	}
	broken := r.records(ctx, reader)
	if broken == nil && content.N == 0 {
		if n, _ := body.Read(make([]byte, 1)); n > 0 {
			return errLonger
		}
	}
	if errors.Is(broken, errPart) {
		return nil
	}
	return broken
}

// goOn passes over what is done already, if it is the same file.
func (r *run) goOn(body io.Reader, offset int64, sum string) (io.Reader, error) {
	done, err := lines.SumOf(r.Reading)
	if err != nil {
		return nil, err
	}
	switch {
	case offset == 0 && r.Position > 0:
		passed, err := lines.Pass(body, r.Position)
		if errors.Is(err, io.EOF) {
			return nil, errDiffers
		}
		if err != nil {
			return nil, err
		}
		sum = passed
	case offset != r.Position:
		return nil, errPosition
	case offset == 0:
		return body, nil
	}
	if sum != done {
		return nil, errDiffers
	}
	return body, nil
}

// errPart says that a part of the file has ended and not the file.
var errPart = errors.New("intake: the part is over, and the file is not")

// counted ends with io.EOF at the end of the file alone: what a part of it ends with may
// be the beginning of a record.
type counted struct {
	io.Reader
	left *io.LimitedReader
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	if errors.Is(err, io.EOF) && c.left.N > 0 {
		err = errPart
	}
	return n, err
}

// records reads to the end, a batch at a time, and returns why it stopped before. What
// came before that is done.
func (r *run) records(ctx context.Context, reader *lines.Reader) error {
	for {
		b := batch{began: r.Clock.Now()}
		stopped := b.fill(r, reader)
		if b.position > 0 || errors.Is(stopped, io.EOF) {
			if err := r.commit(ctx, reader, &b, errors.Is(stopped, io.EOF)); err != nil {
				return err
			}
		}
		switch {
		case r.State != intake.Open:
			return nil
		case errors.Is(stopped, io.EOF):
			return nil
		case stopped != nil:
			return brokenOff(stopped)
		}
	}
}

// brokenOff is what is said of a stream that broke: there is nobody to hear it, except
// when the body is longer than anything may be.
func brokenOff(err error) error {
	if errors.Is(err, errPart) {
		return err
	}
	if said := problem.Of(err); said.Code() == problem.TooLarge.Code() {
		return err
	}
	return problem.BadRequest.Because(err)
}
