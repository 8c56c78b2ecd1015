package sealed

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"github.com/authway/authway/shared/seal"
)

// batch is how many values one statement changes: a moment's locks.
const batch = 500

// column is a place where values are kept for long.
type column struct {
	// place is its name in sealed_values; what its values are bound to begins with
	// it.
	place string
	// table has the column sealed, and id as its key, of type idType.
	table, sealed, id, idType string
	// owner is the column whose text follows the place and a colon, if there is one.
	owner string
	// text says that values are kept in base64.
	text bool
}

var kept = []column{
	{place: "signing_keys.private_key", table: "signing_keys", sealed: "private_key", id: "kid", idType: "text", owner: "kid"},
	{place: "credentials.totp", table: "sealed_totp", sealed: "sealed", id: "id", idType: "uuid", owner: "user_id", text: true},
	{place: "credentials.recovery", table: "sealed_reveals", sealed: "sealed", id: "id", idType: "uuid", owner: "user_id", text: true},
	{place: "client_secrets.sealed", table: "client_secrets", sealed: "sealed", id: "client_id", idType: "text", owner: "client_id"},
	{place: "outbox.payload", table: "outbox", sealed: "payload", id: "id", idType: "uuid"},
}

// value is one of them.
type value struct {
	ID    string `bun:"id"`
	Owner string `bun:"owner"`
	Value []byte `bun:"value"`
}

// reseal changes a column. before is how many values of others were changed.
func (s Store) reseal(ctx context.Context, c column, older []seal.KeyID, until time.Time, before int) (total int, err error) {
	var damaged error
	after := ""
	for s.Clock.Now().Before(until) && ctx.Err() == nil {
		values, err := s.next(ctx, c, older, after)
		if err != nil || len(values) == 0 {
			return total, errors.Join(damaged, err)
		}
		after = values[len(values)-1].ID
		n, err := s.change(ctx, c, values)
		total += n
		if s.Resealed != nil {
			s.Resealed(before + total)
		}
		if errors.Is(err, ErrDamaged) {
			damaged = fmt.Errorf("%w (in %s)", err, c.place)
		} else if err != nil {
			return total, err
		}
	}
	return total, errors.Join(damaged, ctx.Err())
}

// next reads a batch of values under older keys, in the order of their ids.
func (s Store) next(ctx context.Context, c column, older []seal.KeyID, after string) ([]value, error) {
	as, owner := "?", "''"
	if c.text {
		as = "decode(?, 'base64')"
	}
	if c.owner != "" {
		owner = c.owner + "::text"
	}
	ids := make([][]byte, len(older))
	for i := range older {
		ids[i] = older[i][:]
	}
	column := bun.Ident(c.sealed)
	query := s.DB.NewSelect().TableExpr(c.table).
		ColumnExpr(c.id+"::text AS id").ColumnExpr(owner+" AS owner").ColumnExpr(as+" AS value", column).
		Where("substring("+as+" FROM 1 FOR 4) IN (?)", column, bun.List(ids)).
		OrderExpr(c.id).Limit(batch)
	if after != "" {
		query = query.Where(c.id+" > ?::"+c.idType, after)
	}
	var values []value
	if err := query.Scan(ctx, &values); err != nil {
		return nil, fmt.Errorf("sealed: read %s: %w", c.place, err)
	}
	return values, nil
}

// change seals a batch anew, each value only if it is still what was read.
func (s Store) change(ctx context.Context, c column, values []value) (int, error) {
	var damaged error
	var args []any
	rows := 0
	for _, v := range values {
		bound := c.place
		if c.owner != "" {
			bound += ":" + v.Owner
		}
		fresh, err := s.Box.Reseal(bound, v.Value)
		if err != nil {
			damaged = ErrDamaged
			continue
		}
		args = append(args, v.ID, c.kept(v.Value), c.kept(fresh))
		rows++
	}
	if rows == 0 {
		return 0, damaged
	}
	valueType := "bytea"
	if c.text {
		valueType = "text"
	}
	one := fmt.Sprintf("(?::%s, ?::%s, ?::%s), ", c.idType, valueType, valueType)
	result, err := s.DB.NewRaw(fmt.Sprintf(
		"UPDATE %[1]s AS t SET %[2]s = v.fresh FROM (VALUES %[3]s) AS v (id, before, fresh) WHERE t.%[4]s = v.id AND t.%[2]s = v.before",
		c.table, c.sealed, strings.TrimSuffix(strings.Repeat(one, rows), ", "), c.id), args...).Exec(ctx)
	if err != nil {
		return 0, fmt.Errorf("sealed: change %s: %w", c.place, err)
	}
	n, err := result.RowsAffected()
	return int(n), errors.Join(damaged, err)
}

// kept is a value in the form that the column keeps it in.
func (c column) kept(value []byte) any {
	if c.text {
		return base64.StdEncoding.EncodeToString(value)
	}
	return value
}
