package bundle

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/authway/authway/shared/config"
)

// Mount is where Kubernetes puts a service account's token, and the certificate of
// whom to show it to.
const Mount = "/var/run/secrets/kubernetes.io/serviceaccount"

const (
	// page is how many objects are asked for at once.
	page = 100
	// answerTime bounds one answer of the API server.
	answerTime = 30 * time.Second
	// mostObjects bounds the objects of one kind. A namespace with more has something
	// in it that makes them.
	mostObjects = 10_000
)

// Cluster is the API server, as the service account of a pod sees it. It is spoken
// to in plain HTTP: Kubernetes' own client is larger than all else that
// maintenance links.
type Cluster struct {
	// Address is the API server's, such as https://10.0.0.1:443.
	Address string
	// Folder has the files token, ca.crt and namespace.
	Folder string
}

// InCluster is the cluster that this process runs in, or nil outside of one and
// for a pod that was given no token.
func InCluster(lookup config.Lookup, folder string) *Cluster {
	// Jobs that are only listed have no settings.
	if lookup == nil {
		return nil
	}
	host, _ := lookup("KUBERNETES_SERVICE_HOST")
	port, _ := lookup("KUBERNETES_SERVICE_PORT")
	if _, err := os.Stat(filepath.Join(folder, "token")); host == "" || port == "" || err != nil {
		return nil
	}
	return &Cluster{Address: "https://" + net.JoinHostPort(host, port), Folder: folder}
}

// session is a Cluster for one bundle: tokens are turned hourly.
type session struct {
	address, namespace, token string
	client                    *http.Client
}

func (c *Cluster) open() (*session, error) {
	s := &session{address: c.Address}
	for name, into := range map[string]*string{"token": &s.token, "namespace": &s.namespace} {
		text, err := os.ReadFile(filepath.Join(c.Folder, name))
		if err != nil {
			return nil, fmt.Errorf("bundle: the service account: %w", err)
		}
		*into = strings.TrimSpace(string(text))
	}
	authority, err := os.ReadFile(filepath.Join(c.Folder, "ca.crt"))
	if err != nil {
		return nil, fmt.Errorf("bundle: the service account: %w", err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(authority) {
		return nil, fmt.Errorf("bundle: %s holds no certificate", filepath.Join(c.Folder, "ca.crt"))
	}
	s.client = &http.Client{
		Timeout:   answerTime,
		Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}},
		// The token is for the API server alone.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return s, nil
}

func (s *session) close() { s.client.CloseIdleConnections() }

// errNoKind: the cluster does not know the kind.
var errNoKind = errors.New("the cluster has no such kind")

// each gives every object of a kind in the namespace to do.
func (s *session) each(ctx context.Context, g group, plural string, do func(object) error) error {
	next := ""
	for count := 0; ; {
		list, err := s.list(ctx, g, plural, next)
		if err != nil {
			return err
		}
		for _, o := range list.Items {
			o["apiVersion"], o["kind"] = g.apiVersion(), strings.TrimSuffix(list.Kind, "List")
			if err := do(o); err != nil {
				return err
			}
		}
		if count += len(list.Items); count > mostObjects {
			return fmt.Errorf("bundle: the namespace has more than %d %s: remove what makes them", mostObjects, g.resource(plural))
		}
		if next = list.Metadata.Continue; next == "" {
			return nil
		}
	}
}

type list struct {
	Kind     string `json:"kind"`
	Metadata struct {
		Continue string `json:"continue"`
	} `json:"metadata"`
	Items []object `json:"items"`
}

func (s *session) list(ctx context.Context, g group, plural, next string) (list, error) {
	query := url.Values{"limit": {strconv.Itoa(page)}}
	if next != "" {
		query.Set("continue", next)
	}
	address := s.address + g.path + "/namespaces/" + url.PathEscape(s.namespace) + "/" + plural + "?" + query.Encode()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return list{}, err
	}
	request.Header.Set("Authorization", "Bearer "+s.token)
	request.Header.Set("Accept", "application/json")
	answer, err := s.client.Do(request)
	if err != nil {
		return list{}, fmt.Errorf("bundle: the API server: %w", err)
	}
	defer answer.Body.Close()
	if err := refusal(answer.StatusCode, g.resource(plural)); err != nil {
		return list{}, err
	}
	var l list
	decoder := json.NewDecoder(&measured{r: answer.Body, room: room{Limit}})
	// Numbers stay as they are written.
	decoder.UseNumber()
	if err := decoder.Decode(&l); err != nil {
		return list{}, fmt.Errorf("bundle: %s: the API server's answer: %w", g.resource(plural), err)
	}
	return l, nil
}

func refusal(status int, resource string) error {
	switch status {
	case http.StatusOK:
		return nil
	case http.StatusNotFound:
		return errNoKind
	case http.StatusForbidden:
		return fmt.Errorf("bundle: the service account may not list %s: the Role maintenance-backup of components/backup allows it", resource)
	case http.StatusUnauthorized:
		return errors.New("bundle: the API server does not take the service account's token")
	}
	return fmt.Errorf("bundle: %s: the API server answered %d", resource, status)
}
