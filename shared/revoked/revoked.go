// Package revoked tells those who keep answers that what they keep may have
// ended: a person, an application, what one has granted the other, a session.
//
// There is a number for each of them, random at first. Whoever ends something raises
// its number (Board.Post); whoever keeps an answer keeps beside it what the numbers
// were before it asked (Board.Begin), and believes it for as long as they are the
// same (Board.Same). No clock is compared, and a number that was lost is another one
// than before.
//
// While Redis does not answer, a Post is lost. An answer that is kept in Redis
// cannot be read then either; what was kept before counts for its own short life
// again once Redis is back, which is what bounds the harm.
package revoked

import (
	"context"
	"strings"
	"time"
)

// Numbers are kept for all instances of all functions.
type Numbers interface {
	// Raise raises the numbers of keys, each to live for life from now on.
	Raise(ctx context.Context, life time.Duration, keys ...string) error
	// Begin returns the numbers of keys, in their order; one that is not there is made,
	// at random, and lives for life.
	Begin(ctx context.Context, life time.Duration, keys ...string) ([]string, error)
	// Numbers are those of keys, in their order; one that is not there is "".
	Numbers(ctx context.Context, keys ...string) ([]string, error)
}

// life is longer than any answer is kept.
const life = time.Hour

// Name is something that can end.
type Name string

// Subject is a person, with everything they have.
func Subject(id string) Name { return Name("subject:" + id) }

// Client is an application, with everybody's tokens.
func Client(id string) Name { return Name("client:" + id) }

// Grant is what a person has granted an application.
func Grant(subject, client string) Name { return Name("grant:" + client + ":" + subject) }

// Session is a person's sign-in at one browser, by its id.
func Session(id string) Name { return Name("session:" + id) }

// Board is where it is told. Without Numbers it tells nobody.
type Board struct {
	Numbers Numbers
}

// Post tells everybody that what is named has ended. It is for after the commit:
// told before, an answer could be kept anew that is no longer true.
func (b Board) Post(ctx context.Context, names ...Name) error {
	if len(names) == 0 || b.Numbers == nil {
		return nil
	}
	return b.Numbers.Raise(ctx, life, keys(names)...)
}

// Begin is what is told of the names now, to be kept and compared with Same.
func (b Board) Begin(ctx context.Context, names ...Name) (string, error) {
	numbers, err := b.Numbers.Begin(ctx, life, keys(names)...)
	return strings.Join(numbers, " "), err
}

// Same reports whether nothing has ended since then. Not to know is to say no.
func (b Board) Same(ctx context.Context, then string, names ...Name) bool {
	numbers, err := b.Numbers.Numbers(ctx, keys(names)...)
	return err == nil && strings.Join(numbers, " ") == then
}

func keys(names []Name) []string {
	all := make([]string, len(names))
	for i, name := range names {
		all[i] = "revoked:" + string(name)
	}
	return all
}
