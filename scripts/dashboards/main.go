package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

func main() { os.Exit(run(os.Args[1:], os.Stderr)) }

// run answers with 64 to arguments it does not understand, and with 1 when a file cannot be written or differs.
func run(arguments []string, complaints io.Writer) int {
	flags := flag.NewFlagSet("dashboards", flag.ContinueOnError)
	flags.SetOutput(complaints)
	out := flags.String("out", "", "write the dashboards into this `folder`")
	check := flags.String("check", "", "write nothing, and fail when a file in this `folder` differs")
	if flags.Parse(arguments) != nil {
		return 64
	}
	if (*out == "") == (*check == "") || flags.NArg() > 0 {
		flags.Usage()
		return 64
	}
	err := compare(*check)
	if *out != "" {
		err = write(*out)
	}
	if err != nil {
		fmt.Fprintln(complaints, err)
		return 1
	}
	return 0
}

func write(folder string) error {
	files, err := files()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(folder, name), text, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// compare also finds files that nothing writes any more: Grafana would go on showing them.
func compare(folder string) error {
	if folder == "" {
		return nil
	}
	files, err := files()
	if err != nil {
		return err
	}
	var differ []error
	for name, text := range files {
		found, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			differ = append(differ, err)
		} else if !bytes.Equal(found, text) {
			differ = append(differ, fmt.Errorf("differs from scripts/dashboards: %s (run make generate)", filepath.Join(folder, name)))
		}
	}
	there, err := filepath.Glob(filepath.Join(folder, "*.json"))
	if err != nil {
		return err
	}
	for _, path := range there {
		if _, written := files[filepath.Base(path)]; !written {
			differ = append(differ, fmt.Errorf("nothing writes it any more, remove it: %s", path))
		}
	}
	return errors.Join(differ...)
}
