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

	"filippo.io/age"
	"github.com/klauspost/compress/zstd"
)

// ErrIdentity: none of the identities is one that it was made for.
var ErrIdentity = errors.New("envelope: no identity given fits: it was encrypted for somebody else")

// ErrDamaged: it was changed or cut off.
var ErrDamaged = errors.New("envelope: damaged")

// window bounds what a decoder has to remember, and with it the memory of who
// reads backups.
const window = 4 << 20

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
	// One goroutine: the work is bounded by what the database sends.
	s.pack, err = zstd.NewWriter(s.seal, zstd.WithEncoderLevel(zstd.SpeedFastest),
		zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(window))
	return s, err
}

// counted is the envelope's outside.
type counted struct{ s *Writer }

func (c counted) Write(p []byte) (int, error) {
	n, err := c.s.target.Write(p)
	c.s.sum.Write(p[:n])
	c.s.out += int64(n)
	return n, err
}

func (w *Writer) Write(p []byte) (int, error) { return w.pack.Write(p) }

// Close ends the envelope. It does not close what it is written to.
func (w *Writer) Close() error {
	if err := w.pack.Close(); err != nil {
		return err
	}
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
	unpack, err := zstd.NewReader(content, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(window), zstd.WithDecoderLowmem(true))
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
