package grant

import (
	"context"
	"log/slog"
	"strings"
	"sync"
)

// Warner tells the operator of rules that name what is no claim, once in a process
// for each application and mistake.
type Warner struct {
	Log *slog.Logger

	said sync.Map
}

// Check warns of the application's rules, if there is reason to.
func (w *Warner) Check(ctx context.Context, clientID string, rules Rules) {
	unknown := rules.Unknown()
	if len(unknown) == 0 {
		return
	}
	if _, again := w.said.LoadOrStore(clientID+" "+strings.Join(unknown, " "), true); !again {
		w.Log.WarnContext(ctx, "the application's metadata names claims that do not exist",
			slog.String("client_id", clientID), slog.Any("claims", unknown))
	}
}
