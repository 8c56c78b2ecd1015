package harness

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
)

// Objects is object storage that speaks S3, in memory. A binary that uses it links
// package clouds.
type Objects struct {
	// URL is what BACKUP_URL takes.
	URL     string
	backend http.Handler
	before  atomic.Pointer[func(*http.Request) int]
}

// StorageKeys are what S3's client wants to have: any will do.
var StorageKeys = map[string]string{"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}

// UseStorageKeys gives them to this process, whose environment is where the client
// looks.
func UseStorageKeys() error {
	for name, value := range StorageKeys {
		if err := os.Setenv(name, value); err != nil {
			return err
		}
	}
	return nil
}

// NewObjects starts it.
func NewObjects(t testing.TB) *Objects {
	t.Helper()
	return NewObjectsAt(t, time.Now)
}

// NewObjectsAt starts it with a clock of its own, for objects that are to be old.
func NewObjectsAt(t testing.TB, now func() time.Time) *Objects {
	t.Helper()
	memory := s3mem.New(s3mem.WithTimeSource(clockOf(now)))
	if err := memory.CreateBucket("backups"); err != nil {
		t.Fatalf("harness: %v", err)
	}
	o := &Objects{backend: gofakes3.New(memory).Server()}
	server := httptest.NewServer(o)
	t.Cleanup(server.Close)
	o.URL = "s3://backups?region=us-east-1&use_path_style=true&endpoint=" + server.URL
	return o
}

// clockOf is when objects are written.
type clockOf func() time.Time

func (c clockOf) Now() time.Time { return c() }

func (c clockOf) Since(t time.Time) time.Duration { return c().Sub(t) }

// CutOff, as an answer of Before, ends the connection in the middle of the body.
const CutOff = -1

// Before is asked before each request: 0 lets it through, another status is the
// answer. nil lets everything through.
func (o *Objects) Before(ask func(*http.Request) int) {
	if ask == nil {
		o.before.Store(nil)
		return
	}
	o.before.Store(&ask)
}

func (o *Objects) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if ask := o.before.Load(); ask != nil {
		switch status := (*ask)(r); {
		case status == CutOff:
			// Some of it is taken, so that who writes does not know how far it came.
			_, _ = r.Body.Read(make([]byte, 4096))
			panic(http.ErrAbortHandler)
		case status != 0:
			w.Header().Set("Content-Type", "application/xml")
			w.WriteHeader(status)
			_, _ = fmt.Fprint(w, "<Error><Code>Refused</Code><Message>as the test has it</Message></Error>")
			return
		}
	}
	o.backend.ServeHTTP(w, r)
}
