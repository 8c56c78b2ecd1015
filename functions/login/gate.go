package login

import (
	"net/http"
	"runtime"
	"sync/atomic"
)

// formsPerCore is twice what a core hashes and keeps waiting: some are still on their way
// to their hash, and some past it.
const formsPerCore = 10

// gate bounds how many passwords are on their way at once. A form asks Hydra and the
// database before it comes to its hash, and in a flood those who are turned away only
// there would take the connections of those who are let in.
type gate struct {
	places  chan struct{}
	refused atomic.Int64
}

func newGate() *gate {
	return &gate{places: make(chan struct{}, formsPerCore*runtime.GOMAXPROCS(0))}
}

// enter takes a place until leave is called, or is errOverloaded at once.
func (g *gate) enter() (leave func(), err error) {
	select {
	case g.places <- struct{}{}:
		return func() { <-g.places }, nil
	default:
		g.refused.Add(1)
		return nil, errOverloaded
	}
}

// letIn lets a form with a password in. Whoever sends too many from one address has been
// told so before, and takes nobody's place.
func (f *Function) letIn(r *http.Request) (leave func(), err error) {
	if err := f.mayPost(r); err != nil {
		return nil, err
	}
	return f.gate.enter()
}
