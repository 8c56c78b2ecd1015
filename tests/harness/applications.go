package harness

import (
	"strings"
	"testing"
)

// RecordedAt is what the audit log says of a client, in order: actions with details.
func (s *System) RecordedAt(t testing.TB, clientID string) (recorded []string) {
	t.Helper()
	var rows []struct{ Action, Detail string }
	err := s.db.NewRaw("SELECT action, detail::text FROM audit_events WHERE client_id = ? ORDER BY at, id", clientID).Scan(t.Context(), &rows)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		recorded = append(recorded, strings.TrimSpace(r.Action+" "+r.Detail))
	}
	return recorded
}
