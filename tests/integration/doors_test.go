package integration_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/authway/authway/functions/standalone/edge"
	"github.com/authway/authway/shared/administrator"
	"github.com/authway/authway/shared/tenant"
	"github.com/authway/authway/tests/harness"
)

// startDoors puts nginx with the doors to the monitoring before the system. Behind each
// is a server that says what it was sent.
func startDoors(t *testing.T, public string, upstreams edge.Config) string {
	t.Helper()
	behind := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.Method+" "+r.URL.Path+" caller="+r.Header.Get("X-Authway-Caller")+
			" cookie="+r.Header.Get("Cookie")+" authorization="+r.Header.Get("Authorization"))
	}))
	t.Cleanup(behind.Close)
	text, err := os.ReadFile("../../knative/components/monitoring-doors/monitoring.locations.template")
	if err != nil {
		t.Fatal(err)
	}
	words := []string{
		"admin.${POD_NAMESPACE}.svc.cluster.local:80", upstreams.Upstreams[edge.Admin].Host,
		"admin.${POD_NAMESPACE}.svc.cluster.local", upstreams.Upstreams[edge.Admin].Host,
	}
	for _, server := range []string{"grafana.${POD_NAMESPACE}.svc.cluster.local:3000", "prometheus.${POD_NAMESPACE}.svc.cluster.local:9090", "alertmanager.${POD_NAMESPACE}.svc.cluster.local:9093"} {
		words = append(words, server, parse(t, behind.URL).Host)
	}
	pages := staticPages(t)
	return runNginx(t, func(dir, door string) string {
		if err := os.WriteFile(filepath.Join(dir, "monitoring.locations"), []byte(strings.NewReplacer(words...).Replace(string(text))), 0o644); err != nil {
			t.Fatal(err)
		}
		return edge.NginxConf(upstreams, edge.Nginx{Listen: door, Root: pages, Scratch: dir})
	})
}

func TestMonitoringIsForAdministratorsOfTheInstallation(t *testing.T) {
	t.Parallel()
	j := begin(t, nil)
	door := startDoors(t, j.system.Endpoints.URL, edge.Config{Public: parse(t, j.system.Endpoints.URL), Upstreams: j.system.Upstreams})
	ask := func(method, path, cookie string) (int, string) {
		t.Helper()
		request, err := http.NewRequestWithContext(t.Context(), method, "http://"+door+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Host = parse(t, j.system.Endpoints.URL).Host
		request.Header.Set("Cookie", cookie)
		request.Header.Set("X-Authway-Caller", "somebody")
		response, err := http.DefaultTransport.RoundTrip(request)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		said, _ := io.ReadAll(response.Body)
		return response.StatusCode, string(said) + response.Header.Get("Location")
	}
	viewer := j.system.Operator(t, administrator.Viewer, "")
	cookie := func(o *harness.Operator) string {
		return "authway_session=" + o.Cookie(j.system.Endpoints.URL, "authway_session")
	}
	viewing, owning := cookie(viewer), cookie(j.system.Operator(t, administrator.Owner, tenant.Default))
	for _, path := range []string{"/grafana/d/a", "/prometheus/graph", "/alertmanager/"} {
		if status, said := ask(http.MethodGet, path, ""); status != http.StatusFound || !strings.HasSuffix(said, "</html>\r\n/admin/") {
			t.Errorf("%s: nobody gets %d %s", path, status, said)
		}
		if status, said := ask(http.MethodGet, path, owning); status != http.StatusForbidden {
			t.Errorf("%s: a tenant's owner gets %d %s", path, status, said)
		}
		status, said := ask(http.MethodGet, path, viewing)
		if status != http.StatusOK || !strings.HasPrefix(said, "GET "+path+" ") || !strings.HasSuffix(said, " cookie= authorization=") {
			t.Errorf("%s: a viewer gets %d %s", path, status, said)
		}
		if path == "/grafana/d/a" && !strings.Contains(said, "caller="+viewer.User.ID.String()) {
			t.Errorf("Grafana is told %s", said)
		}
	}
	if status, said := ask(http.MethodGet, "/grafana", ""); status != http.StatusPermanentRedirect || !strings.HasSuffix(said, "</html>\r\n/grafana/") {
		t.Errorf("/grafana leads to %d %s", status, said)
	}
	if status, said := ask(http.MethodPost, "/grafana/api/datasources/proxy/uid/loki/loki/api/v1/delete", viewing); status != http.StatusForbidden {
		t.Errorf("logs are deleted with %d %s", status, said)
	}
	if status, _ := ask(http.MethodPost, "/alertmanager/api/v2/silences", viewing); status != http.StatusMethodNotAllowed {
		t.Errorf("an alert is silenced with %d", status)
	}
	if status, _ := ask(http.MethodGet, "/monitoring-caller", viewing); status != http.StatusNotFound {
		t.Errorf("the question to administration is answered to everybody with %d", status)
	}
}
