package replica

import "io"

// feed is a segment on its way to the keeper, without a copy of it: a piece lies in
// the connection's buffer, which is filled again when the piece has been taken.
type feed struct {
	pieces chan []byte
	// taken is told once for each piece, and waits for nobody.
	taken chan struct{}
	kept  chan error
	// err is why the pieces end, if that is not the end of what there is. It is set
	// before they do.
	err error

	rest []byte
	lent bool
}

func newFeed() *feed {
	return &feed{pieces: make(chan []byte), taken: make(chan struct{}, 1), kept: make(chan error, 1)}
}

func (f *feed) Read(p []byte) (int, error) {
	for len(f.rest) == 0 {
		if f.lent {
			f.lent = false
			f.taken <- struct{}{}
		}
		piece, more := <-f.pieces
		if !more && f.err != nil {
			return 0, f.err
		}
		if !more {
			return 0, io.EOF
		}
		f.rest, f.lent = piece, true
	}
	n := copy(p, f.rest)
	f.rest = f.rest[n:]
	return n, nil
}
