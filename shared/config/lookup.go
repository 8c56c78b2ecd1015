package config

import (
	"io"
	"os"
	"strings"
)

// Lookup finds a setting by name.
type Lookup func(name string) (string, bool)

const fileSuffix = "_FILE"

// A setting is a line, a key or a certificate. A NAME_FILE that points at something endless must not take
// the memory of the pod.
const maxFile = 1 << 20

// Environment looks into the process's environment, then into the file that NAME_FILE names. One newline at
// the end of a file is no part of the value: editors and echo add it.
func Environment() Lookup {
	return func(name string) (string, bool) {
		if v, ok := os.LookupEnv(name); ok && v != "" {
			return v, true
		}
		if strings.HasSuffix(name, fileSuffix) {
			return "", false
		}
		path := os.Getenv(name + fileSuffix)
		if path == "" {
			return "", false
		}
		return readFile(path)
	}
}

func readFile(path string) (string, bool) {
	f, err := os.Open(path)
	if err != nil {
		return "", false
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil || len(b) > maxFile {
		return "", false
	}
	return strings.TrimSuffix(strings.TrimSuffix(string(b), "\n"), "\r"), true
}

// Map looks into values.
func Map(values map[string]string) Lookup {
	return func(name string) (string, bool) {
		v, ok := values[name]
		return v, ok
	}
}
