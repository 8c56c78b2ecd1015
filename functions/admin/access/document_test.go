package access

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/authway/authway/shared/problem"
)

const small = `
openapi: 3.0.3
info: {title: x, version: "1"}
servers: [{url: /api}]
paths:
  /things/{id}:
    post:
      operationId: change
      parameters:
        - {name: id, in: path, required: true, schema: {type: string, format: uuid}}
        - {name: limit, in: query, schema: {type: integer, maximum: 10}}
        - {name: since, in: query, schema: {type: string, format: date-time}}
      requestBody:
        required: true
        content:
          application/json:
            schema:
              type: object
              additionalProperties: false
              required: [name]
              properties:
                name: {type: string, maxLength: 5}
                inner: {type: object, additionalProperties: false, properties: {size: {type: integer}}}
      responses: {"204": {description: done}}
`

func checked(t testing.TB, target, body string) error {
	t.Helper()
	d, err := Load([]byte(small))
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, target, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	o := d.operations["POST /api/things/{id}"]
	path, err := d.values(o, r.URL.EscapedPath())
	if err != nil {
		t.Fatal(err)
	}
	return d.check(r, o, path)
}

func TestDocumentIsEnforced(t *testing.T) {
	t.Parallel()
	const thing = "/api/things/00000000-0000-4000-8000-000000000001"
	for name, c := range map[string]struct {
		target, body string
		status       int
		field        string
	}{
		"what it allows":       {thing + "?limit=3", `{"name":"Ada","inner":{"size":1}}`, 0, ""},
		"no id":                {"/api/things/abc", `{"name":"Ada"}`, http.StatusNotFound, ""},
		"too many":             {thing + "?limit=11", `{"name":"Ada"}`, http.StatusBadRequest, "limit"},
		"an unknown parameter": {thing + "?sort=1", `{"name":"Ada"}`, http.StatusBadRequest, "sort"},
		"a broken query":       {thing + "?limit=%zz", `{"name":"Ada"}`, http.StatusBadRequest, ""},
		"an unknown field":     {thing, `{"name":"Ada","role":"owner"}`, http.StatusBadRequest, ""},
		"too long":             {thing, `{"name":"Adaaaa"}`, http.StatusBadRequest, "name"},
		"inside":               {thing, `{"name":"Ada","inner":{"size":"1"}}`, http.StatusBadRequest, "inner.size"},
		"a NUL":                {thing, `{"name":"A\u0000"}`, http.StatusBadRequest, ""},
		"no body":              {thing, ``, http.StatusBadRequest, ""},
		"two bodies":           {thing, `{"name":"Ada"}{"name":"Bob"}`, http.StatusBadRequest, ""},
	} {
		err := checked(t, c.target, c.body)
		e := problem.Of(err)
		switch {
		case c.status == 0 && err != nil:
			t.Errorf("%s: refused: %v", name, err)
		case c.status != 0 && (e == nil || e.Status() != c.status || e.Field() != c.field):
			t.Errorf("%s: %v (field %q), want %d at %q", name, err, problemField(e), c.status, c.field)
		}
	}
}

// The mux takes %61 for a: what follows must not be read from another place of the path.
func TestPathsAreReadAsTheyAreWritten(t *testing.T) {
	t.Parallel()
	d, err := Load([]byte(small))
	if err != nil {
		t.Fatal(err)
	}
	o := d.operations["POST /api/things/{id}"]
	for path, want := range map[string]string{
		"/api/things/a%2Fb": "a/b", "/api/%74hings/a": "a", "/%61pi/things/a": "", "/ap%69/things/a": "", "/api/things/a/b": "", "/api/things": "",
	} {
		values, err := d.values(o, path)
		if (err != nil) != (want == "") || values["id"] != want {
			t.Errorf("%s: %v, %v", path, values, err)
		}
	}
}

func TestTimesArePostgreSQLs(t *testing.T) {
	t.Parallel()
	for since, status := range map[string]int{
		"2026-05-01T12:00:00Z": 0, "0001-01-01T00:00:00Z": 0, "0000-01-01T00:00:00Z": http.StatusBadRequest,
		"0001-01-01T00:00:00%2B14:00": http.StatusBadRequest, "yesterday": http.StatusBadRequest,
	} {
		err := checked(t, "/api/things/00000000-0000-4000-8000-000000000001?since="+since, `{"name":"Ada"}`)
		if e := problem.Of(err); status == 0 && err != nil || status != 0 && (e == nil || e.Status() != status || e.Field() != "since") {
			t.Errorf("%s: %v", since, err)
		}
	}
}

func problemField(e *problem.Error) string {
	if e == nil {
		return ""
	}
	return e.Field()
}

// Whatever a caller sends, it is their mistake and no fault of ours.
func FuzzDocument(f *testing.F) {
	f.Add("limit=3", `{"name":"Ada"}`)
	f.Add("limit=3&limit=4", `{"name":`)
	f.Add("%00", "\xff")
	f.Fuzz(func(t *testing.T, query, body string) {
		d, err := Load([]byte(small))
		if err != nil {
			t.Fatal(err)
		}
		r := httptest.NewRequest(http.MethodPost, "/api/things/00000000-0000-4000-8000-000000000001", strings.NewReader(body))
		r.URL.RawQuery = query
		r.Header.Set("Content-Type", "application/json")
		err = d.check(r, d.operations["POST /api/things/{id}"], map[string]string{"id": "00000000-0000-4000-8000-000000000001"})
		if e, refused := errors.AsType[*problem.Error](err); err != nil && (!refused || e.Status() >= 500) {
			t.Fatalf("%q %q: %v", query, body, err)
		}
	})
}
