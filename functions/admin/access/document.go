package access

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"

	"github.com/authway/authway/shared/clock"
	"github.com/authway/authway/shared/problem"
)

// Document is the OpenAPI document, as what it allows.
type Document struct {
	base       string
	doc        *openapi3.T
	operations map[string]operation
}

// operation is one of the document's, by its pattern in a ServeMux.
type operation struct {
	id, method, path string
	item             *openapi3.PathItem
	is               *openapi3.Operation
}

// formats makes the library hold ids and times against their formats, which it leaves
// to others: what cannot be one must not reach PostgreSQL. It allows all versions of
// RFC 9562, and the years that PostgreSQL has.
var formats = sync.OnceFunc(func() {
	openapi3.DefineStringFormatValidator("uuid", openapi3.NewRegexpFormatValidator(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`))
	openapi3.DefineStringFormatValidator("date-time", openapi3.NewCallbackValidator(func(text string) error {
		_, err := clock.Parse(text)
		return err
	}))
})

// Load reads the document.
func Load(text []byte) (*Document, error) {
	formats()
	doc, err := openapi3.NewLoader().LoadFromData(text)
	if err != nil {
		return nil, fmt.Errorf("access: the document: %w", err)
	}
	d := &Document{base: doc.Servers[0].URL, doc: doc, operations: map[string]operation{}}
	for path, item := range doc.Paths.Map() {
		for method, is := range item.Operations() {
			d.operations[method+" "+d.base+path] = operation{is.OperationID, method, path, item, is}
		}
	}
	return d, nil
}

// IDs are those of all operations.
func (d *Document) IDs() []string {
	ids := make([]string, 0, len(d.operations))
	for _, o := range d.operations {
		ids = append(ids, o.id)
	}
	slices.Sort(ids)
	return ids
}

// values are those that a path has for the parameters of an operation's.
func (d *Document) values(o operation, path string) (map[string]string, error) {
	// The mux compares what is unescaped: /%61pi is its /api, and would shift all that follows.
	rest, below := strings.CutPrefix(path, d.base)
	names, parts := strings.Split(o.path, "/"), strings.Split(rest, "/")
	if !below || len(names) != len(parts) {
		return nil, errors.New("access: the path is not written as the document has it")
	}
	values := map[string]string{}
	for i, name := range names {
		if !strings.HasPrefix(name, "{") {
			continue
		}
		value, err := url.PathUnescape(parts[i])
		if err != nil {
			return nil, err
		}
		values[strings.Trim(name, "{}")] = value
	}
	return values, nil
}

// check holds the request against the document. A body that is no JSON is a stream,
// which its handler reads.
func (d *Document) check(r *http.Request, o operation, path map[string]string) error {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return problem.BadRequest.Because(err)
	}
	for name, values := range query {
		known := o.is.Parameters.GetByInAndName("query", name) != nil || o.item.Parameters.GetByInAndName("query", name) != nil
		if !known || strings.ContainsRune(strings.Join(values, ""), 0) {
			return problem.BadRequest.At(name).Because(errors.New("a parameter that is not in the document, or holds a NUL"))
		}
	}
	streams := o.is.RequestBody != nil && o.is.RequestBody.Value.Content.Get("application/json") == nil
	if !streams {
		if err := plain(r); err != nil {
			return err
		}
	}
	asked := r
	if streams {
		// The library would read the whole of it, to hand it to whoever looks at the signatures
		// of requests. Of other bodies it leaves a copy in the request.
		without := *r
		without.Body = http.NoBody
		asked = &without
	}
	err = openapi3filter.ValidateRequest(r.Context(), &openapi3filter.RequestValidationInput{
		Request: asked, PathParams: path, QueryParams: query,
		Route: &routers.Route{Spec: d.doc, Path: o.path, PathItem: o.item, Method: o.method, Operation: o.is},
		Options: &openapi3filter.Options{
			ExcludeRequestBody: streams, MultiError: false,
			AuthenticationFunc: func(context.Context, *openapi3filter.AuthenticationInput) error { return nil },
		},
	})
	if err != nil {
		return breach(err)
	}
	return nil
}

// plain refuses a body that is no single JSON value, or has text in it that PostgreSQL
// cannot hold. It reads the body and puts it back.
func plain(r *http.Request) error {
	if r.Body == nil {
		return nil
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	if len(body) == 0 {
		return nil
	}
	if !json.Valid(body) {
		return problem.BadRequest.Because(errors.New("the body is not one JSON value"))
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	for {
		token, err := decoder.Token()
		if err != nil {
			return nil
		}
		if text, ok := token.(string); ok && strings.ContainsRune(text, 0) {
			return problem.BadRequest.Because(errors.New("a text holds a NUL"))
		}
	}
}

// breach is what the caller is told: which part breaks the document's rules. A value
// that is right in form and not in content is for handlers to refuse.
func breach(err error) error {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return err
	}
	field := ""
	var schema *openapi3.SchemaError
	var request *openapi3filter.RequestError
	switch {
	case errors.As(err, &schema) && len(schema.JSONPointer()) > 0:
		field = strings.Join(schema.JSONPointer(), ".")
	case errors.As(err, &request) && request.Parameter != nil:
		field = request.Parameter.Name
	}
	// The library repeats the value, which may be anything.
	cause := errors.New("the document does not allow it")
	if schema != nil {
		cause = errors.New(schema.Reason)
	}
	// An id that cannot be one names nothing.
	if request != nil && request.Parameter != nil && request.Parameter.In == openapi3.ParameterInPath {
		return problem.NotFound.Because(cause)
	}
	return problem.BadRequest.At(field).Because(cause)
}
