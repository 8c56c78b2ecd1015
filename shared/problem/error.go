package problem

import (
	"context"
	"errors"
	"math"
	"net/http"
	"time"
)

// Error is an answer that is not the one asked for. It is immutable: the methods that add to it return
// copies, so the ready-made values below can be shared by every request.
type Error struct {
	status   int
	code     string
	sentence string
	field    string
	next     string
	after    time.Duration
	cause    error
}

// New makes an Error. The code is snake_case and stable, because programs and translations depend on it;
// the sentence is for people and must not be built from anything private.
func New(status int, code, sentence string) *Error {
	return &Error{status: status, code: code, sentence: sentence}
}

// Because returns a copy that remembers why, for the log only.
func (e *Error) Because(cause error) *Error {
	c := *e
	c.cause = cause
	return &c
}

// At returns a copy that names the form field it belongs to.
func (e *Error) At(field string) *Error {
	c := *e
	c.field = field
	return &c
}

// After returns a copy that asks the caller to come back no sooner than d (Retry-After).
func (e *Error) After(d time.Duration) *Error {
	c := *e
	c.after = d
	return &c
}

// Toward returns a copy with an address where the caller can go on or start again. The address becomes a
// link on a page: it has to be ours, or one that was checked, never one taken from the request.
func (e *Error) Toward(next string) *Error {
	c := *e
	c.next = next
	return &c
}

// Code is the stable name.
func (e *Error) Code() string { return e.code }

// Status is the HTTP status.
func (e *Error) Status() int { return e.status }

// Sentence is the public face.
func (e *Error) Sentence() string { return e.sentence }

// Field is the form field the error belongs to, or "".
func (e *Error) Field() string { return e.field }

// RetrySeconds is RetryAfter in whole seconds, rounded up: to come back a moment
// too early is to be refused again.
func (e *Error) RetrySeconds() int { return int(math.Ceil(e.after.Seconds())) }

// RetryAfter is how long the caller should wait, or 0.
func (e *Error) RetryAfter() time.Duration { return e.after }

// Next is where the caller can go on, or "".
func (e *Error) Next() string { return e.next }

// Error is for logs: it includes the cause.
func (e *Error) Error() string {
	if e.cause == nil {
		return e.code
	}
	return e.code + ": " + e.cause.Error()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.cause }

// Is matches by code, so that a copy with a cause or a field still is what it was copied from.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.code == e.code
}

// Answers that every function gives. Functions define their own beside their routes.
var (
	BadRequest           = New(http.StatusBadRequest, "bad_request", "The request could not be understood.")
	Unauthenticated      = New(http.StatusUnauthorized, "unauthenticated", "Sign in first.")
	Denied               = New(http.StatusForbidden, "denied", "This is not allowed.")
	CrossSite            = New(http.StatusForbidden, "cross_site", "The request came from another site and was refused.")
	NotFound             = New(http.StatusNotFound, "not_found", "There is nothing at this address.")
	MethodNotAllowed     = New(http.StatusMethodNotAllowed, "method_not_allowed", "This address does not answer that method.")
	Conflict             = New(http.StatusConflict, "conflict", "The request does not fit the present state.")
	TooLarge             = New(http.StatusRequestEntityTooLarge, "too_large", "The request is too large.")
	UnsupportedMediaType = New(http.StatusUnsupportedMediaType, "unsupported_media_type", "The request's content type is not supported here.")
	MisdirectedHost      = New(http.StatusMisdirectedRequest, "misdirected_host", "This host is not served here.")
	TooManyRequests      = New(http.StatusTooManyRequests, "too_many_requests", "Too many requests. Wait a little and try again.")
	Internal             = New(http.StatusInternalServerError, "internal", "Something went wrong on our side.")
	Unavailable          = New(http.StatusServiceUnavailable, "unavailable", "The service is not available right now. Try again in a moment.").After(2 * time.Second)
)

// Of returns the Error inside err. An error that nobody mapped is Internal; a deadline that passed, or a
// context that ended, means that something we wait for is slow or that we are stopping: Unavailable. A
// body that outgrew http.MaxBytesReader is TooLarge wherever it was read.
func Of(err error) *Error {
	var e *Error
	var tooLarge *http.MaxBytesError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &e):
		return e
	case errors.As(err, &tooLarge):
		return TooLarge.Because(err)
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return Unavailable.Because(err)
	default:
		return Internal.Because(err)
	}
}

type referenceKey struct{}

// WithReference returns a context that carries the request's id, by which a person's report and the log
// lines behind it find each other.
func WithReference(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, referenceKey{}, id)
}

// Reference is the request's id, or "".
func Reference(ctx context.Context) string {
	id, _ := ctx.Value(referenceKey{}).(string)
	return id
}
