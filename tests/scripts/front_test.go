package scripts_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/authway/authway/tests/harness"
)

// front is a server before the system, as a proxy of somebody's own would be: with its
// own address in all that the system says of itself, and with whatever is wrong there.
type front struct {
	// to is where it leads, if not to the system's own edge.
	to string
	// tls is nil for plain HTTP.
	tls *tls.Config
	// careless leaves cookies and headers as they are of a system that knows of no https.
	careless bool
	// instead answers by itself, or returns false.
	instead func(w http.ResponseWriter, r *http.Request) bool
	// change changes what the system answers, its body already rewritten.
	change func(r *http.Response, body []byte) []byte
}

// before starts it and returns its address.
func (f front) before(t *testing.T, system *harness.System) string {
	t.Helper()
	to, err := url.Parse(system.Endpoints.URL)
	if err != nil {
		t.Fatal(err)
	}
	host := to.Host
	if f.to != "" {
		if to, err = url.Parse(f.to); err != nil {
			t.Fatal(err)
		}
	}
	server := httptest.NewUnstartedServer(nil)
	// Handshakes that it refuses are what it is there for.
	server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	address := "http://" + server.Listener.Addr().String()
	if f.tls != nil {
		address = "https://" + server.Listener.Addr().String()
	}
	onward := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(to)
			r.Out.Host = host
			r.Out.Header.Del("Accept-Encoding")
			for _, name := range []string{"Origin", "Cookie"} {
				if value := r.Out.Header.Get(name); value != "" {
					r.Out.Header.Set(name, strings.NewReplacer(address, system.Endpoints.URL, "__Host-", "").Replace(value))
				}
			}
		},
		ModifyResponse: func(r *http.Response) error { return f.answer(r, system.Endpoints.URL, address) },
	}
	server.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if f.instead == nil || !f.instead(w, r) {
			onward.ServeHTTP(w, r)
		}
	})
	if f.tls != nil {
		server.TLS = f.tls
		server.StartTLS()
	} else {
		server.Start()
	}
	t.Cleanup(server.Close)
	return address
}

func (f front) answer(r *http.Response, from, address string) error {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	r.Body.Close()
	body = bytes.ReplaceAll(body, []byte(from), []byte(address))
	r.Header.Set("Location", strings.Replace(r.Header.Get("Location"), from, address, 1))
	if r.Header.Get("Location") == "" {
		r.Header.Del("Location")
	}
	if f.tls != nil && !f.careless {
		r.Header.Set("Strict-Transport-Security", "max-age=31536000")
		cookies := r.Header.Values("Set-Cookie")
		r.Header.Del("Set-Cookie")
		for _, c := range cookies {
			for _, name := range []string{"authway_session=", "authway_browser="} {
				if strings.HasPrefix(c, name) {
					c = "__Host-" + c
				}
			}
			r.Header.Add("Set-Cookie", c+"; Secure")
		}
	}
	if f.change != nil {
		body = f.change(r, body)
	}
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	r.Header.Set("Content-Length", strconv.Itoa(len(body)))
	return nil
}

// certificate is one of this machine's address, and the file by which it is trusted.
func certificate(t *testing.T, lasts time.Duration) (*tls.Config, string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: "front"},
		NotBefore: time.Now().Add(-100 * 24 * time.Hour), NotAfter: time.Now().Add(lasts),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "trusted.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}, MinVersion: tls.VersionTLS12}, file
}
