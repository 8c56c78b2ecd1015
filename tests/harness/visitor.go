package harness

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/html"
)

// maxHops is more than any journey takes.
const maxHops = 20

// Visitor is a person with a browser that runs no script: it keeps cookies,
// follows redirects and refreshes, and fills plain forms.
type Visitor struct {
	t      testing.TB
	client *http.Client
	// Language is sent as Accept-Language.
	Language string
	// Until is the beginning of addresses that the visitor does not go to, if it is
	// not empty: the page is then the address alone.
	Until string
	// Trace is sent as traceparent (W3C Trace Context), if it is not empty.
	Trace string
}

// NewVisitor makes a visitor with an empty cookie jar.
func NewVisitor(t testing.TB) *Visitor {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{MaxIdleConnsPerHost: 100, DialContext: dialer().DialContext}
	t.Cleanup(transport.CloseIdleConnections)
	return &Visitor{t: t, client: &http.Client{
		Jar: jar, Transport: transport, Timeout: 30 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

var visitors atomic.Uint32

// dialer gives a visitor an address of its own, as people have: the limits of
// one address must not meet in all tests.
func dialer() *net.Dialer {
	if runtime.GOOS != "linux" {
		return &net.Dialer{}
	}
	n := visitors.Add(1)
	return &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, byte(1+n>>16), byte(n>>8), byte(n))}}
}

// Through makes the visitor reach the system by another door: whatever is meant
// for the host of address goes to the server at door (host:port).
func (v *Visitor) Through(address, door string) {
	public, err := url.Parse(address)
	if err != nil {
		v.t.Fatal(err)
	}
	transport, from := v.client.Transport.(*http.Transport), dialer()
	transport.DialContext = func(ctx context.Context, network, target string) (net.Conn, error) {
		if target == public.Host {
			target = door
		}
		return from.DialContext(ctx, network, target)
	}
}

// Page is what the visitor sees in the end.
type Page struct {
	visitor *Visitor
	URL     *url.URL
	Status  int
	Header  http.Header
	Body    string
	// Hops are the addresses on the way, without queries.
	Hops []string

	root *html.Node
}

// Open goes to an address and wherever it leads.
func (v *Visitor) Open(address string) *Page {
	v.t.Helper()
	request, err := http.NewRequestWithContext(v.t.Context(), http.MethodGet, address, nil)
	if err != nil {
		v.t.Fatal(err)
	}
	page, err := v.follow(request)
	if err != nil {
		v.t.Fatal(err)
	}
	return page
}

// Cookie returns the value of a cookie for an address, or "".
func (v *Visitor) Cookie(address, name string) string {
	parsed, err := url.Parse(address)
	if err != nil {
		return ""
	}
	for _, c := range v.client.Jar.Cookies(parsed) {
		if c.Name == name {
			return c.Value
		}
	}
	return ""
}

func (v *Visitor) follow(request *http.Request) (*Page, error) {
	var hops []string
	for range maxHops {
		hops = append(hops, request.URL.Scheme+"://"+request.URL.Host+request.URL.Path)
		page, err := v.once(request)
		if err != nil {
			return nil, err
		}
		page.Hops = hops
		next := page.Next()
		if next == "" {
			return page, nil
		}
		target, err := page.URL.Parse(next)
		if err != nil {
			return nil, fmt.Errorf("harness: the page leads to %q: %w", next, err)
		}
		if v.Until != "" && strings.HasPrefix(target.String(), v.Until) {
			return &Page{visitor: v, URL: target, Hops: hops, root: &html.Node{}}, nil
		}
		if request, err = http.NewRequestWithContext(request.Context(), http.MethodGet, target.String(), nil); err != nil {
			return nil, err
		}
	}
	return nil, fmt.Errorf("harness: no end after %v", hops)
}

func (v *Visitor) once(request *http.Request) (*Page, error) {
	request.Header.Set("Accept", "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8")
	if v.Language != "" {
		request.Header.Set("Accept-Language", v.Language)
	}
	if v.Trace != "" {
		request.Header.Set("Traceparent", v.Trace)
	}
	response, err := v.client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, 4<<20))
	if err != nil {
		return nil, err
	}
	root, err := html.ParseWithOptions(strings.NewReader(string(body)), html.ParseOptionEnableScripting(false))
	if err != nil {
		return nil, err
	}
	return &Page{
		visitor: v, URL: request.URL, Status: response.StatusCode, Header: response.Header, Body: string(body), root: root,
	}, nil
}

// Next is where a browser would go by itself.
func (p *Page) Next() string {
	if p.Status >= 300 && p.Status < 400 {
		return p.Header.Get("Location")
	}
	for n := range p.root.Descendants() {
		if n.Type == html.ElementNode && n.Data == "meta" && strings.EqualFold(attribute(n, "http-equiv"), "refresh") {
			if _, target, found := strings.Cut(attribute(n, "content"), "url="); found {
				return target
			}
		}
	}
	return ""
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func has(n *html.Node, name string) bool {
	return slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == name })
}

// Text is what the page says, without its head and data.
func (p *Page) Text() string {
	var text strings.Builder
	var walk func(*html.Node)
	walk = func(n *html.Node) {
		if n.Type == html.ElementNode && (n.Data == "script" || n.Data == "style" || n.Data == "head") {
			return
		}
		if n.Type == html.TextNode {
			text.WriteString(n.Data + " ")
		}
		for c := range n.ChildNodes() {
			walk(c)
		}
	}
	walk(p.root)
	return strings.Join(strings.Fields(text.String()), " ")
}

