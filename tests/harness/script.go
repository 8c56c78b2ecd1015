package harness

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"testing"
)

// Answer is what a page's script was told.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte

	call string
}

// Call is what a script on one of our pages sends: JSON with the browser's
// cookies. A nil body is none.
func (v *Visitor) Call(method, address string, body any) *Answer {
	v.t.Helper()
	answer, err := v.TryCall(method, address, body)
	if err != nil {
		v.t.Fatal(err)
	}
	return answer
}

// TryCall is Call for use outside of the test's own goroutine.
func (v *Visitor) TryCall(method, address string, body any) (*Answer, error) {
	var sent io.Reader
	if body != nil {
		encoded, err := json.Marshal(body)
		if err != nil {
			return nil, err
		}
		sent = bytes.NewReader(encoded)
	}
	request, err := http.NewRequestWithContext(v.t.Context(), method, address, sent)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Accept", "application/json")
	request.Header.Set("Sec-Fetch-Site", "same-origin")
	request.Header.Set("Origin", request.URL.Scheme+"://"+request.URL.Host)
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	response, err := v.client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	read, err := io.ReadAll(io.LimitReader(response.Body, 4<<20))
	if err != nil {
		return nil, err
	}
	return &Answer{
		Status: response.StatusCode, Header: response.Header, Body: read,
		call: method + " " + request.URL.Path,
	}, nil
}

// Into decodes the answer, and fails the test unless it has the status.
func (a *Answer) Into(t testing.TB, status int, value any) {
	t.Helper()
	if a.Status != status {
		t.Fatalf("%s: %d, want %d: %s", a.call, a.Status, status, a.Body)
	}
	if value == nil {
		return
	}
	if err := json.Unmarshal(a.Body, value); err != nil {
		t.Fatalf("%s: %v: %s", a.call, err, a.Body)
	}
}

// Problem is what went wrong, or the zero value.
func (a *Answer) Problem() (p struct {
	Code       string `json:"code"`
	Field      string `json:"field"`
	Next       string `json:"next"`
	RetryAfter int    `json:"retry_after"`
}) {
	_ = json.Unmarshal(a.Body, &p)
	return p
}

// Refused fails the test unless the answer is the problem of that status, code
// and field.
func (a *Answer) Refused(t testing.TB, status int, code, field string) {
	t.Helper()
	if p := a.Problem(); a.Status != status || p.Code != code || p.Field != field {
		t.Errorf("%s: %s, want %d %s at %q", a.call, a, status, code, field)
	}
}

// String is the answer in a test's words.
func (a *Answer) String() string { return fmt.Sprintf("%d %s", a.Status, a.Body) }
