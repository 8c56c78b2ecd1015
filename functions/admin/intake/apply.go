package intake

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/authway/authway/functions/admin/intake/lines"
	"github.com/authway/authway/shared/account"
	"github.com/authway/authway/shared/credential"
	"github.com/authway/authway/shared/factor"
	"github.com/authway/authway/shared/intake"
	"github.com/authway/authway/shared/invitation"
	"github.com/authway/authway/shared/outbox"
	"github.com/authway/authway/shared/postgres"
	"github.com/authway/authway/shared/tenant"
)

// future is how far a clock elsewhere may be ahead.
const future = 24 * time.Hour

// apply makes accounts of a batch's entries, or finds what is wrong with them.
func (r *run) apply(ctx context.Context, tx postgres.IDB, b *batch, now time.Time) error {
	if err := r.sift(ctx, tx, b, now); err != nil {
		return err
	}
	keys := make([]string, len(b.entries))
	var ids []uuid.UUID
	for n, e := range b.entries {
		keys[n] = account.EmailKey(e.Email)
		if e.ID != uuid.Nil {
			ids = append(ids, e.ID)
		}
	}
	accounts := account.Store{DB: tx}
	known, err := accounts.Known(ctx, r.home.ID, keys, r.OnExisting == intake.Update && !r.DryRun)
	if err != nil {
		return err
	}
	taken, err := accounts.Taken(ctx, ids)
	if err != nil {
		return err
	}
	var fresh []lines.Entry
	var changed []account.Description
	for n, e := range b.entries {
		switch u, there := known[keys[n]]; {
		case there:
			if r.meet(b, e, u) {
				changed = append(changed, account.Description{ID: u.ID, Name: e.Name, Locale: e.Locale, Roles: e.Roles})
			}
		case taken[e.ID]:
			b.fail(e.Line, lines.Fault{Code: lines.FaultIDTaken, Field: lines.FieldID})
		default:
			fresh = append(fresh, e)
		}
	}
	if r.DryRun {
		b.counts.Created += int64(len(fresh))
		return nil
	}
	if err := accounts.DescribeMany(ctx, changed, now); err != nil {
		return err
	}
	for _, u := range changed {
		b.changed = append(b.changed, u.ID)
	}
	return r.create(ctx, tx, b, fresh, now)
}

// sift takes out what stands in the file twice, names a role that the tenant has not,
// or lies in the future.
func (r *run) sift(ctx context.Context, tx postgres.IDB, b *batch, now time.Time) error {
	twice, err := r.twice(ctx, tx, b.entries)
	if err != nil {
		return err
	}
	roles, err := r.roles(ctx, tx, b.entries)
	if err != nil {
		return err
	}
	var good []lines.Entry
	for n, e := range b.entries {
		var faults []lines.Fault
		if twice[n] != "" {
			faults = append(faults, lines.Fault{Code: lines.FaultTwice, Field: twice[n]})
		}
		if slices.ContainsFunc(e.Roles, func(role string) bool { return !roles[role] }) {
			faults = append(faults, lines.Fault{Code: lines.FaultRole, Field: lines.FieldRoles})
		}
		if e.CreatedAt.After(now.Add(future)) {
			faults = append(faults, lines.Fault{Code: lines.FaultFuture, Field: lines.FieldCreatedAt})
		}
		if len(faults) > 0 {
			b.fail(e.Line, faults...)
			continue
		}
		good = append(good, e)
	}
	b.entries = good
	return nil
}

// twice are the fields of entries that lines before have.
func (r *run) twice(ctx context.Context, tx postgres.IDB, entries []lines.Entry) ([]string, error) {
	type name = [16]byte
	var names []name
	here := map[name]bool{}
	found := make([]string, len(entries))
	each := func(do func(n int, field string, of name)) {
		for n, e := range entries {
			do(n, lines.FieldEmail, intake.Name(lines.FieldEmail, account.EmailKey(e.Email)))
			if e.ID != uuid.Nil {
				do(n, lines.FieldID, intake.Name(lines.FieldID, e.ID.String()))
			}
		}
	}
	each(func(n int, field string, of name) {
		if here[of] && found[n] == "" {
			found[n] = field
		}
		if !here[of] {
			here[of], names = true, append(names, of)
		}
	})
	before, err := intake.Store{DB: tx}.Seen(ctx, r.Import, names)
	if err != nil {
		return nil, err
	}
	each(func(n int, field string, of name) {
		if before[of] && found[n] == "" {
			found[n] = field
		}
	})
	return found, nil
}

