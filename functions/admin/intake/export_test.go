package intake

import (
	"errors"
	"net/http/httptest"
	"testing"

	"github.com/authway/authway/functions/admin/takeout"
)

// Nothing is asked of the database for somebody who has no place.
func TestExportsAreBounded(t *testing.T) {
	t.Parallel()
	f := file{API: &API{Exports: &takeout.Places{All: 1}}, ctx: t.Context()}
	answer := httptest.NewRecorder()
	if err := f.VisitExportUsersResponse(answer); !errors.Is(err, takeout.ErrBusy) || answer.Body.Len() != 0 || len(answer.Header()) != 0 {
		t.Errorf("%v, %v", err, answer)
	}
}
