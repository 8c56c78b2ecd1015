package load_test

import (
	"bufio"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/authway/authway/shared/tenant"
	"github.com/authway/authway/tests/harness"
)

func TestMain(m *testing.M) { harness.Main(m) }

const (
	connections = 8
	rounds      = 5
	each        = 400
)

// question is one request, ready to be written, and whom it is asked of.
type question struct {
	name, host string
	request    []byte
	status     int
}

func post(name, address, path string, form url.Values, headers ...string) question {
	body := form.Encode()
	host := hostOf(address)
	text := fmt.Sprintf("POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n%s\r\n%s",
		path, host, len(body), strings.Join(headers, ""), body)
	return question{name, host, []byte(text), 200}
}

func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		panic(err)
	}
	return u.Host
}

// ask asks it n times on each of some connections and returns answers a second.
// The client does as little as it can: it runs on the same cores.
func (q question) ask(b *testing.B, n int) float64 {
	b.Helper()
	var wait sync.WaitGroup
	began := time.Now()
	for range connections {
		wait.Go(func() {
			conn, err := (&net.Dialer{}).DialContext(b.Context(), "tcp", q.host)
			if err != nil {
				b.Error(err)
				return
			}
			defer conn.Close()
			reader := bufio.NewReader(conn)
			for range n {
				if _, err := conn.Write(q.request); err != nil {
					b.Error(err)
					return
				}
				response, err := http.ReadResponse(reader, nil)
				if err != nil {
					b.Error(err)
					return
				}
				_, _ = io.Copy(io.Discard, response.Body)
				response.Body.Close()
				if response.StatusCode != q.status {
					b.Errorf("%s: %d", q.name, response.StatusCode)
					return
				}
			}
		})
	}
	wait.Wait()
	return float64(n*connections) / time.Since(began).Seconds()
}

// BenchmarkAnswersFromCache compares what a resource server and a gateway are
// answered from the cache with Hydra's own introspection. The budget is 10 x.
func BenchmarkAnswersFromCache(b *testing.B) {
	system := harness.Run(b)
	app, visitor, email := system.NewApp(b, map[string]any{"skip_consent": true}), harness.NewVisitor(b), "load@example.org"
	system.AddUser(b, email, "Ada Lovelace", "correct horse battery")
	page := visitor.Open(app.Start()).Submit(map[string][]string{"email": {email}, "password": {"correct horse battery"}}, "")
	token := app.Arrive(b, page).Tokens.AccessToken
	server := system.NewResourceServer(b, tenant.Default, "load", "https://api.example/load")
	private := system.Upstreams["token"].String()

	basic := "Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte(server.ID+":"+server.Secret)) + "\r\n"
	form := url.Values{"token": {token}}
	gate := question{"forward-auth", hostOf(private), []byte("GET /token/verify?client=" + app.ClientID + " HTTP/1.1\r\nHost: x\r\nX-Forwarded-Host: wiki.example\r\nAuthorization: Bearer " + token + "\r\n\r\n"), 200}
	questions := []question{
		post("hydra", system.Endpoints.HydraAdminURL, "/admin/oauth2/introspect", form),
		post("introspection", private, "/token/introspect", form, basic),
		gate,
	}
	for b.Loop() {
		rates := map[string][]float64{}
		for range rounds {
			for _, q := range questions {
				n := each
				if q.name != "hydra" {
					n *= 10
				}
				rates[q.name] = append(rates[q.name], q.ask(b, n))
			}
		}
		own := median(rates["hydra"])
		for _, q := range questions[1:] {
			b.ReportMetric(median(rates[q.name])/own, q.name+"-x-hydra")
			b.ReportMetric(median(rates[q.name]), q.name+"/s")
		}
		b.ReportMetric(own, "hydra/s")
	}
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}
