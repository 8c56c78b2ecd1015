package account

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/authway/authway/shared/paging"
)

// State is what an account is like, in one word.
type State string

// States. An account that is about to be deleted may be blocked as well; StateOf says
// the first of these that it is.
const (
	Leaving    State = "leaving"
	Blocked    State = "blocked"
	Invited    State = "invited"
	Unverified State = "unverified"
	Active     State = "active"
)

// StateOf is the state that matters most.
func StateOf(u User) State {
	for _, state := range []State{Leaving, Blocked, Invited, Unverified} {
		if state.Of(u) {
			return state
		}
	}
	return Active
}

// Of reports whether an account is in the state, alone or among others.
func (s State) Of(u User) bool {
	switch s {
	case Leaving:
		return u.DeleteAfter != nil
	case Blocked:
		return u.DisabledAt != nil
	case Invited:
		return u.InvitedAt != nil
	case Unverified:
		return u.EmailVerifiedAt == nil
	case Active:
		return u.Active()
	}
	return false
}

// Parts of an account that a search can be for the beginning of.
const (
	ByEmail = "email"
	ByName  = "name"
	ByID    = "id"
)

// Filter says which accounts of a tenant are looked for. What is zero is not asked.
type Filter struct {
	TenantID uuid.UUID
	// Text is how the e-mail address, the name or the id begins, in any case of letters.
	Text string
	// By is which of them; without it each that the text can be the beginning of.
	By    string
	State State
	// Role is one that applications are told of.
	Role string
	// Administers asks for those who administer something.
	Administers bool
	// From is the first moment of their creation, and To the first one after it.
	From, To *time.Time
}

// idDigits is from how many hexadecimal digits a text is taken for the beginning of an
// id by itself: fewer of them are the beginning of a name as often.
const idDigits = 8

// looks is how many pages are read to fill one. What a range of an index is not in the
// order of is asked of each account that is read, and few may be found among many: a
// page is then short, or empty, and what follows it is a further one.
const looks = 10

// Search returns up to limit accounts and the cursor of those that follow, "" at the
// end. What is searched for decides the order: by id, by e-mail address, by name, and
// without a text the youngest first. Who is found by several of them comes once.
//
// However many accounts the tenant has, a page reads ranges of indexes in their order,
// and no more than looks times its size.
func (s Store) Search(ctx context.Context, f Filter, cursor string, limit int) (found []User, next string, err error) {
	from, err := s.anchor(ctx, f, cursor)
	if err != nil {
		return nil, "", err
	}
	found, to, err := s.Walk(ctx, f, from, limit)
	if err != nil || to.End() {
		return found, "", err
	}
	return found, cursorOf(f.steps()[to.step], *to.last), nil
}

// Place is where a walk goes on. The zero Place is the beginning. It stays good whatever
// becomes of the account that it is behind.
type Place struct {
	step int
	last *User
	end  bool
}

// End says that nothing follows.
func (p Place) End() bool { return p.end }

// Walk is Search for somebody who goes through all that is found at once.
func (s Store) Walk(ctx context.Context, f Filter, from Place, limit int) (found []User, next Place, err error) {
	steps, at, last := f.steps(), from.step, from.last
	// One more than the page tells whether anything follows.
	size := limit + 1
	for read := 0; at < len(steps); {
		if read >= looks*size && last != nil {
			return found, Place{step: at, last: last}, nil
		}
		rows, err := steps[at].read(ctx, s, f, last, size)
		if err != nil {
			return nil, Place{}, fmt.Errorf("account: search: %w", err)
		}
		for _, u := range rows {
			if f.foundBefore(steps[:at], u) || !f.matches(u) {
				continue
			}
			if len(found) == limit {
				return found, next, nil
			}
			found, next = append(found, u), Place{step: at, last: &u}
		}
		read += len(rows)
		if len(rows) < size {
			at, last = at+1, nil
			continue
		}
		last = &rows[len(rows)-1]
	}
	return found, Place{end: true}, nil
}

// anchor is the place that the cursor stands for.
func (s Store) anchor(ctx context.Context, f Filter, cursor string) (Place, error) {
	if cursor == "" {
		return Place{}, nil
	}
	name, text, _ := strings.Cut(cursor, ".")
	id, err := uuid.Parse(text)
	at := slices.IndexFunc(f.steps(), func(st step) bool { return st.name == name })
	if err != nil || at < 0 {
		return Place{}, paging.ErrCursor
	}
	u, err := s.one(ctx, "id = ? AND tenant_id = ?", id, f.TenantID)
	if errors.Is(err, ErrUnknown) {
		return Place{}, paging.ErrCursor
	}
	return Place{step: at, last: &u}, err
}

// cursorOf names the account and nothing that is personal: it stands in addresses.
func cursorOf(st step, u User) string { return st.name + "." + u.ID.String() }

// matches asks what the order of a range does not answer.
func (f Filter) matches(u User) bool {
	return (f.State == "" || f.State.Of(u)) && (f.Role == "" || slices.Contains(u.Roles, f.Role)) &&
		(f.From == nil || !u.CreatedAt.Before(*f.From)) && (f.To == nil || u.CreatedAt.Before(*f.To)) &&
		(!f.Administers || f.Text == "" || slices.ContainsFunc(f.texts(), func(st step) bool { return st.is(f, u) }))
}

// foundBefore reports whether an earlier step has found the account already.
func (f Filter) foundBefore(steps []step, u User) bool {
	return slices.ContainsFunc(steps, func(st step) bool { return st.is != nil && st.is(f, u) })
}

// steps are the ranges that are read, one after another.
func (f Filter) steps() []step {
	switch {
	case f.Administers:
		return []step{administrators}
	case f.Text != "":
		return f.texts()
	case f.State == Blocked:
		return []step{byTime("blocked", "disabled_at IS NOT NULL")}
	case f.State == Leaving:
		return []step{byTime("leaving", "delete_after IS NOT NULL")}
	case f.State == Invited:
		return []step{byTime("invited", "invited_at IS NOT NULL")}
	case f.Role != "":
		return []step{byTime("roles", "roles <> '{}'")}
	case f.State == Unverified:
		return []step{byTime("unverified", "email_verified_at IS NULL")}
	}
	return []step{byTime("time", "true")}
}

// texts are the steps that search for the beginning of something.
func (f Filter) texts() []step {
	var steps []step
	digits, isID := f.idDigits()
	if isID && (f.By == ByID || f.By == "" && len(digits) >= idDigits) {
		steps = append(steps, byID)
	}
	if f.By == ByEmail || f.By == "" {
		steps = append(steps, byEmail)
	}
	if f.By == ByName || f.By == "" {
		steps = append(steps, byName)
	}
	return steps
}

// idDigits are the hexadecimal digits of the text, if it can be the beginning of an id.
func (f Filter) idDigits() (string, bool) {
	digits := strings.ToLower(strings.ReplaceAll(strings.TrimSpace(f.Text), "-", ""))
	if digits == "" || len(digits) > 32 || strings.Trim(digits, "0123456789abcdef") != "" {
		return "", false
	}
	return digits, true
}

func (f Filter) email() string { return EmailKey(f.Text) }

func (f Filter) name() string { return strings.TrimSpace(f.Text) }

// greatest is behind every character, so that a text with it is behind all that begin
// with the text.
const greatest = string(utf8.MaxRune)
