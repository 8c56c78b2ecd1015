package breaches

import (
	"bytes"
	_ "embed" // the sample
	"strings"

	"github.com/authway/authway/shared/breached"
)

// sampleText is a password on each line; one that begins with # is a remark.
//
//go:embed sample.txt
var sampleText string

// sample is the filter of the passwords that Authway brings along.
func sample() (*breached.Filter, error) {
	filter, err := breached.Of(passwordsOf(sampleText))
	if err != nil {
		return nil, err
	}
	return breached.Open(bytes.NewReader(filter))
}

// passwordsOf are the lines of a text that are no remarks.
func passwordsOf(text string) (passwords []string) {
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		if line != "" && !strings.HasPrefix(line, "#") {
			passwords = append(passwords, line)
		}
	}
	return passwords
}
