package takeout

import (
	"net/http"
	"sync"
	"time"

	"github.com/authway/authway/shared/problem"
)

// ErrBusy says that all places are taken, or all that one caller may take.
var ErrBusy = problem.New(http.StatusServiceUnavailable, "busy", "Too many listen or take away at the moment. Try again in a while.").After(10 * time.Second)

// Places are how many may be served at once, by a process: All of them, and Each of one
// caller, so that nobody keeps everybody else out.
type Places struct {
	All, Each int

	mu    sync.Mutex
	taken int
	by    map[string]int
}

// Take takes a place for a caller until leave is called, or returns ErrBusy.
func (p *Places) Take(caller string) (leave func(), err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.taken >= p.All || p.by[caller] >= p.Each {
		return nil, ErrBusy
	}
	if p.by == nil {
		p.by = map[string]int{}
	}
	p.taken++
	p.by[caller]++
	return sync.OnceFunc(func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.taken--
		if p.by[caller]--; p.by[caller] == 0 {
			delete(p.by, caller)
		}
	}), nil
}
