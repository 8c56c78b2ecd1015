package bundle

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/authway/authway/shared/config"
)

// apiServer stands in for Kubernetes: it gives two objects of each kind that it
// is told of, a page each, and does not know the others.
type apiServer struct {
	lists map[string]list
	// refused are answered with a status instead.
	refused map[string]int
}

const apiToken = "a-service-account-token"

func (a *apiServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Authorization") != "Bearer "+apiToken {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	if status := a.refused[r.URL.Path]; status != 0 {
		w.WriteHeader(status)
		return
	}
	all, known := a.lists[r.URL.Path]
	if !known {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	answer := list{Kind: all.Kind}
	first := 0
	if next := r.URL.Query().Get("continue"); next != "" {
		_, _ = fmt.Sscan(next, &first)
	}
	if first < len(all.Items) {
		answer.Items = all.Items[first : first+1]
	}
	if first+1 < len(all.Items) {
		answer.Metadata.Continue = fmt.Sprint(first + 1)
	}
	_ = json.NewEncoder(w).Encode(answer)
}

// cluster starts a, and mounts a service account for it.
func cluster(t *testing.T, a *apiServer) *Cluster {
	t.Helper()
	server := httptest.NewTLSServer(a)
	t.Cleanup(server.Close)
	folder := t.TempDir()
	authority := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	for name, content := range map[string]string{"token": apiToken + "\n", "namespace": "authway-trial", "ca.crt": string(authority)} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return &Cluster{Address: server.URL, Folder: folder}
}

func objectsOf(t *testing.T, kind, text string) list {
	t.Helper()
	l := list{Kind: kind}
	if err := json.Unmarshal([]byte(text), &l.Items); err != nil {
		t.Fatal(err)
	}
	return l
}

const (
	secretsPath = "/api/v1/namespaces/authway-trial/secrets"
	ksvcPath    = "/apis/serving.knative.dev/v1/namespaces/authway-trial/services"
)

// Objects of every page come back so that kubectl apply takes them, and those that
// somebody makes by himself stay away.
func TestObjectsCanBeAppliedAgain(t *testing.T) {
	t.Parallel()
	a := &apiServer{lists: map[string]list{
		secretsPath: objectsOf(t, "SecretList", `[
			{"metadata":{"name":"authway-mail","uid":"u","resourceVersion":"7","creationTimestamp":"2026-11-24T00:00:00Z","managedFields":[{}],
			  "annotations":{"kubectl.kubernetes.io/last-applied-configuration":"{}","kept":"yes"}},"type":"Opaque","data":{"url":"c210cDovLw=="}},
			{"metadata":{"name":"token"},"type":"kubernetes.io/service-account-token","data":{"token":"eA=="}},
			{"metadata":{"name":"authway-backup-identity"},"type":"Opaque"},
			{"metadata":{"name":"last"},"type":"Opaque"}]`),
		"/api/v1/namespaces/authway-trial/configmaps": objectsOf(t, "ConfigMapList", `[{"metadata":{"name":"kube-root-ca.crt"}},{"metadata":{"name":"authway-config"}}]`),
		"/api/v1/namespaces/authway-trial/services": objectsOf(t, "ServiceList", `[
			{"metadata":{"name":"postgres"},"spec":{"clusterIP":"10.0.0.7","clusterIPs":["10.0.0.7"],"ports":[{"port":5432}]}},
			{"metadata":{"name":"headless"},"spec":{"clusterIP":"None"}},
			{"metadata":{"name":"login-00001","ownerReferences":[{"kind":"Revision","name":"login-00001"}]},"spec":{}}]`),
		ksvcPath: objectsOf(t, "ServiceList", `[{"metadata":{"name":"login","annotations":{"serving.knative.dev/creator":"who","serving.knative.dev/lastModifier":"who"}},
			"spec":{"traffic":[{"percent":100}]},"status":{"url":"http://login"}}]`),
		"/apis/batch/v1/namespaces/authway-trial/jobs": objectsOf(t, "JobList", `[
			{"metadata":{"name":"migrate"},"spec":{},"status":{"completionTime":"2026-11-24T00:00:00Z"}},
			{"metadata":{"name":"waits"},"spec":{"selector":{"matchLabels":{"controller-uid":"u"}},"template":{"metadata":{"labels":{"controller-uid":"u","app":"a"}}}}}]`),
	}}
	c := taken(t, Source{Cluster: cluster(t, a)})
	for name, want := range map[string]string{
		"kubernetes/secrets/authway-mail.json":               `{"apiVersion":"v1","data":{"url":"c210cDovLw=="},"kind":"Secret","metadata":{"annotations":{"kept":"yes"},"name":"authway-mail"},"type":"Opaque"}`,
		"kubernetes/secrets/last.json":                       `{"apiVersion":"v1","kind":"Secret","metadata":{"name":"last"},"type":"Opaque"}`,
		"kubernetes/services/postgres.json":                  `{"apiVersion":"v1","kind":"Service","metadata":{"name":"postgres"},"spec":{"ports":[{"port":5432}]}}`,
		"kubernetes/services/headless.json":                  `{"apiVersion":"v1","kind":"Service","metadata":{"name":"headless"},"spec":{"clusterIP":"None"}}`,
		"kubernetes/services.serving.knative.dev/login.json": `{"apiVersion":"serving.knative.dev/v1","kind":"Service","metadata":{"name":"login"},"spec":{"traffic":[{"percent":100}]}}`,
		"kubernetes/jobs.batch/waits.json":                   `{"apiVersion":"batch/v1","kind":"Job","metadata":{"name":"waits"},"spec":{"template":{"metadata":{"labels":{"app":"a"}}}}}`,
		"kubernetes/configmaps/authway-config.json":          `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"authway-config"}}`,
	} {
		if got := compact(t, c.Files[name]); got != want {
			t.Errorf("%s is\n%s, not\n%s", name, got, want)
		}
	}
	for what, why := range map[string]string{
		"kubernetes/secrets/token":                        "a token of one cluster",
		"kubernetes/secrets/authway-backup-identity":      "opens this bundle: it is kept elsewhere",
		"kubernetes/configmaps/kube-root-ca.crt":          "a certificate of one cluster",
		"kubernetes/services/login-00001":                 "made by its owner again",
		"kubernetes/jobs.batch/migrate":                   "has ended, and would run again",
		"kubernetes/certificates.cert-manager.io":         "the cluster has no such kind",
		"kubernetes/clusters.postgresql.cnpg.io":          "the cluster has no such kind",
		"kubernetes/httproutes.gateway.networking.k8s.io": "the cluster has no such kind",
	} {
		if got := left(c, what); got != why {
			t.Errorf("%s: left out because %q, not %q", what, got, why)
		}
		if _, there := c.Files[what+".json"]; there {
			t.Errorf("%s is there", what)
		}
	}
	if c.Index.Namespace != "authway-trial" {
		t.Errorf("of the namespace %q", c.Index.Namespace)
	}
}

