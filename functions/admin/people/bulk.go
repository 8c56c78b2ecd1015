package people

import (
	"context"

	"github.com/google/uuid"

	"github.com/authway/authway/shared/problem"
)

// ChangeUsers does the same to several accounts, one after another: who has left the page
// meanwhile has changed those that were done by then. What an account is refused for, or
// what fails for it, is said at its id.
func (a *API) ChangeUsers(ctx context.Context, r ChangeUsersRequestObject) (ChangeUsersResponseObject, error) {
	do := map[PersonBulkAction]func(context.Context, uuid.UUID, string) error{
		Block: a.block, Unblock: a.unblock, Revoke: a.revoke,
		EndSessions: a.endAll,
	}[r.Body.Action]
	answer := ChangeUsers200JSONResponse{Items: make([]PersonBulkItem, 0, len(r.Body.Ids))}
	for _, id := range r.Body.Ids {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		item := PersonBulkItem{ID: id, Ok: true}
		if err := do(ctx, id, r.Body.Reason); err != nil {
			code := problem.Of(a.Explain(explain(err))).Code()
			item.Ok, item.Code = false, &code
		}
		answer.Items = append(answer.Items, item)
	}
	return answer, nil
}
