package audit

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/authway/authway/shared/paging"
)

func FuzzParseCursor(f *testing.F) {
	f.Add("2026-11-24T05:31:00.123456Z_" + uuid.NewString())
	f.Add("_")
	f.Add("2026-11-24T05:31:00+24:00_x")
	f.Fuzz(func(t *testing.T, text string) {
		at, id, err := paging.Read(text)
		if err != nil {
			return
		}
		again, same, err := paging.Read(at.UTC().Format(time.RFC3339Nano) + "_" + id.String())
		if err != nil || !again.Equal(at) || same != id {
			t.Errorf("%q is read as %s %s and then as %s %s, %v", text, at, id, again, same, err)
		}
	})
}
