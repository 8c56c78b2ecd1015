package breached_test

import (
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/authway/authway/shared/breached"
)

// built is the filter of a list, as a file.
func built(t *testing.T, list string, seen int64) (string, breached.Header, error) {
	t.Helper()
	out, err := os.Create(filepath.Join(t.TempDir(), "filter"))
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	h, err := breached.Build(out, strings.NewReader(list), seen)
	if err == nil {
		if info, statErr := out.Stat(); statErr != nil || info.Size() != h.Size() {
			t.Errorf("the file has not the size that its header says: %v, %v", info, statErr)
		}
	}
	return out.Name(), h, err
}

func line(password, count string) string {
	return fmt.Sprintf("%X%s\n", breached.SumOf(password), count)
}

func TestBuildRefusesWhatIsNoList(t *testing.T) {
	t.Parallel()
	good := breached.Sums([]string{"password1234"})
	two := strings.SplitAfter(breached.Sums([]string{"password1234", "qwertyuiop12"}), "\n")
	for name, c := range map[string]struct {
		list string
		line int
	}{
		"a password in clear":  {good + "password1234\n", 2},
		"a sum cut short":      {good + "\n" + good[:20] + "\n", 3},
		"another hash":         {strings.Repeat("a", 64) + "\n", 1},
		"letters":              {strings.Repeat("x", 40) + "\n", 1},
		"no number":            {strings.TrimSpace(good) + ":many\n", 1},
		"a negative number":    {strings.TrimSpace(good) + ":-1\n", 1},
		"not in order":         {two[1] + two[0], 2},
		"a line without end":   {good + strings.Repeat("A", 70000), 2},
		"a web page":           {"<html><body>not found</body></html>", 1},
		"an NTLM sum":          {strings.Repeat("a", 32) + ":3\n", 1},
		"a compressed archive": {"7z\xbc\xaf\x27\x1c\x00\x04\n", 1},
	} {
		file, _, err := built(t, c.list, 0)
		if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("line %d ", c.line)) {
			t.Errorf("%s: got %v", name, err)
		}
		if info, err := os.Stat(file); err != nil || info.Size() != 0 {
			t.Errorf("%s: something was written", name)
		}
	}
}

func TestBuildTakesThePublishedForms(t *testing.T) {
	t.Parallel()
	plain := breached.Sums([]string{"password1234", "qwertyuiop12", "password1234"})
	counted := strings.ReplaceAll(plain, "\n", ":17\r\n")
	for name, list := range map[string]string{
		"sums alone": plain, "with numbers": counted, "small letters": strings.ToLower(plain), "no last line break": strings.TrimSpace(plain),
		"seen once": strings.ReplaceAll(plain, "\n", ":1\n"),
	} {
		_, h, err := built(t, list, 0)
		if err != nil || h.Entries != 2 || h.Blocks != 1 {
			t.Errorf("%s: got %+v, %v", name, h, err)
		}
	}
	sorted := strings.SplitAfter(plain, "\n")
	if _, h, err := built(t, sorted[0]+sorted[0]+sorted[1], 0); err != nil || h.Entries != 2 {
		t.Errorf("a sum that comes twice: got %+v, %v", h, err)
	}
	if _, h, err := built(t, "\n", 0); err != nil || h.Entries != 0 || h.Blocks != 1 {
		t.Errorf("an empty list: got %+v, %v", h, err)
	}
}

func TestBuildLeavesOutWhatWasSeldomSeen(t *testing.T) {
	t.Parallel()
	list := line("password1234", ":9")
	for seen, want := range map[int64]int64{0: 1, 9: 1, 10: 0} {
		if _, h, err := built(t, list, seen); err != nil || h.Entries != want {
			t.Errorf("seen %d: got %+v, %v", seen, h, err)
		}
	}
}

func TestOfIsWhatBuildMakes(t *testing.T) {
	t.Parallel()
	passwords := numbered("a listed password", 5000)
	file, _, err := built(t, breached.Sums(passwords), 0)
	if err != nil {
		t.Fatal(err)
	}
	written, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	made, err := breached.Of(passwords)
	if err != nil || string(made) != string(written) {
		t.Errorf("Of and Build differ: %v", err)
	}
}

func numbered(prefix string, n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprintf("%s %d", prefix, i)
	}
	return out
}

func TestOpenRefusesWhatIsNoFilter(t *testing.T) {
	t.Parallel()
	good, err := breached.Of([]string{"password1234"})
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"nothing": "", "a web page": "<html>" + strings.Repeat("x", 2000), "an older form": "AWBLOOM1" + string(good[8:]),
		"half a header": string(good[:30]), "no blocks": string(good[:16]) + strings.Repeat("\x00", 8) + string(good[24:]),
		"too many blocks": string(good[:16]) + strings.Repeat("\x7f", 8) + string(good[24:]),
	} {
		if _, err := breached.Open(strings.NewReader(text)); !errors.Is(err, breached.ErrFormat) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	broken := io.MultiReader(strings.NewReader(string(good[:20])), failing{})
	if _, err := breached.Open(broken); !errors.Is(err, errBroken) {
		t.Errorf("a broken transfer: got %v", err)
	}
}

var errBroken = errors.New("broken")

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errBroken }

// The number in the package's comment: what a filter answers of passwords that
// are in no list, over all fillings of a block.
func TestFalseAlarmsAreWhatTheArithmeticSays(t *testing.T) {
	t.Parallel()
	const bits, probes, mean = 8192.0, 14.0, 8192.0 / 20
	all := 0.0
	for n := 1.0; n < 1000; n++ {
		logarithm, _ := math.Lgamma(n + 1)
		chance := math.Exp(n*math.Log(mean) - mean - logarithm)
		all += chance * math.Pow(1-math.Exp(-probes*n/bits), probes)
	}
	t.Logf("%.2g", all)
	if all < 7e-5 || all > 8e-5 || all > breached.FalseAlarms {
		t.Errorf("the chance is %.2g", all)
	}
}

func FuzzBuild(f *testing.F) {
	f.Add(breached.Sums([]string{"password1234"}))
	f.Add("0018A45C4D1DEF81644B54AB7F969B88D65:3\n")
	f.Fuzz(func(t *testing.T, list string) {
		out, err := os.Create(filepath.Join(t.TempDir(), "filter"))
		if err != nil {
			t.Fatal(err)
		}
		defer out.Close()
		h, err := breached.Build(out, strings.NewReader(list), 0)
		if err != nil {
			return
		}
		if _, err := out.Seek(0, io.SeekStart); err != nil {
			t.Fatal(err)
		}
		if again, err := breached.Open(out); err != nil || again.Header != h {
			t.Fatalf("the filter of %q is %+v, read %+v, %v", list, h, again, err)
		}
	})
}
