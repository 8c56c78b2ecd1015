package audit

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/uptrace/bun"
)

// DetailSession is the detail that names the session an event belongs to.
const DetailSession = "session"

// ClientsOf are the applications that a person granted something from a session.
// Hydra lists no consent that it was spared asking for; this is all of them.
func ClientsOf(ctx context.Context, db bun.IDB, tenantID, userID, session uuid.UUID) ([]string, error) {
	var clients []string
	err := db.NewSelect().Model((*row)(nil)).ColumnExpr("DISTINCT client_id").
		Where("tenant_id = ? AND subject_id = ? AND action = ?", tenantID, userID.String(), ActionConsentGranted).
		Where("detail ->> ? = ?", DetailSession, session.String()).Scan(ctx, &clients)
	if err != nil {
		return nil, fmt.Errorf("audit: clients: %w", err)
	}
	return clients, nil
}
