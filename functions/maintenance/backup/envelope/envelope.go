package envelope

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"sync"

	"filippo.io/age"
	"github.com/klauspost/compress/zstd"
)

// ErrIdentity: none of the identities is one that it was made for.
var ErrIdentity = errors.New("envelope: no identity given fits: it was encrypted for somebody else")

// ErrDamaged: it was changed or cut off.
var ErrDamaged = errors.New("envelope: damaged")

// window is how far back what repeats is found. It is more than pg_basebackup's,
// and an encoder takes two of them.
const window = 1 << 20

// widest bounds what a decoder has to remember, and with it the memory of who reads
// backups.
const widest = 4 << 20

// Recipients are those who can open an envelope.
type Recipients []age.Recipient

// ParseRecipients reads public keys (age1…), as one or several lines or
// separated by commas. None is an error.
func ParseRecipients(text string) (Recipients, error) {
	all, err := age.ParseRecipients(bytes.NewReader(lines(text)))
	if err != nil {
		return nil, errors.New("envelope: not public keys of age, such as age1…")
	}
	return all, nil
}

// Identities open envelopes.
type Identities []age.Identity

// ParseIdentities reads secret keys (AGE-SECRET-KEY-1…), a line each, with
// comments. The error does not repeat them.
func ParseIdentities(text string) (Identities, error) {
	all, err := age.ParseIdentities(bytes.NewReader(lines(text)))
	if err != nil {
		return nil, errors.New("envelope: not secret keys of age, such as AGE-SECRET-KEY-1…")
	}
	return all, nil
}

// lines lets a list of settings have commas.
func lines(text string) []byte { return bytes.ReplaceAll([]byte(text), []byte(","), []byte("\n")) }

// Pair is a new identity and its public key, as text.
func Pair() (identity, recipient string, err error) {
	id, err := age.GenerateX25519Identity()
	if err != nil {
		return "", "", err
	}
	return id.String(), id.Recipient().String(), nil
}

// Writer seals what is written to it. It is whole only after Close, and only if
// that was without error.
type Writer struct {
	pack   *zstd.Encoder
	seal   io.WriteCloser
	sum    hash.Hash
	out    int64
	target io.Writer
}

// Seal begins an envelope for to.
func Seal(w io.Writer, to Recipients) (*Writer, error) {
	s := &Writer{sum: sha256.New(), target: w}
	var err error
	if s.seal, err = age.Encrypt(counted{s}, to...); err != nil {
		return nil, err
	}
	s.pack = packs.Get().(*zstd.Encoder)
	s.pack.Reset(s.seal)
	return s, nil
}

// packs are encoders that are not in use. A drain seals one segment after another,
// and what each would leave behind is more than all else that a backup holds.
var packs = sync.Pool{New: func() any {
	// One goroutine: the work is bounded by what the database sends. There is no error
	// but of the options.
	pack, _ := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(window))
	return pack
}}

// Most is how long the envelope of n bytes can be.
func Most(n int) int { return n + n>>10 + 4<<10 }

// counted is the envelope's outside.
type counted struct{ s *Writer }

func (c counted) Write(p []byte) (int, error) {
	n, err := c.s.target.Write(p)
	c.s.sum.Write(p[:n])
	c.s.out += int64(n)
	return n, err
}

var errClosed = errors.New("envelope: it is closed")

func (w *Writer) Write(p []byte) (int, error) {
	if w.pack == nil {
		return 0, errClosed
	}
	return w.pack.Write(p)
}

// Close ends the envelope. It does not close what it is written to.
func (w *Writer) Close() error {
	pack := w.pack
	if pack == nil {
		return errClosed
	}
	w.pack = nil
	if err := pack.Close(); err != nil {
		return err
	}
	packs.Put(pack)
	return w.seal.Close()
}

// SHA256 is of the whole envelope, in hexadecimal, and Size its length in bytes;
// both count after Close.
func (w *Writer) SHA256() string { return hex.EncodeToString(w.sum.Sum(nil)) }

// Size is the length of the envelope in bytes.
func (w *Writer) Size() int64 { return w.out }

// Open reads an envelope: ErrIdentity when it was made for others, ErrDamaged when
// it is not what was sealed. Reading goes to io.EOF: only then is it known to be
// whole.
func Open(r io.Reader, with Identities) (io.ReadCloser, error) {
	source := &faithful{r: r}
	inside, err := age.Decrypt(source, with...)
	var nobody *age.NoIdentityMatchError
	switch {
	case source.err != nil:
		return nil, source.err
	case errors.As(err, &nobody):
		return nil, ErrIdentity
	case err != nil:
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	content := &faithful{r: inside}
	unpack, err := zstd.NewReader(content, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(widest), zstd.WithDecoderLowmem(true))
	if err != nil {
		return nil, err
	}
	return &reader{unpack: unpack, content: content, source: source}, nil
}

// faithful remembers an error of the source, to tell it from damage.
type faithful struct {
	r   io.Reader
	err error
}

func (f *faithful) Read(p []byte) (int, error) {
	n, err := f.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		f.err = err
	}
	return n, err
}

type reader struct {
	unpack          *zstd.Decoder
	content, source *faithful
}

func (r *reader) Read(p []byte) (int, error) {
	n, err := r.unpack.Read(p)
	if err == nil {
		return n, nil
	}
	// What is cut off before the first frame looks to zstd like an empty stream.
	if errors.Is(err, io.EOF) && r.content.err == nil {
		return n, io.EOF
	}
	if r.source.err != nil {
		return n, r.source.err
	}
	return n, fmt.Errorf("%w: %w", ErrDamaged, cmp.Or(r.content.err, err))
}

func (r *reader) Close() error {
	r.unpack.Close()
	return nil
}
