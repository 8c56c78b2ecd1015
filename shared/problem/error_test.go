package problem_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/authway/authway/shared/problem"
)

func TestAddingToAnErrorLeavesTheSharedOneAlone(t *testing.T) {
	t.Parallel()
	cause := errors.New("row 7 is locked")
	e := problem.BadRequest.Because(cause).At("email").After(3 * time.Second).Toward("/login")
	if e.Field() != "email" || e.RetryAfter() != 3*time.Second || e.Next() != "/login" || !errors.Is(e, cause) {
		t.Errorf("the copy lost something: %+v", e)
	}
	shared := problem.BadRequest
	if shared.Field() != "" || shared.RetryAfter() != 0 || shared.Next() != "" || shared.Unwrap() != nil {
		t.Errorf("the shared error was changed: %+v", shared)
	}
}

func TestErrorsMatchByCodeHoweverTheyWereWrapped(t *testing.T) {
	t.Parallel()
	err := fmt.Errorf("saving: %w", problem.Conflict.Because(errors.New("duplicate key")).At("email"))
	if !errors.Is(err, problem.Conflict) {
		t.Error("a wrapped copy is not what it was copied from")
	}
	if errors.Is(err, problem.BadRequest) {
		t.Error("a conflict is taken for a bad request")
	}
}

func TestThePublicFaceNeverShowsTheCause(t *testing.T) {
	t.Parallel()
	e := problem.Internal.Because(errors.New("password authentication failed for user authway_login"))
	if e.Sentence() != problem.Internal.Sentence() {
		t.Errorf("the sentence became %q", e.Sentence())
	}
	if got, want := e.Error(), "internal: password authentication failed for user authway_login"; got != want {
		t.Errorf("the log's face is %q, want %q", got, want)
	}
}

func TestOfFindsTheErrorOrDecidesWhatItIs(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		err  error
		want *problem.Error
	}{
		"one of ours, wrapped":            {fmt.Errorf("a: %w", problem.NotFound), problem.NotFound},
		"a deadline":                      {fmt.Errorf("query: %w", context.DeadlineExceeded), problem.Unavailable},
		"a caller that went away":         {context.Canceled, problem.Unavailable},
		"a body that outgrew its limit":   {fmt.Errorf("form: %w", &http.MaxBytesError{Limit: 1}), problem.TooLarge},
		"what nobody mapped":              {errors.New("?"), problem.Internal},
		"one of ours that has a deadline": {problem.Denied.Because(context.DeadlineExceeded), problem.Denied},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := problem.Of(c.err)
			if !errors.Is(got, c.want) || got.Status() != c.want.Status() {
				t.Errorf("is %v, want %v", got.Code(), c.want.Code())
			}
			if !errors.Is(got, c.err) && !errors.Is(c.err, got) {
				t.Error("the cause is lost")
			}
		})
	}
	if problem.Of(nil) != nil {
		t.Error("no error became one")
	}
}

func TestEveryReadyMadeAnswerHasItsOwnCode(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, e := range []*problem.Error{
		problem.BadRequest, problem.Unauthenticated, problem.Denied, problem.CrossSite, problem.NotFound,
		problem.MethodNotAllowed, problem.Conflict, problem.TooLarge, problem.UnsupportedMediaType,
		problem.MisdirectedHost, problem.TooManyRequests, problem.Internal, problem.Unavailable,
	} {
		if seen[e.Code()] {
			t.Errorf("%s is there twice", e.Code())
		}
		seen[e.Code()] = true
		if e.Status() < 400 || e.Sentence() == "" {
			t.Errorf("%s: status %d, sentence %q", e.Code(), e.Status(), e.Sentence())
		}
	}
}

func TestAContextWithoutReferenceHasNone(t *testing.T) {
	t.Parallel()
	if got := problem.Reference(context.Background()); got != "" {
		t.Errorf("got %q", got)
	}
	if got := problem.Reference(problem.WithReference(context.Background(), "abc")); got != "abc" {
		t.Errorf("got %q", got)
	}
}
