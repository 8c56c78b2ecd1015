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
	store client.Secrets
	box   *seal.Box
	clock clock.Clock

	last  atomic.Pointer[told]
	asked sync.Mutex
}

// told is a list and when it was asked for.
type told struct {
	at      time.Time
	clients map[string]client.Overlap
}

// list is what is known, asked for anew when it is older than age. One asks, and
// whoever comes meanwhile and has an older list takes that.
func (o *overlaps) list(ctx context.Context, age time.Duration) map[string]client.Overlap {
	last := o.last.Load()
	if last != nil && o.clock.Now().Sub(last.at) < age {
		return last.clients
	}
	switch {
	case last == nil || age < overlapsFor:
		o.asked.Lock()
	case !o.asked.TryLock():
		return last.clients
	}
	defer o.asked.Unlock()
	if now := o.last.Load(); now != nil && o.clock.Now().Sub(now.at) < age {
		return now.clients
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), overlapsWithin)
	defer cancel()
	fresh := &told{at: o.clock.Now(), clients: map[string]client.Overlap{}}
	all, err := o.store.Overlaps(ctx, fresh.at)
	if err != nil && last != nil {
		// What was true a second ago is better than nothing.
		fresh.clients = last.clients
	}
	for _, one := range all {
		fresh.clients[one.ClientID] = one
	}
	o.last.Store(fresh)
	return fresh.clients
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
// one is shown that is good.
func (o *overlaps) exchange(ctx context.Context, age time.Duration, header http.Header, body []byte) (http.Header, []byte, bool) {
	known := o.list(ctx, age)
	if len(known) == 0 {
		return nil, nil, false
	}
	s, ok := read(header, body)
	if !ok {
		return nil, nil, false
	}
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
	if header, other, ok := p.overlaps.exchange(r.Context(), overlapsFor, r.Header, body); ok {
		return p.next.RoundTrip(again(r, header, other))
	}
	response, err := p.next.RoundTrip(again(r, r.Header, body))
	if err != nil || response.StatusCode != http.StatusUnauthorized {
		return response, err
	}
	header, other, ok := p.overlaps.exchange(r.Context(), overlapsAgain, r.Header, body)
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
