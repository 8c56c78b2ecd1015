package frontend

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// Main is the command pages, and returns its exit code. In a pod it is the edge's
// init container: nginx serves what it writes into a volume that both mount.
//
//	pages FOLDER
func Main(args []string, complaints io.Writer) int {
	if len(args) != 1 {
		_, _ = fmt.Fprintln(complaints, "usage: pages FOLDER")
		return 64 // EX_USAGE
	}
	if err := Write(args[0]); err != nil {
		_, _ = fmt.Fprintln(complaints, "pages:", err)
		return 1
	}
	return 0
}

// Write puts the static pages and the assets they load into folder, which has to
// be there. What is there already is replaced, so that it may be done again;
// files of another release stay, for browsers that still show one of its pages.
func Write(folder string) error {
	if !Built() {
		return errors.New("the program was compiled without pages: make pages comes first")
	}
	site, err := fs.Sub(Dist(), "login")
	if err != nil {
		return err
	}
	root, err := os.OpenRoot(folder)
	if err != nil {
		return err
	}
	defer root.Close()
	return fs.WalkDir(site, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			return root.MkdirAll(name, 0o755)
		}
		content, err := fs.ReadFile(site, name)
		if err != nil {
			return err
		}
		return root.WriteFile(name, content, 0o644)
	})
}
