package problem

import "net/http"

// Tracked is a ResponseWriter that knows whether its answer has begun: from then on an error can only be
// logged.
type Tracked struct {
	http.ResponseWriter
	begun bool
}

// Track follows w. A writer that is followed already is returned as it is.
func Track(w http.ResponseWriter) *Tracked {
	if t, ok := w.(*Tracked); ok {
		return t
	}
	return &Tracked{ResponseWriter: w}
}

// Begun tells whether a status or a part of the body was sent.
func (t *Tracked) Begun() bool { return t.begun }

// WriteHeader sends the status. 1xx answers come before the answer (RFC 9110 section 15.2).
func (t *Tracked) WriteHeader(status int) {
	t.begun = t.begun || status >= 200 || status == http.StatusSwitchingProtocols
	t.ResponseWriter.WriteHeader(status)
}

// Write sends a part of the body.
func (t *Tracked) Write(b []byte) (int, error) {
	t.begun = true
	return t.ResponseWriter.Write(b)
}

// FlushError sends what is buffered, which begins the answer.
func (t *Tracked) FlushError() error {
	t.begun = true
	return http.NewResponseController(t.ResponseWriter).Flush()
}

// Unwrap lets http.ResponseController reach the connection.
func (t *Tracked) Unwrap() http.ResponseWriter { return t.ResponseWriter }
