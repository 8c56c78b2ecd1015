package audit

import (
	"testing"
	"time"

	"github.com/google/uuid"
)

func FuzzParseCursor(f *testing.F) {
	f.Add("2026-11-24T05:31:00.123456Z_" + uuid.NewString())
	f.Add("_")
	f.Add("2026-11-24T05:31:00+24:00_x")
	f.Fuzz(func(t *testing.T, text string) {
		at, id, err := parseCursor(text)
		if err != nil {
			return
		}
		again, same, err := parseCursor(at.UTC().Format(time.RFC3339Nano) + "_" + id.String())
		if err != nil || !again.Equal(at) || same != id {
			t.Errorf("%q is read as %s %s and then as %s %s, %v", text, at, id, again, same, err)
		}
	})
}
