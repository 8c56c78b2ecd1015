package account

import (
	"context"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/uptrace/bun"
)

// step is one range of one index, read in its order.
type step struct {
	// name stands in cursors.
	name string
	// read returns up to n accounts behind last, or from the beginning without one.
	//
	// Each is one condition on each column of the index. A comparison of rows beside
	// another lower bound would begin at the first of the two that PostgreSQL meets, and
	// a deep page would read all that comes before it.
	read func(ctx context.Context, s Store, f Filter, last *User, n int) ([]User, error)
	// is reports whether an account is in the range of a text; nil where there is none.
	is func(f Filter, u User) bool
}

func (s Store) of(f Filter, into *[]User) *bun.SelectQuery {
	return s.DB.NewSelect().Model(into).Column(columns...).Where("tenant_id = ?", f.TenantID)
}

// byTime is the youngest first, among those of a partial index.
func byTime(name, among string) step {
	return step{name: name, read: func(ctx context.Context, s Store, f Filter, last *User, n int) (rows []User, err error) {
		q := s.of(f, &rows).Where(among).OrderExpr("created_at DESC, id DESC").Limit(int64(n))
		if f.From != nil {
			q = q.Where("created_at >= ?", *f.From)
		}
		switch {
		case last != nil:
			q = q.Where("(created_at, id) < (?, ?)", last.CreatedAt, last.ID)
		case f.To != nil:
			q = q.Where("created_at < ?", *f.To)
		}
		return rows, q.Scan(ctx)
	}}
}

var byID = step{
	name: "id",
	is: func(f Filter, u User) bool {
		digits, _ := f.idDigits()
		return strings.HasPrefix(strings.ReplaceAll(u.ID.String(), "-", ""), digits)
	},
	read: func(ctx context.Context, s Store, f Filter, last *User, n int) (rows []User, err error) {
		digits, _ := f.idDigits()
		first, err := uuid.Parse(digits + strings.Repeat("0", 32-len(digits)))
		if err != nil {
			return nil, err
		}
		final, err := uuid.Parse(digits + strings.Repeat("f", 32-len(digits)))
		if err != nil {
			return nil, err
		}
		q := s.of(f, &rows).Where("id >= ? AND id <= ?", first, final).OrderExpr("id").Limit(int64(n))
		if last != nil {
			q = q.Where("id > ?", last.ID)
		}
		return rows, q.Scan(ctx)
	},
}

var byEmail = step{
	name: "email",
	is:   func(f Filter, u User) bool { return strings.HasPrefix(u.EmailKey, f.email()) },
	read: func(ctx context.Context, s Store, f Filter, last *User, n int) (rows []User, err error) {
		q := s.of(f, &rows).Where(`email_key COLLATE "C" >= ? AND email_key COLLATE "C" < ?`, f.email(), f.email()+greatest).
			OrderExpr(`email_key COLLATE "C"`).Limit(int64(n))
		if last != nil {
			q = q.Where(`email_key COLLATE "C" > ?`, last.EmailKey)
		}
		return rows, q.Scan(ctx)
	},
}

var byName = step{
	name: "name",
	is: func(f Filter, u User) bool {
		return strings.HasPrefix(strings.ToLower(u.Name), strings.ToLower(f.name()))
	},
	read: func(ctx context.Context, s Store, f Filter, last *User, n int) (rows []User, err error) {
		if last != nil {
			// Those of the same name first.
			same := s.of(f, &rows).Where(`lower(name) COLLATE "C" = lower(?)`, last.Name).Where("id > ?", last.ID).OrderExpr("id").Limit(int64(n))
			if err := same.Scan(ctx); err != nil || len(rows) == n {
				return rows, err
			}
		}
		var further []User
		q := s.of(f, &further).Where(`lower(name) COLLATE "C" >= lower(?) AND lower(name) COLLATE "C" < lower(?) || ?`, f.name(), f.name(), greatest).
			OrderExpr(`lower(name) COLLATE "C", id`).Limit(int64(n - len(rows)))
		if last != nil {
			q = q.Where(`lower(name) COLLATE "C" > lower(?)`, last.Name)
		}
		err = q.Scan(ctx)
		return slices.Concat(rows, further), err
	},
}

// administrators are few among any number of accounts, and in a table of their own.
var administrators = step{
	name: "administrators",
	read: func(ctx context.Context, s Store, f Filter, last *User, n int) (rows []User, err error) {
		ids := s.DB.NewSelect().Table("administrators").ColumnExpr("DISTINCT user_id").Where("tenant_id = ?", f.TenantID).
			OrderExpr("user_id").Limit(int64(n))
		if last != nil {
			ids = ids.Where("user_id > ?", last.ID)
		}
		return rows, s.of(f, &rows).Where("id IN (?)", ids).OrderExpr("id").Scan(ctx)
	},
}
