package serve

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/authway/authway/shared/clock"
	"github.com/authway/authway/shared/config"
	"github.com/authway/authway/shared/telemetry"
)

// Spec is what a function tells about itself.
type Spec struct {
	Name string
	// Open builds the function from its settings. It must not wait for the network; ctx lives until the
	// function has stopped. Its error is a mistake in the configuration.
	Open func(ctx context.Context, s Setup) (Function, error)
	// Longest is how long a request may take to be read or answered. Zero means 30 seconds.
	Longest time.Duration
}

// Setup is what a function is given.
type Setup struct {
	Lookup  config.Lookup
	Log     *slog.Logger
	Metrics *telemetry.Metrics
	Clock   clock.Clock
}

// Function is a deployed unit, in the words of Knative's func; its Start is Spec.Open.
type Function interface {
	// Handle answers requests. serve has given them an id and logs and counts them.
	Handle(http.ResponseWriter, *http.Request)
	// Alive is false when only a restart helps.
	Alive(context.Context) (bool, error)
	// Ready is false when requests would fail. Its error names the missing parts, as Parts.Ready does.
	Ready(context.Context) (bool, error)
	// Stop runs after the last request has ended.
	Stop(context.Context) error
}

// Leaver is a Function whose answers may go on for as long as somebody listens.
type Leaver interface {
	// Leave is called once, when the server begins to stop: what does not end by itself
	// has to end now. It does not wait for it.
	Leave()
}

// Options place a Server.
type Options struct {
	Lookup config.Lookup
	// Listen is the address of the function, such as "127.0.0.1:0".
	Listen string
	// Ops is the address of metrics and profiles; "" means none.
	Ops string
	// LogWriter receives the log; nil discards it.
	LogWriter io.Writer
	// Clock is the machine's unless given.
	Clock clock.Clock

	// quiet is how long no request must have come before the listener closes.
	quiet time.Duration
	// mistakes were found before Start, and are to be told with those it finds.
	mistakes error
}
