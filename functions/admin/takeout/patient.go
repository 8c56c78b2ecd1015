package takeout

import (
	"io"
	"net/http"
	"time"

	"github.com/authway/authway/shared/clock"
)

// Patience is how long somebody may not read before they are cut off.
const Patience = 10 * time.Second

type patient struct {
	w     http.ResponseWriter
	hold  *http.ResponseController
	clock clock.Clock
}

// Patient writes to w, and gives each write Patience: a reader that stands still holds
// one of a few places, and a connection to the database.
func Patient(w http.ResponseWriter, c clock.Clock) io.Writer {
	return &patient{w, http.NewResponseController(w), c}
}

func (p *patient) Write(b []byte) (int, error) {
	if err := p.hold.SetWriteDeadline(p.clock.Now().Add(Patience)); err != nil {
		return 0, err
	}
	return p.w.Write(b)
}
