package standalone

import "net/http"

// localTransport takes what is meant for the public address straight to the
// edge: the name may lead elsewhere on this machine, or through a proxy in
// front that is not running yet.
type localTransport struct {
	public string
	edge   string
	next   http.RoundTripper
}

func (t localTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Host != t.public {
		return t.next.RoundTrip(r)
	}
	local := r.Clone(r.Context())
	local.Host = t.public
	local.URL.Scheme, local.URL.Host = "http", t.edge
	return t.next.RoundTrip(local)
}
