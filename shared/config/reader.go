package config

import (
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Reader reads settings and remembers what was wrong. Its methods always return something harmless, so
// that a function reads all its settings and then asks Err once.
type Reader struct {
	lookup Lookup
	errs   []error
}

// Read returns a Reader of what lookup finds.
func Read(lookup Lookup) *Reader { return &Reader{lookup: lookup} }

// Err joins all mistakes, one sentence each, or is nil.
func (r *Reader) Err() error { return errors.Join(r.errs...) }

// Complain adds a mistake that only the caller can see, such as two settings that exclude each other. The
// sentence names the setting and must not contain its value.
func (r *Reader) Complain(name, sentence string) {
	r.errs = append(r.errs, fmt.Errorf("%s %s", name, sentence))
}

func (r *Reader) get(name string) (string, bool) {
	if v, ok := r.lookup(name); ok && v != "" {
		return v, true
	}
	// A lookup has no way to say why it found nothing; the name of the file shows that something was meant.
	if path, ok := r.lookup(name + fileSuffix); ok && path != "" {
		r.Complain(name+fileSuffix, "names a file that is empty, larger than 1 MiB or cannot be read")
		return "", true
	}
	return "", false
}

// String returns a setting or its default.
func (r *Reader) String(name, def string) string {
	if v, ok := r.get(name); ok {
		return v
	}
	return def
}

// Required returns a setting that has no default.
func (r *Reader) Required(name string) string {
	v, ok := r.get(name)
	if !ok {
		r.Complain(name, "is not set")
	}
	return v
}

// Secret returns a secret setting, or an unset Secret.
func (r *Reader) Secret(name string) Secret { return NewSecret(r.String(name, "")) }

// RequiredSecret returns a secret setting that has to be there.
func (r *Reader) RequiredSecret(name string) Secret { return NewSecret(r.Required(name)) }

// URL returns an absolute address, the default when it is not set, or nil when the default is "".
func (r *Reader) URL(name, def string) *url.URL {
	v, ok := r.get(name)
	if !ok {
		v = def
	}
	if v == "" {
		return nil
	}
	return r.address(name, v)
}

// RequiredURL returns an absolute address that has to be there. It is never nil.
func (r *Reader) RequiredURL(name string) *url.URL {
	v, ok := r.get(name)
	switch {
	case !ok:
		r.Complain(name, "is not set")
		return &url.URL{}
	case v == "":
		return &url.URL{}
	}
	return r.address(name, v)
}

func (r *Reader) address(name, v string) *url.URL {
	u, err := url.Parse(v)
	// The error is dropped on purpose: it quotes the address, and addresses carry passwords.
	if err != nil || u.Scheme == "" || (u.Host == "" && u.Path == "") || u.Opaque != "" {
		r.Complain(name, "is not an address such as https://auth.example.com")
		return &url.URL{}
	}
	return u
}

// Int returns a whole number between least and most.
func (r *Reader) Int(name string, def, least, most int) int {
	v, ok := r.get(name)
	if !ok || v == "" {
		return def
	}
	n, err := strconv.Atoi(v)
	if err != nil || n < least || n > most {
		r.Complain(name, fmt.Sprintf("has to be a whole number from %d to %d", least, most))
		return def
	}
	return n
}

// Duration returns a length of time between least and most, written as Go writes it: 90s, 15m, 24h.
func (r *Reader) Duration(name string, def, least, most time.Duration) time.Duration {
	v, ok := r.get(name)
	if !ok || v == "" {
		return def
	}
	d, err := time.ParseDuration(v)
	if err != nil || d < least || d > most {
		r.Complain(name, fmt.Sprintf("has to be a length of time from %s to %s, such as 90s or 15m", least, most))
		return def
	}
	return d
}

// Bool returns a yes or no.
func (r *Reader) Bool(name string, def bool) bool {
	v, ok := r.get(name)
	if !ok || v == "" {
		return def
	}
	switch strings.ToLower(v) {
	case "true", "yes", "on", "1":
		return true
	case "false", "no", "off", "0":
		return false
	}
	r.Complain(name, "has to be true or false")
	return def
}

// List returns the items of a comma-separated setting, trimmed, without empty ones. Nil when not set.
func (r *Reader) List(name string) []string {
	v, _ := r.get(name)
	var items []string
	for item := range strings.SplitSeq(v, ",") {
		if item = strings.TrimSpace(item); item != "" {
			items = append(items, item)
		}
	}
	return items
}
