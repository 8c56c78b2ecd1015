package selfservice

import (
	"context"

	"github.com/authway/authway/shared/account"
	"github.com/authway/authway/shared/postgres"
)

// way is one way to sign in, of which an account has none, one or several.
type way struct {
	count func(context.Context, postgres.IDB, account.User) (int, error)
}

// removing runs remove, which takes away a way to sign in, unless it would be the
// last one. Until the end of the transaction nobody else takes one away.
func (a *API) removing(ctx context.Context, p person, remove func(context.Context, postgres.IDB) error) error {
	return postgres.InTx(ctx, a.DB, func(ctx context.Context, tx postgres.IDB) error {
		u, err := a.locked(ctx, tx, p)
		if err != nil {
			return err
		}
		if err := remove(ctx, tx); err != nil {
			return err
		}
		left := 0
		for _, w := range append(ways[:len(ways):len(ways)], a.identitiesAlone(p.tenant)) {
			n, err := w.count(ctx, tx, u)
			if err != nil {
				return err
			}
			left += n
		}
		if left == 0 {
			return errLastWay
		}
		return nil
	})
}
