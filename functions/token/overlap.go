package token

import (
	"bytes"
	"context"
	"encoding/base64"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/authway/authway/shared/client"
	"github.com/authway/authway/shared/clock"
	"github.com/authway/authway/shared/seal"
)

const (
	// maxForm is more than any request for a token weighs. What is larger is passed on
	// unread.
	maxForm = 64 << 10
	// overlapsFor is how long the list of clients with two secrets is believed, and
	// overlapsAgain how soon it may be asked for once more when a secret was refused.
	overlapsFor   = time.Second
	overlapsAgain = 50 * time.Millisecond
	// overlapsWithin bounds the question: without an answer requests go on as they came.
	overlapsWithin = time.Second
)

// overlaps are the clients that have two secrets, as this process was last told. There
// are hardly ever any, and then a request costs a look at an empty map.
type overlaps struct {
	// ask is for all clients that have two good secrets at a time.
	ask   func(ctx context.Context, now time.Time) ([]client.Overlap, error)
	box   *seal.Box
	clock clock.Clock

	last atomic.Pointer[told]

	mu sync.Mutex
	// under is the question under way, and next the one after it, which those share who
	// came when it had begun.
	under, next *asking
}

// told is a list and when it was answered.
type told struct {
	at      time.Time
	clients map[string]client.Overlap
}

// asking is a question that several wait for.
type asking struct {
	done   chan struct{}
	answer *told
}

// list is what is known, asked for anew when it is older than age. However many wait,
// and whoever they are, there is one question at a time, and nobody waits for more than
// two: strangers with made-up secrets hold nobody up. Whoever leaves is told nothing.
// since asks for an answer to a question that begins from now on.
func (o *overlaps) list(ctx context.Context, age time.Duration, since bool) map[string]client.Overlap {
	if last := o.last.Load(); last != nil && o.clock.Now().Sub(last.at) < age {
		return last.clients
	}
	a := o.join(since)
	select {
	case <-a.done:
		return a.answer.clients
	case <-ctx.Done():
		return nil
	}
}

// join is the question to wait for.
func (o *overlaps) join(since bool) *asking {
	o.mu.Lock()
	defer o.mu.Unlock()
	fresh := func() *asking { return &asking{done: make(chan struct{})} }
	switch {
	case o.under == nil:
		o.under = fresh()
		go o.run(o.under)
		return o.under
	case !since:
		return o.under
	case o.next == nil:
		o.next = fresh()
	}
	return o.next
}

// run asks, for nobody in particular: whoever has begun to wait may leave.
func (o *overlaps) run(a *asking) {
	for a != nil {
		a.answer = o.fetch()
		o.last.Store(a.answer)
		close(a.done)
		o.mu.Lock()
		a, o.under, o.next = o.next, o.next, nil
		o.mu.Unlock()
	}
}

func (o *overlaps) fetch() *told {
	ctx, cancel := context.WithTimeout(context.Background(), overlapsWithin)
	defer cancel()
	all, err := o.ask(ctx, o.clock.Now())
	fresh := &told{at: o.clock.Now(), clients: map[string]client.Overlap{}}
	if last := o.last.Load(); err != nil && last != nil {
		// What was true a second ago is better than nothing.
		fresh.clients = last.clients
		return fresh
	}
	for _, one := range all {
		fresh.clients[one.ClientID] = one
	}
	return fresh
}

// shown is how a client has proved itself (RFC 6749, section 2.3.1): in the header, or
// in the form.
type shown struct {
	id, secret string
	form       url.Values
}

// read finds what a client has shown, if it is a secret and shown once.
func read(header http.Header, body []byte) (s shown, ok bool) {
	r := http.Request{Header: header}
	id, secret, basic := r.BasicAuth()
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return shown{}, false
	}
	if basic {
		if id, secret, err = unescaped(id, secret); err != nil || form.Has("client_secret") {
			return shown{}, false
		}
		return shown{id: id, secret: secret}, id != "" && secret != ""
	}
	if header.Get("Authorization") != "" || len(form["client_id"]) != 1 || len(form["client_secret"]) != 1 {
		return shown{}, false
	}
	s = shown{id: form.Get("client_id"), secret: form.Get("client_secret"), form: form}
	return s, s.id != "" && s.secret != ""
}

// with is the header and the body with another secret.
func (s shown) with(secret string, header http.Header, body []byte) (http.Header, []byte) {
	header = header.Clone()
	if s.form == nil {
		text := url.QueryEscape(s.id) + ":" + url.QueryEscape(secret)
		header.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(text)))
		return header, body
	}
	s.form.Set("client_secret", secret)
	return header, []byte(s.form.Encode())
}

// exchange is the header and the body with the secret that Hydra knows, if a former
// one is shown that is good. refused says that Hydra has refused what was shown. What
// shows no secret costs no question.
func (o *overlaps) exchange(ctx context.Context, refused bool, header http.Header, body []byte) (http.Header, []byte, bool) {
	s, ok := read(header, body)
	if !ok {
		return nil, nil, false
	}
	age := overlapsFor
	if refused {
		age = overlapsAgain
	}
	known := o.list(ctx, age, refused)
	overlap, ok := known[s.id]
	if !ok || !overlap.Holds(s.secret, o.clock.Now()) {
		return nil, nil, false
	}
	current, err := overlap.Current(o.box)
	if err != nil {
		return nil, nil, false
	}
	header, body = s.with(current, header, body)
	return header, body, true
}

// proving sends requests to Hydra. A secret that Hydra refuses may have become a
// former one in this second: then it is looked up once more, so that there is no
// moment in which neither of two secrets is good.
type proving struct {
	overlaps *overlaps
	next     http.RoundTripper
}

// RoundTrip sends a request, with another secret if that is due.
func (p proving) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method != http.MethodPost || !isForm(r.Header) || r.Body == nil {
		return p.next.RoundTrip(r)
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxForm+1))
	if err != nil {
		_ = r.Body.Close()
		return nil, err
	}
	if len(body) > maxForm {
		r = r.Clone(r.Context())
		r.Body = readCloser{io.MultiReader(bytes.NewReader(body), r.Body), r.Body}
		return p.next.RoundTrip(r)
	}
	_ = r.Body.Close()
	if header, other, ok := p.overlaps.exchange(r.Context(), false, r.Header, body); ok {
		return p.next.RoundTrip(again(r, header, other))
	}
	response, err := p.next.RoundTrip(again(r, r.Header, body))
	if err != nil || response.StatusCode != http.StatusUnauthorized {
		return response, err
	}
	header, other, ok := p.overlaps.exchange(r.Context(), true, r.Header, body)
	if !ok {
		return response, nil
	}
	_ = response.Body.Close()
	return p.next.RoundTrip(again(r, header, other))
}

// readCloser reads one thing and closes another.
type readCloser struct {
	io.Reader
	io.Closer
}

func isForm(header http.Header) bool {
	kind, _, err := mime.ParseMediaType(header.Get("Content-Type"))
	return err == nil && strings.EqualFold(kind, "application/x-www-form-urlencoded")
}

// again is the request with that header and body.
func again(r *http.Request, header http.Header, body []byte) *http.Request {
	r = r.Clone(r.Context())
	r.Header = header
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	r.TransferEncoding = nil
	if header.Get("Content-Length") != "" {
		r.Header = header.Clone()
		r.Header.Set("Content-Length", strconv.Itoa(len(body)))
	}
	return r
}
