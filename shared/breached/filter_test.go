package breached_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/authway/authway/shared/breached"
)

func TestBuildRefusesWhatIsNoList(t *testing.T) {
	t.Parallel()
	good := fmt.Sprintf("%X:12\n", breached.SumOf("password1234"))
	for name, list := range map[string]string{
		"a password in clear": good + "password1234\n",
		"a sum cut short":     good + good[:20] + "\n",
		"another hash":        strings.Repeat("a", 64) + "\n",
	} {
		err := breached.Build(&bytes.Buffer{}, strings.NewReader(list), 2)
		if err == nil || !strings.Contains(err.Error(), "line ") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestBuildTakesThePublishedForm(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	list := fmt.Sprintf("%X:12\r\n\n%x\n", breached.SumOf("password1234"), breached.SumOf("qwertyuiop12"))
	if err := breached.Build(&out, strings.NewReader(list), 2); err != nil {
		t.Fatal(err)
	}
	if out.Len() != 12+4096 {
		t.Errorf("the filter has %d bytes", out.Len())
	}
}
