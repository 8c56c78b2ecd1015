package edge

import (
	"flag"
	"net/url"
	"os"
	"testing"
)

var update = flag.Bool("update", false, "write the manifests' nginx.conf anew")

// The host and the namespace are filled in where nginx starts: its image
// replaces these words in files that end in .template.
const (
	hostWord      = "${AUTHWAY_HOST}"
	namespaceWord = "${POD_NAMESPACE}"
	resolversWord = "${NGINX_LOCAL_RESOLVERS}"
)

// mostEdges is how many nginx of the manifests send to one Hydra: two, and one more in a roll-out.
const mostEdges = 3

// privateNetworks are where a proxy of a cluster has its address.
var privateNetworks = []string{"10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"}

func TestTheManifestsHaveTheTable(t *testing.T) {
	t.Parallel()
	c := Config{Public: &url.URL{Scheme: "https", Host: hostWord}, Upstreams: map[Upstream]*url.URL{}}
	overHTTP := c
	overHTTP.Public = &url.URL{Scheme: "http", Host: hostWord}
	for _, name := range Upstreams {
		c.Upstreams[name] = &url.URL{Scheme: "http", Host: string(name) + "." + namespaceWord + ".svc.cluster.local"}
	}
	c.Upstreams[Hydra].Host = "hydra-public." + namespaceWord + ".svc.cluster.local:4444"
	common := Nginx{Listen: "8080", Root: "/usr/share/authway", Scratch: "/tmp/nginx", Resolver: resolversWord, HydraConnections: hydraConnections / mostEdges}
	withTLS, behind := common, common
	withTLS.Listen, withTLS.Redirect = "8443", "8080"
	withTLS.Certificate, withTLS.CertificateKey = "/etc/nginx/tls/tls.crt", "/etc/nginx/tls/tls.key"
	behind.Trusted = privateNetworks
	for component, want := range map[string]string{
		"edge":              NginxConf(c, withTLS),
		"edge-behind-proxy": NginxConf(c, behind),
		"edge-http":         NginxConf(overHTTP, common),
	} {
		file := "../../../knative/components/" + component + "/nginx.conf.template"
		if *update {
			if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != want {
			t.Errorf("%s is not what the table says: go test ./functions/standalone/edge -run Manifests -update", file)
		}
	}
}
