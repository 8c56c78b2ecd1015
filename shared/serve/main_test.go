package serve

import (
	"bytes"
	"context"
	"io"
	"net"
	"strings"
	"testing"

	"github.com/authway/authway/shared/config"
)

func TestEveryMistakeIsToldAtOnceInPlainSentences(t *testing.T) {
	t.Parallel()
	var complaints bytes.Buffer
	code := run(t.Context(), Spec{Name: "sample", Open: func(_ context.Context, s Setup) (Function, error) {
		r := config.Read(s.Lookup)
		r.Required("AUTHWAY_URL")
		r.URL("HYDRA_ADMIN_URL", "")
		return nil, r.Err()
	}}, config.Map(map[string]string{
		"PORT": "eighty", "LOG_LEVEL": "loud", "DRAIN_TIMEOUT": "1ms", "HYDRA_ADMIN_URL": "s3cret",
		"OTEL_EXPORTER_OTLP_ENDPOINT": "s3cret", "OTEL_TRACES_SAMPLER_ARG": "NaN",
	}), io.Discard, &complaints)
	want := `sample cannot start:
  PORT has to be a whole number from 1 to 65535
  LOG_LEVEL has to be debug, info, warn or error
  DRAIN_TIMEOUT has to be a length of time from 3s to 1h0m0s, such as 90s or 15m
  OTEL_EXPORTER_OTLP_ENDPOINT is not an address such as https://auth.example.com
  OTEL_TRACES_SAMPLER_ARG has to be a share of the requests, from 0 to 1
  AUTHWAY_URL is not set
  HYDRA_ADMIN_URL is not an address such as https://auth.example.com
`
	if got := complaints.String(); got != want || code != exitConfiguration {
		t.Errorf("exit %d, says\n%s", code, got)
	}
}

func TestPlaces(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		env         map[string]string
		listen, ops string
		mistake     string
	}{
		"defaults":                   {nil, ":8080", ":9090", ""},
		"given":                      {map[string]string{"PORT": "8081", "OPS_PORT": "9100"}, ":8081", ":9100", ""},
		"inside Knative":             {map[string]string{"PORT": "8080", "K_SERVICE": "login"}, ":8080", ":9095", ""},
		"a port of queue-proxy":      {map[string]string{"K_SERVICE": "login", "OPS_PORT": "9090"}, ":8080", ":9090", "OPS_PORT is a port that Knative's queue-proxy has in the same pod"},
		"queue-proxy is not at home": {map[string]string{"OPS_PORT": "9091"}, ":8080", ":9091", ""},
		"the same port twice":        {map[string]string{"PORT": "9090"}, ":9090", ":9090", "OPS_PORT is the same as PORT"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := place(config.Map(c.env))
			if o.Listen != c.listen || o.Ops != c.ops {
				t.Errorf("listens on %s and %s", o.Listen, o.Ops)
			}
			if got := o.mistakes; (got == nil) != (c.mistake == "") || (got != nil && got.Error() != c.mistake) {
				t.Errorf("says %v, want %q", got, c.mistake)
			}
		})
	}
}

func TestTheSignalEndsTheProcessWithSuccess(t *testing.T) {
	t.Parallel()
	ctx, signal := context.WithCancel(t.Context())
	f := &fake{}
	var complaints bytes.Buffer
	open := func(context.Context, Setup) (Function, error) {
		signal()
		return f, nil
	}
	code := run(ctx, Spec{Name: "sample", Open: open}, free(t), io.Discard, &complaints)
	if code != exitOK || complaints.Len() != 0 || f.stopped.Load() != 1 {
		t.Errorf("exit %d, stopped %d times, says %s", code, f.stopped.Load(), complaints.String())
	}
}

func TestWhatIsNoMistakeInTheSettingsIsAFailure(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", ":0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	_, port, _ := net.SplitHostPort(taken.Addr().String())
	var complaints bytes.Buffer
	code := run(t.Context(), spec(&fake{}), config.Map(map[string]string{"PORT": port}), io.Discard, &complaints)
	if code != exitFailure || !strings.Contains(complaints.String(), "sample cannot listen") {
		t.Errorf("exit %d, says %s", code, complaints.String())
	}
}

// free finds two ports. Somebody else may take them first; nobody on a test machine does.
func free(t *testing.T) config.Lookup {
	t.Helper()
	ports := map[string]string{}
	for _, name := range []string{"PORT", "OPS_PORT"} {
		l, err := net.Listen("tcp", ":0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		_, ports[name], _ = net.SplitHostPort(l.Addr().String())
	}
	return config.Map(ports)
}
