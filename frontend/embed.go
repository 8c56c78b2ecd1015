package frontend

import (
	"embed"
	"io/fs"
)

// all: because bundlers are free to name a file with a leading underscore, which a plain pattern drops.
//
//go:embed all:dist
var files embed.FS

// Dist is the folder dist: login/<locale>/<page>.html, and login/ui/assets for /ui/assets.
func Dist() fs.FS {
	dist, err := fs.Sub(files, "dist")
	if err != nil {
		panic(err) // only for a malformed name, and the name is above
	}
	return dist
}

// Built reports whether the pages were there when the program was compiled.
func Built() bool {
	_, err := fs.Stat(files, "dist/login/en/login.html")
	return err == nil
}