func left(c *Contents, what string) string {
	for _, o := range c.Index.Left {
		if o.What == what {
			return o.Why
		}
	}
	return ""
}

func compact(t *testing.T, text []byte) string {
	t.Helper()
	var value any
	if err := json.Unmarshal(text, &value); err != nil {
		return string(text)
	}
	out, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// A kind that may not be read is no kind that is not there: a bundle without it
// would look whole.
func TestWhatMayNotBeReadIsAnError(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]string{
		http.StatusForbidden:           "may not list secrets: the Role maintenance-backup of components/backup",
		http.StatusUnauthorized:        "does not take the service account's token",
		http.StatusInternalServerError: "secrets: the API server answered 500",
	} {
		s := source(Source{Cluster: cluster(t, &apiServer{refused: map[string]int{secretsPath: status}})})
		if _, err := s.Take(t.Context(), moment); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%d: %v", status, err)
		}
	}
}

// Whoever answers at the API server's address without its certificate is not shown
// the token.
func TestTheTokenIsForTheAPIServer(t *testing.T) {
	t.Parallel()
	asked := false
	other := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked = true }))
	t.Cleanup(other.Close)
	c := cluster(t, &apiServer{})
	if err := os.WriteFile(filepath.Join(c.Folder, "ca.crt"), authority(t), 0o600); err != nil {
		t.Fatal(err)
	}
	s := source(Source{Cluster: &Cluster{Address: other.URL, Folder: c.Folder}})
	if _, err := s.Take(t.Context(), moment); err == nil || asked {
		t.Errorf("%v; asked: %v", err, asked)
	}
}

// authority is the certificate of nobody who is asked.
func authority(t *testing.T) []byte {
	t.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, public, private)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

func TestWhereTheAPIServerIs(t *testing.T) {
	t.Parallel()
	with := t.TempDir()
	if err := os.WriteFile(filepath.Join(with, "token"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	inside := config.Map(map[string]string{"KUBERNETES_SERVICE_HOST": "fd00::1", "KUBERNETES_SERVICE_PORT": "443"})
	if c := InCluster(inside, with); c == nil || c.Address != "https://[fd00::1]:443" || c.Folder != with {
		t.Errorf("in a cluster: %+v", c)
	}
	if c := InCluster(inside, t.TempDir()); c != nil {
		t.Errorf("without a token: %+v", c)
	}
	if c := InCluster(config.Map(nil), with); c != nil {
		t.Errorf("outside: %+v", c)
	}
}
