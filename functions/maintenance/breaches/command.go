package breaches

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"

	"github.com/authway/authway/shared/breached"
	"github.com/authway/authway/shared/credential"
)

// Usage is what the words after "maintenance breached" may be.
const Usage = `maintenance breached build [--seen N] IN OUT
                                 build a list for BREACHED_URL out of sorted SHA-1 sums (SHA1:count on
                                 each line, as Pwned Passwords publishes them), without those that were
                                 seen fewer than N times
maintenance breached sums IN OUT write the sorted sums of passwords, one on each line
`

// Command does what words say and reports whether they said anything.
func Command(words []string, out io.Writer) (known bool, err error) {
	seen := int64(0)
	if len(words) == 5 && words[0] == "build" && words[1] == "--seen" {
		if seen, err = strconv.ParseInt(words[2], 10, 64); err != nil || seen < 0 {
			return false, nil
		}
		words = append([]string{"build"}, words[3:]...)
	}
	if len(words) != 3 {
		return false, nil
	}
	switch words[0] {
	case "build":
		return true, build(words[1], words[2], seen, out)
	case "sums":
		return true, sums(words[1], words[2], out)
	}
	return false, nil
}

func build(from, to string, seen int64, out io.Writer) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()
	var h breached.Header
	err = whole(to, func(file *os.File) error {
		h, err = breached.Build(file, in, seen)
		return err
	})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "%s: %d passwords, %d bytes, SHA-256 %x\n", to, h.Entries, h.Size(), h.Checksum)
	return err
}

// sums holds the whole text: it is for what people have written themselves.
func sums(from, to string, out io.Writer) error {
	text, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	passwords := passwordsOf(credential.Normalize(string(text)))
	err = whole(to, func(file *os.File) error {
		_, err := io.WriteString(file, breached.Sums(passwords))
		return err
	})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "%s: %d passwords\n", to, len(passwords))
	return err
}

// whole writes a file that is there complete or not at all.
func whole(name string, write func(*os.File) error) error {
	file, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+"-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(file.Name()) }()
	defer func() { _ = file.Close() }()
	if err := write(file); err != nil {
		return err
	}
	if err := file.Sync(); err != nil {
		return err
	}
	if err := file.Chmod(0o644); err != nil {
		return err
	}
	return os.Rename(file.Name(), name)
}
