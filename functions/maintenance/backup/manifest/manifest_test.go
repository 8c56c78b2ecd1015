package manifest_test

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/authway/authway/functions/maintenance/backup/manifest"
)

// signed is a manifest as PostgreSQL writes it, with its sum.
func signed(files, ranges string) string {
	body := "{ \"PostgreSQL-Backup-Manifest-Version\": 1,\n\"Files\": [\n" + files + "],\n\"WAL-Ranges\": [\n" + ranges + "],\n"
	return body + sumLine(body)
}

func sumLine(body string) string {
	return fmt.Sprintf("\"Manifest-Checksum\": \"%x\"}\n", sha256.Sum256([]byte(body)))
}

const oneRange = `{ "Timeline": 1, "Start-LSN": "0/2000028", "End-LSN": "0/2000100" }` + "\n"

func file(path, content string) string {
	return fmt.Sprintf("{ \"Path\": %q, %s\n", path, properties(content))
}

func properties(content string) string {
	return fmt.Sprintf(`"Size": %d, "Last-Modified": "2026-11-24 02:00:00 GMT", "Checksum-Algorithm": "SHA256", "Checksum": "%x" }`,
		len(content), sha256.Sum256([]byte(content)))
}

func TestParse(t *testing.T) {
	t.Parallel()
	text := signed(file("base/1/1259", "rows")+", "+fmt.Sprintf(`{ "Encoded-Path": "%x", %s`, "base/\xff", properties("")), oneRange)
	m, err := manifest.Parse(iotest.OneByteReader(strings.NewReader(text)))
	if err != nil {
		t.Fatal(err)
	}
	if got := m.Files["base/1/1259"]; got.Size != 4 || got.SHA256 != sha256.Sum256([]byte("rows")) {
		t.Errorf("got %v", got)
	}
	if _, ok := m.Files["base/\xff"]; !ok {
		t.Error("a path that is not UTF-8 is lost")
	}
	if r := m.Ranges; len(r) != 1 || r[0].Timeline != 1 || r[0].Start.String() != "0/2000028" || r[0].End.String() != "0/2000100" {
		t.Errorf("got %v", r)
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	whole := signed(file("PG_VERSION", "15\n"), oneRange)
	other := strings.Replace(whole, "PG_VERSION", "PG_VERSIOM", 1)
	noVersion := strings.Replace(strings.TrimSuffix(whole, whole[strings.Index(whole, "\"Manifest-C"):]), "Version\": 1", "Version\": 3", 1)
	for name, text := range map[string]string{
		"nothing":                   "",
		"another content":           other,
		"cut off":                   whole[:len(whole)-3],
		"cut off in the middle":     whole[:len(whole)/2],
		"more after it":             whole + "{}",
		"no sum":                    whole[:strings.LastIndex(whole, ",\n")] + "}\n",
		"a version of later":        noVersion + sumLine(noVersion),
		"no WAL":                    signed(file("PG_VERSION", "15\n"), ""),
		"a way out":                 signed(file("../etc/passwd", ""), oneRange),
		"an absolute path":          signed(file("/etc/passwd", ""), oneRange),
		"a path written otherwise":  signed(file("base//1", ""), oneRange),
		"the same path twice":       signed(file("a", "")+","+file("a", ""), oneRange),
		"a negative length":         signed(strings.Replace(file("a", ""), `"Size": 0`, `"Size": -1`, 1), oneRange),
		"an absurd length":          signed(strings.Replace(file("a", ""), `"Size": 0`, `"Size": 1e30`, 1), oneRange),
		"a hash that is none":       signed(strings.Replace(file("a", ""), `"Checksum": "`, `"Checksum": "00`, 1), oneRange),
		"a line without end":        "{ \"a\": \"" + strings.Repeat("x", 1<<20),
		"something behind the sum":  strings.Replace(whole, "\"}\n", "\", \"Files\": []}\n", 1),
		"something before the sum":  strings.Replace(whole, "\"Manifest-C", "\"a\": 1, \"Manifest-C", 1),
		"a list of another kind":    "[]",
		"files that are not a list": "{ \"Files\": {} }",
	} {
		if _, err := manifest.Parse(strings.NewReader(text)); !errors.Is(err, manifest.ErrDamaged) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	crc := strings.Replace(file("a", ""), "SHA256", "CRC32C", 1)
	if _, err := manifest.Parse(strings.NewReader(signed(crc, oneRange))); err == nil || errors.Is(err, manifest.ErrDamaged) || !strings.Contains(err.Error(), "CRC32C") {
		t.Errorf("another algorithm: got %v", err)
	}
	broken := errors.New("the line is dead")
	for n := range 3 {
		r := io.MultiReader(strings.NewReader(whole[:n*len(whole)/2]), iotest.ErrReader(broken))
		if _, err := manifest.Parse(r); !errors.Is(err, broken) || errors.Is(err, manifest.ErrDamaged) {
			t.Errorf("a source that fails after %d halves: got %v", n, err)
		}
	}
}

type member struct {
	name, content string
	kind          byte
}

func archived(t *testing.T, members ...member) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, m := range members {
		h := &tar.Header{Name: m.name, Size: int64(len(m.content)), Mode: 0o600, Typeflag: m.kind}
		if m.kind == tar.TypeSymlink {
			h.Linkname, h.Size = m.content, 0
		}
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if h.Size > 0 {
			if _, err := io.WriteString(w, m.content); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func parsed(t *testing.T, files ...string) *manifest.Manifest {
	t.Helper()
	m, err := manifest.Parse(strings.NewReader(signed(strings.Join(files, ","), oneRange)))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestArchive(t *testing.T) {
	t.Parallel()
	m := parsed(t, file("PG_VERSION", "15\n"), file("base/1/2", "rows"), file("pg_tblspc/16400/PG_15/1/3", "more"), file("lost", "x"))
	var seen []string
	see := func(e manifest.Entry) error {
		content, err := io.ReadAll(e.Body)
		seen = append(seen, e.Path+"="+string(content))
		return err
	}
	main := archived(t, member{"base/", "", tar.TypeDir}, member{"PG_VERSION", "15\n", tar.TypeReg},
		member{"base/1/2", "rows", tar.TypeReg}, member{"pg_tblspc/16400", "/fast", tar.TypeSymlink})
	if err := m.Archive(bytes.NewReader(main), "", see); err != nil {
		t.Fatal(err)
	}
	// What nobody reads is checked all the same.
	if err := m.Archive(bytes.NewReader(archived(t, member{"PG_15/1/3", "more", tar.TypeReg})), "pg_tblspc/16400", nil); err != nil {
		t.Fatal(err)
	}
	if want := []string{"base=", "PG_VERSION=15\n", "base/1/2=rows", "pg_tblspc/16400="}; !slices.Equal(seen, want) {
		t.Errorf("got %q", seen)
	}
	if got := m.Missing(); !slices.Equal(got, []string{"lost"}) {
		t.Errorf("missing are %q", got)
	}
}

func TestArchiveRefuses(t *testing.T) {
	t.Parallel()
	good := archived(t, member{"a", "rows", tar.TypeReg}, member{"b", "more", tar.TypeReg})
	for name, content := range map[string][]byte{
		"another content":     archived(t, member{"a", "rowz", tar.TypeReg}),
		"a shorter file":      archived(t, member{"a", "row", tar.TypeReg}),
		"a file that is new":  archived(t, member{"c", "rows", tar.TypeReg}),
		"a file twice":        archived(t, member{"a", "rows", tar.TypeReg}, member{"a", "rows", tar.TypeReg}),
		"a way out":           archived(t, member{"../a", "rows", tar.TypeReg}),
		"an absolute path":    archived(t, member{"/a", "rows", tar.TypeReg}),
		"a link":              archived(t, member{"a", "/etc/passwd", tar.TypeSymlink}),
		"a link further down": archived(t, member{"pg_tblspc/1/x", "/etc", tar.TypeSymlink}),
		"a hard link":         archived(t, member{"a", "", tar.TypeLink}),
		"no archive":          bytes.Repeat([]byte("x"), 1024),
		"cut off in a file":   good[:514],
		"cut off in a header": good[:1100],
	} {
		m := parsed(t, file("a", "rows"), file("b", "more"))
		if err := m.Archive(bytes.NewReader(content), "", nil); !errors.Is(err, manifest.ErrDamaged) {
			t.Errorf("%s: got %v", name, err)
		}
		if !slices.Contains(m.Missing(), "b") {
			t.Errorf("%s: b counts as seen", name)
		}
	}
	broken := errors.New("the line is dead")
	m := parsed(t, file("a", "rows"), file("b", "more"))
	if err := m.Archive(io.MultiReader(bytes.NewReader(good), iotest.ErrReader(broken)), "", nil); !errors.Is(err, broken) {
		t.Errorf("a source that fails after the last file: got %v", err)
	}
	m = parsed(t, file("a", "rows"), file("b", "more"))
	if err := m.Archive(bytes.NewReader(good), "", func(manifest.Entry) error { return broken }); !errors.Is(err, broken) {
		t.Errorf("one who does not want it: got %v", err)
	}
}

// Whatever is parsed names only files below the data directory, and has the sum
// that it says.
func FuzzParse(f *testing.F) {
	f.Add([]byte(signed(file("PG_VERSION", "15\n"), oneRange)))
	f.Add([]byte(signed(`{ "Encoded-Path": "2e2e2f61", `+properties(""), oneRange)))
	f.Add([]byte("{}"))
	f.Fuzz(func(t *testing.T, text []byte) {
		m, err := manifest.Parse(bytes.NewReader(text))
		if err != nil {
			return
		}
		for name := range m.Files {
			if strings.HasPrefix(name, "/") || slices.Contains(strings.Split(name, "/"), "..") {
				t.Errorf("%q leads out", name)
			}
		}
		end := bytes.LastIndex(text, []byte(`"Manifest-Checksum"`))
		if sum := sha256.Sum256(text[:end]); !bytes.Contains(text[end:], []byte(hex.EncodeToString(sum[:]))) {
			t.Error("the sum is another")
		}
	})
}
