package maintenance

import (
	"bytes"
	"os"
	"strings"
	"testing"
)

func TestBarIsDrawnWhenItChangesAndTakenAway(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	b := &bar{to: &out, percent: -1}
	b.clear()
	for _, share := range []float64{0, 0.25, 0.2549, 1} {
		b.show("sessions.clean", share)
	}
	b.clear()
	want := "\rsessions.clean [" + strings.Repeat(" ", 40) + "]   0%" +
		"\rsessions.clean [" + strings.Repeat("=", 10) + strings.Repeat(" ", 30) + "]  25%" +
		"\rsessions.clean [" + strings.Repeat("=", 40) + "] 100%\r\x1b[K"
	if got := out.String(); got != want {
		t.Errorf("got %q", got)
	}
}

func TestBarIsForTerminalsAlone(t *testing.T) {
	t.Parallel()
	file, err := os.Create(t.TempDir() + "/log")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	if newBar(file) != nil || newBar(new(bytes.Buffer)) != nil {
		t.Error("there is a bar in a file")
	}
}
