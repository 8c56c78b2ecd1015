package telemetry

import (
	"io"
	"log/slog"

	"github.com/authway/authway/shared/problem"
)

// NewLogger returns a logger that writes one JSON object per line. An error among a line's values loses the
// queries and passwords of the addresses it quotes. A line of a request that is traced has the trace's id.
func NewLogger(w io.Writer, function string, level slog.Level) *slog.Logger {
	h := slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level, ReplaceAttr: redact})
	return slog.New(withTrace{h}).With("function", function)
}

func redact(_ []string, a slog.Attr) slog.Attr {
	if a.Value.Kind() == slog.KindAny {
		if err, ok := a.Value.Any().(error); ok && err != nil {
			return slog.String(a.Key, problem.Redact(err.Error()))
		}
	}
	return a
}