// Language is the page's language.
func (p *Page) Language() string {
	for n := range p.root.Descendants() {
		if n.Type == html.ElementNode && n.Data == "html" {
			return attribute(n, "lang")
		}
	}
	return ""
}

// Fields are the values that the page's form would send.
func (p *Page) Fields() url.Values {
	values := url.Values{}
	for n := range p.root.Descendants() {
		if n.Type != html.ElementNode || n.Data != "input" || attribute(n, "name") == "" {
			continue
		}
		kind := attribute(n, "type")
		if (kind == "checkbox" || kind == "radio") && !has(n, "checked") {
			continue
		}
		values.Add(attribute(n, "name"), attribute(n, "value"))
	}
	return values
}

// Submit fills the page's form and presses the button that sends name=value
// ("" for a button without a name). Fields with a nil value are left out, as
// an unticked box is.
func (p *Page) Submit(fields map[string][]string, button string) *Page {
	p.visitor.t.Helper()
	page, err := p.TrySubmit(fields, button)
	if err != nil {
		p.visitor.t.Fatal(err)
	}
	return page
}

// TrySubmit is Submit for use outside of the test's own goroutine.
func (p *Page) TrySubmit(fields map[string][]string, button string) (*Page, error) {
	values := p.Fields()
	for name, value := range fields {
		values.Del(name)
		for _, v := range value {
			values.Add(name, v)
		}
	}
	if name, value, found := strings.Cut(button, "="); found {
		if !p.hasButton(name, value) {
			return nil, fmt.Errorf("harness: the page %s has no button %s: %s", p.URL.Path, button, p.Text())
		}
		values.Set(name, value)
	}
	request, err := p.FormRequest(values)
	if err != nil {
		return nil, err
	}
	return p.visitor.follow(request)
}

// Once fills the form and posts it, and stays at the answer.
func (p *Page) Once(fields map[string][]string) *Page {
	p.visitor.t.Helper()
	answer, err := p.TryOnce(fields)
	if err != nil {
		p.visitor.t.Fatal(err)
	}
	return answer
}

// TryOnce is Once for use outside of the test's own goroutine.
func (p *Page) TryOnce(fields map[string][]string) (*Page, error) {
	values := p.Fields()
	for name, value := range fields {
		values[name] = value
	}
	request, err := p.FormRequest(values)
	if err != nil {
		return nil, err
	}
	return p.visitor.once(request)
}

// FormRequest is what the page's form would send with these values. The form
// has no action and so posts to the page's own address.
func (p *Page) FormRequest(values url.Values) (*http.Request, error) {
	var form *html.Node
	for n := range p.root.Descendants() {
		if n.Type == html.ElementNode && n.Data == "form" && strings.EqualFold(attribute(n, "method"), "post") {
			form = n
			break
		}
	}
	if form == nil {
		return nil, errors.New("harness: the page " + p.URL.Path + " has no form to post: " + p.Text())
	}
	target, err := p.URL.Parse(attribute(form, "action"))
	if err != nil {
		return nil, err
	}
	if attribute(form, "action") == "" {
		target = p.URL
	}
	request, err := http.NewRequestWithContext(p.visitor.t.Context(), http.MethodPost, target.String(), strings.NewReader(values.Encode()))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Origin", target.Scheme+"://"+target.Host)
	request.Header.Set("Sec-Fetch-Site", "same-origin")
	return request, nil
}

func (p *Page) hasButton(name, value string) bool {
	for n := range p.root.Descendants() {
		if n.Type == html.ElementNode && n.Data == "button" && attribute(n, "name") == name && attribute(n, "value") == value {
			return true
		}
	}
	return false
}

// Alert is the code of what the page says, in whatever language.
func (p *Page) Alert() string {
	for n := range p.root.Descendants() {
		if n.Type == html.ElementNode && attribute(n, "id") == "root" {
			return attribute(n, "data-alert")
		}
	}
	return ""
}

// NextLink is where a message offers to go on, or "".
func (p *Page) NextLink() string {
	for n := range p.root.Descendants() {
		if n.Type == html.ElementNode && n.Data == "a" && attribute(n, "class") == "button" {
			return attribute(n, "href")
		}
	}
	return ""
}

// OnceAt is Once at another server (host:port) than the page's own, with the
// page's cookies.
func (p *Page) OnceAt(door string, fields map[string][]string) *Page {
	p.visitor.t.Helper()
	values := p.Fields()
	for name, value := range fields {
		values[name] = value
	}
	request, err := p.FormRequest(values)
	if err != nil {
		p.visitor.t.Fatal(err)
	}
	for _, cookie := range p.visitor.client.Jar.Cookies(request.URL) {
		request.AddCookie(cookie)
	}
	home := *request.URL
	request.URL.Host, request.Host = door, home.Host
	answer, err := p.visitor.once(request)
	if err != nil {
		p.visitor.t.Fatal(err)
	}
	p.visitor.client.Jar.SetCookies(&home, (&http.Response{Header: answer.Header}).Cookies())
	return answer
}