// roles are those of the entries that the tenant has. They stay until the end of the
// transaction.
func (r *run) roles(ctx context.Context, tx postgres.IDB, entries []lines.Entry) (map[string]bool, error) {
	asked := map[string]bool{}
	for _, e := range entries {
		for _, role := range e.Roles {
			asked[role] = true
		}
	}
	there := map[string]bool{}
	if len(asked) == 0 {
		return there, nil
	}
	store := tenant.Roles{DB: tx}
	all, err := store.Of(ctx, r.home.ID)
	if err != nil {
		return nil, err
	}
	var held []string
	for _, role := range all {
		if asked[role.Name] {
			held = append(held, role.Name)
			there[role.Name] = true
		}
	}
	return there, store.Hold(ctx, r.home.ID, held)
}

// meet says what is done with an address that has an account, and whether that is
// changed.
func (r *run) meet(b *batch, e lines.Entry, u account.User) bool {
	switch {
	case r.OnExisting == intake.Fail:
		b.fail(e.Line, lines.Fault{Code: lines.FaultExists, Field: lines.FieldEmail})
		return false
	case r.OnExisting == intake.Update && u.DeleteAfter == nil:
		b.counts.Updated++
		return true
	}
	b.counts.Skipped++
	b.found = append(b.found, intake.Finding{Line: e.Line, Code: lines.FaultExists, Field: lines.FieldEmail})
	return false
}

// described is an account with what an entry says of its name, language and roles. Who
// may sign in with what is not changed by a file.
func described(u account.User, e lines.Entry) account.User {
	if e.Name != nil {
		u.Name = *e.Name
	}
	if e.Locale != nil {
		u.Locale = *e.Locale
	}
	if e.Roles != nil {
		u.Roles = e.Roles
	}
	return u
}

// create makes accounts. An address or id that somebody has taken in this very moment
// counts as one that was there.
func (r *run) create(ctx context.Context, tx postgres.IDB, b *batch, fresh []lines.Entry, now time.Time) error {
	users := make([]account.User, len(fresh))
	for n, e := range fresh {
		users[n] = r.user(e, now)
	}
	made, err := account.Store{DB: tx}.CreateMany(ctx, users)
	if err != nil {
		return err
	}
	var hashes []credential.Imported
	var keys []factor.Imported
	var guests []account.User
	for n, u := range users {
		e := fresh[n]
		if !made[u.ID] {
			b.counts.Skipped++
			b.found = append(b.found, intake.Finding{Line: e.Line, Code: lines.FaultExists, Field: lines.FieldEmail})
			continue
		}
		b.made = append(b.made, u.ID)
		if e.Hash != "" {
			hashes = append(hashes, credential.Imported{TenantID: r.home.ID, UserID: u.ID, Hash: e.Hash})
		}
		if e.Key != nil {
			keys = append(keys, factor.Imported{Owner: factor.Owner{TenantID: r.home.ID, UserID: u.ID}, Key: e.Key})
		}
		if e.Hash == "" && u.DisabledAt == nil && r.SendInvitations {
			guests = append(guests, u)
		}
	}
	b.counts.Created += int64(len(b.made))
	if err := (credential.Store{DB: tx}).AddMany(ctx, hashes, now); err != nil {
		return err
	}
	if err := r.Factors.In(tx).AddMany(ctx, keys); err != nil {
		return err
	}
	return r.invite(ctx, tx, guests, now)
}

func (r *run) user(e lines.Entry, now time.Time) account.User {
	u := described(account.User{
		ID: e.ID, TenantID: r.home.ID, Email: e.Email, EmailKey: account.EmailKey(e.Email), CreatedAt: now, UpdatedAt: now,
	}, e)
	if u.ID == uuid.Nil {
		u.ID = uuid.New()
	}
	if !e.CreatedAt.IsZero() {
		u.CreatedAt = e.CreatedAt
	}
	if e.Verified {
		u.EmailVerifiedAt = &now
	}
	if e.Disabled {
		u.DisabledAt = &now
	}
	if e.Hash == "" {
		u.InvitedAt = &now
	}
	return u
}

func (r *run) invite(ctx context.Context, tx postgres.IDB, guests []account.User, now time.Time) error {
	if len(guests) == 0 {
		return nil
	}
	invited := make([]invitation.Guest, len(guests))
	for n, u := range guests {
		invited[n] = invitation.Guest{UserID: u.ID, AddressKey: u.EmailKey}
	}
	tokens, until, err := invitation.Store{DB: tx}.IssueMany(ctx, r.home.ID, invited, now)
	if err != nil {
		return err
	}
	letters := make([]outbox.Mail, len(guests))
	for n, u := range guests {
		letters[n] = letter(r.home, u, tokens[n], until)
	}
	r.mailed = true
	return r.Outbox.AddMails(ctx, tx, r.home.ID, letters)
}
