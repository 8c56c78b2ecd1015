package system

import (
	"context"

	"github.com/google/uuid"

	"github.com/authway/authway/functions/admin/access"
)

// EnterMonitoring lets the edge ask, for a request to Grafana, Prometheus or
// Alertmanager, who it is. The rule has answered whether they may.
func (a *API) EnterMonitoring(ctx context.Context, _ EnterMonitoringRequestObject) (EnterMonitoringResponseObject, error) {
	caller := access.From(ctx)
	who := caller.Client
	if caller.User.ID != uuid.Nil {
		who = caller.User.ID.String()
	}
	return EnterMonitoring204Response{Headers: EnterMonitoring204ResponseHeaders{AuthwayCaller: &who}}, nil
}
