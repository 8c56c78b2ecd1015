package lines

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"
)

// all reads everything, and says each record as its line, text and fault.
func all(t *testing.T, in io.Reader, s Start) (said []string, r *Reader, err error) {
	t.Helper()
	r, err = NewReader(in, s)
	if err != nil {
		t.Fatal(err)
	}
	for {
		record, err := r.Next()
		if err != nil {
			return said, r, err
		}
		said = append(said, fmt.Sprintf("%d %s%s", record.Line, record.Text, record.Fault))
	}
}

func TestRecords(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", MaxRecord+1)
	for name, c := range map[string]struct {
		text string
		csv  bool
		want string
	}{
		"nothing":                    {"", false, ""},
		"lines":                      {"a\nb\n", false, "1 a|2 b"},
		"no end of the last line":    {"a\nb", false, "1 a|2 b"},
		"lines of Windows":           {"a\r\nb\r\n", false, "1 a|2 b"},
		"empty lines count":          {"\n\na\n", false, "1 |2 |3 a"},
		"a byte order mark":          {"\xef\xbb\xbfa\n\xef\xbb\xbfb\n", false, "1 a|2 \xef\xbb\xbfb"},
		"a long line":                {"a\n" + long + "\nb\n", false, "1 a|2 line_long|3 b"},
		"a long last line":           {"a\n" + long, false, "1 a|2 line_long"},
		"a very long line":           {strings.Repeat(long, 9) + "\nb", false, "1 line_long|2 b"},
		"a cell of two lines":        {"a,\"b\nc\"\nd\n", true, "1 a,\"b\nc\"|3 d"},
		"a doubled mark":             {"\"a\"\"\nb\"\nc\n", true, "1 \"a\"\"\nb\"|3 c"},
		"a mark in a cell":           {"5\" pipe\nb\n", true, "1 5\" pipe|2 b"},
		"a mark behind a closed one": {"\"a\"x\nb\n", true, "1 \"a\"x|2 b"},
		"a mark that is never closed, and what stands behind it": {"a\n\"b,1\nc\nd\n", true, "1 a|2 quote_open|3 c|4 d"},
		"an open mark before much":                               {"\"a\n" + strings.Repeat("b\n", MaxRecord) + "c", true, ""},
		"a mark behind the mark of the file":                     {"\xef\xbb\xbf\"a\nb\"\nc", true, "1 \"a\nb\"|3 c"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, in := range []io.Reader{strings.NewReader(c.text), iotest.OneByteReader(strings.NewReader(c.text)), iotest.DataErrReader(strings.NewReader(c.text))} {
				said, r, err := all(t, in, Start{CSV: c.csv, Last: true})
				if !errors.Is(err, io.EOF) || r.Position != int64(len(c.text)) {
					t.Fatalf("ended at %d of %d with %v", r.Position, len(c.text), err)
				}
				if name == "an open mark before much" {
					if len(said) != MaxRecord+2 || said[0] != "1 quote_open" || said[1] != "2 b" {
						t.Errorf("%d records: %q", len(said), said[:min(3, len(said))])
					}
					return
				}
				if got := strings.Join(said, "|"); got != c.want {
					t.Errorf("got %q, want %q", got, c.want)
				}
				if sum, err := Pass(strings.NewReader(c.text), int64(len(c.text))); err != nil || sum != r.Sum() {
					t.Errorf("the sum is %s, not %s: %v", r.Sum(), sum, err)
				}
			}
		})
	}
}

// A stream that breaks anywhere is gone on with, and the records are those of the
// whole.
func TestReadingGoesOn(t *testing.T) {
	t.Parallel()
	chance := rand.New(rand.NewPCG(1, 2))
	for _, csv := range []bool{false, true} {
		var text strings.Builder
		for n := range 300 {
			switch chance.IntN(12) {
			case 0:
				text.WriteString(strings.Repeat("y", MaxRecord+chance.IntN(9)))
			case 1:
				text.WriteString("\"two\nlines\"")
			case 2:
				text.WriteString("\r")
			default:
				fmt.Fprintf(&text, "line %d", n)
			}
			text.WriteString("\n")
		}
		file := text.String()
		whole, at, _ := all(t, strings.NewReader(file), Start{CSV: csv, Last: true})
		var parts []string
		start := Start{CSV: csv}
		for tries := 0; start.Position < int64(len(file)); tries++ {
			rest := file[start.Position:]
			cut := min(chance.IntN(MaxRecord*3), len(rest))
			start.Last = cut == len(rest)
			said, r, err := all(t, io.MultiReader(strings.NewReader(rest[:cut]), iotest.ErrReader(broken(start.Last))), start)
			if !errors.Is(err, broken(start.Last)) {
				t.Fatal(err)
			}
			parts = append(parts, said...)
			if start.State, err = r.State(); err != nil {
				t.Fatal(err)
			}
			start.Position, start.Line = r.Position, r.Line
		}
		if strings.Join(parts, "|") != strings.Join(whole, "|") {
			t.Errorf("CSV %v: %d records in parts, %d in one", csv, len(parts), len(whole))
		}
		if sum, err := SumOf(start.State); err != nil || sum != at.Sum() {
			t.Errorf("CSV %v: the sum of the parts is %s, not %s: %v", csv, sum, at.Sum(), err)
		}
	}
}

func broken(last bool) error {
	if last {
		return io.EOF
	}
	return io.ErrUnexpectedEOF
}

func FuzzReader(f *testing.F) {
	f.Add([]byte("a,\"b\nc\"\nd"), true, 5)
	f.Add([]byte("{\"email\":\"a@b.test\"}\n\n"), false, 3)
	f.Add([]byte("\xef\xbb\xbf\"a\n"), true, 4)
	f.Fuzz(func(t *testing.T, file []byte, csv bool, cut int) {
		whole, at, err := all(t, bytes.NewReader(file), Start{CSV: csv, Last: true})
		if !errors.Is(err, io.EOF) || at.Position != int64(len(file)) {
			t.Fatalf("%d of %d bytes: %v", at.Position, len(file), err)
		}
		cut = min(max(cut, 0), len(file))
		first, r, _ := all(t, io.MultiReader(bytes.NewReader(file[:cut]), iotest.ErrReader(io.ErrUnexpectedEOF)), Start{CSV: csv})
		state, err := r.State()
		if err != nil {
			t.Fatal(err)
		}
		second, end, _ := all(t, bytes.NewReader(file[r.Position:]), Start{CSV: csv, Last: true, Position: r.Position, Line: r.Line, State: state})
		if end.Sum() != at.Sum() || end.Line != at.Line || strings.Join(append(first, second...), "|") != strings.Join(whole, "|") {
			t.Fatalf("in two parts it is %q and %q, in one %q", first, second, whole)
		}
	})
}
