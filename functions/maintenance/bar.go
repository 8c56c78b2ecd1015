package maintenance

import (
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

// barWidth is that of the bar between its brackets.
const barWidth = 40

// bar shows on a terminal how far a job is, in one line that is taken away at the
// end.
type bar struct {
	to io.Writer
	// percent is what it shows, and -1 when there is nothing.
	percent int
}

// newBar is nil where complaints do not go to a terminal: a log is not to be
// filled with bars.
func newBar(complaints io.Writer) *bar {
	file, ok := complaints.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) {
		return nil
	}
	return &bar{to: file, percent: -1}
}

// show is a job.Runner's Watch.
func (b *bar) show(job string, share float64) {
	percent := int(share * 100)
	if percent == b.percent {
		return
	}
	b.percent = percent
	full := int(share * barWidth)
	_, _ = fmt.Fprintf(b.to, "\r%s [%s%s] %3d%%", job, strings.Repeat("=", full), strings.Repeat(" ", barWidth-full), percent)
}

// clear takes the line away (ECMA-48, EL).
func (b *bar) clear() {
	if b.percent >= 0 {
		_, _ = io.WriteString(b.to, "\r\x1b[K")
		b.percent = -1
	}
}
