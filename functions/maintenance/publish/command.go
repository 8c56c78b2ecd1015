package publish

import (
	"embed"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/authway/authway/shared/events"
)

// Word is the first of a command line for Command.
const Word = "events"

// Usage says what Command does.
const Usage = `maintenance events               list the domain events
maintenance events TYPE [--example]
                                 show the JSON Schema of what a type carries, or an example
`

// Command answers the words after Word. known is false when they are none of its
// own.
func Command(words []string, out io.Writer) (known bool, err error) {
	switch {
	case len(words) == 0:
		for _, e := range Catalogue {
			if _, err = fmt.Fprintf(out, "%s  (%s in the audit log)\n", e.Type(), e.Action); err != nil {
				break
			}
		}
		return true, err
	case !slices.ContainsFunc(Catalogue, func(e Entry) bool { return e.Type() == words[0] }):
		return false, nil
	case len(words) == 1:
		return true, show(out, Schemas, "schemas", words[0])
	case len(words) == 2 && words[1] == "--example":
		return true, show(out, Examples, "examples", words[0])
	}
	return false, nil
}

func show(out io.Writer, from embed.FS, folder, kind string) error {
	text, err := from.ReadFile(folder + "/" + strings.TrimPrefix(kind, events.Prefix) + ".json")
	if err != nil {
		return err
	}
	_, err = out.Write(text)
	return err
}
