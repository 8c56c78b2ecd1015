package drill

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/html"
)

// steps bounds how many pages a sign-in may have.
const steps = 12

// patience bounds one answer.
const patience = 30 * time.Second

// mostPage bounds what is read of a page.
const mostPage = 1 << 20

// allow is the button of the consent page that is pressed.
const allow = "allow"

// visit signs somebody in at the demo application, as a browser without scripts
// does. The application has checked the tokens when its page shows who came.
func visit(ctx context.Context, at, email, password string) error {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return err
	}
	v := &visitor{ctx: ctx, client: &http.Client{Jar: jar, Timeout: patience}}
	page, err := v.get(at + "/demo")
	if err != nil {
		return err
	}
	for range steps {
		switch {
		case strings.HasSuffix(page.at.Path, "/demo") && strings.Contains(page.text(), email) && page.has("form", "action", "/demo/signout"):
			return nil
		case page.refresh() != "":
			page, err = v.follow(page, page.refresh())
		default:
			page, err = v.submit(page, url.Values{"email": {email}, "password": {password}})
		}
		if err != nil {
			return err
		}
	}
	return fmt.Errorf("after %d pages it is at %s", steps, page.at.Path)
}

type visitor struct {
	ctx    context.Context
	client *http.Client
}

type page struct {
	at   *url.URL
	root *html.Node
}

func (v *visitor) get(address string) (*page, error) {
	request, err := http.NewRequestWithContext(v.ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return nil, err
	}
	return v.send(request)
}

func (v *visitor) follow(from *page, reference string) (*page, error) {
	to, err := from.at.Parse(reference)
	if err != nil {
		return nil, err
	}
	return v.get(to.String())
}

// submit sends the page's first form, with what it asks for of values.
func (v *visitor) submit(p *page, values url.Values) (*page, error) {
	form := p.find(func(n *html.Node) bool { return n.Data == "form" && strings.EqualFold(attribute(n, "method"), "post") })
	if form == nil {
		return nil, fmt.Errorf("the page %s has no form", p.at.Path)
	}
	to, err := p.at.Parse(attribute(form, "action"))
	if err != nil {
		return nil, err
	}
	if attribute(form, "action") == "" {
		to = p.at
	}
	sent := url.Values{}
	for n := range form.Descendants() {
		name, value := attribute(n, "name"), attribute(n, "value")
		switch {
		case name == "" || attribute(n, "type") == "checkbox" && !has(n, "checked"):
		case n.Data == "input" && values.Has(name):
			sent.Set(name, values.Get(name))
		case n.Data == "input", n.Data == "button" && value == allow:
			sent.Add(name, value)
		}
	}
	request, err := http.NewRequestWithContext(v.ctx, http.MethodPost, to.String(), strings.NewReader(sent.Encode()))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Origin", to.Scheme+"://"+to.Host)
	request.Header.Set("Sec-Fetch-Site", "same-origin")
	return v.send(request)
}

func (v *visitor) send(request *http.Request) (*page, error) {
	response, err := v.client.Do(request)
	if err != nil {
		// The address may hold a challenge.
		if at, ok := errors.AsType[*url.Error](err); ok {
			err = at.Err
		}
		return nil, fmt.Errorf("%s: %w", request.URL.Path, err)
	}
	root, err := html.Parse(io.LimitReader(response.Body, mostPage))
	if err := errors.Join(err, response.Body.Close()); err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s answers %s", response.Request.URL.Path, response.Status)
	}
	return &page{at: response.Request.URL, root: root}, nil
}

func (p *page) find(fits func(*html.Node) bool) *html.Node {
	for n := range p.root.Descendants() {
		if n.Type == html.ElementNode && fits(n) {
			return n
		}
	}
	return nil
}

func (p *page) has(element, name, value string) bool {
	return p.find(func(n *html.Node) bool { return n.Data == element && attribute(n, name) == value }) != nil
}

// refresh is where a page leads on by itself (http-equiv=refresh).
func (p *page) refresh() string {
	n := p.find(func(n *html.Node) bool {
		return n.Data == "meta" && strings.EqualFold(attribute(n, "http-equiv"), "refresh")
	})
	if n == nil {
		return ""
	}
	_, to, _ := strings.Cut(attribute(n, "content"), "url=")
	return to
}

func (p *page) text() string {
	var all strings.Builder
	for n := range p.root.Descendants() {
		if n.Type == html.TextNode {
			all.WriteString(n.Data)
		}
	}
	return all.String()
}

func has(n *html.Node, name string) bool {
	return slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == name })
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}
