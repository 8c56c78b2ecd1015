package standalone

import (
	"bytes"
	"io"
	"os"
	"sync"
)

// teeErrors writes every line to a file and repeats those that tell of an error
// for the person at the terminal.
type teeErrors struct {
	mu   sync.Mutex
	file *os.File
	loud io.Writer
}

// errorMark is how log/slog's JSON writes the level.
var errorMark = []byte(`"level":"ERROR"`)

// Write gets whole lines from log/slog.
func (t *teeErrors) Write(line []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if bytes.Contains(line, errorMark) {
		_, _ = t.loud.Write(line)
	}
	return t.file.Write(line)
}

func (t *teeErrors) Close() error { return t.file.Close() }
