package problem

import "strings"

// Redact removes what an address may carry in secret, the query and the user part, from text that is about
// to be logged. Errors of net/http clients quote the whole URL they asked for: with Hydra's admin API that
// is a login_challenge, with social login an authorization code. Where it is not sure which part of an
// address is which, because a password was not escaped, nothing of the address is kept.
func Redact(text string) string {
	if !strings.Contains(text, "://") && !strings.Contains(text, "?") {
		return text
	}
	var b strings.Builder
	for len(text) > 0 {
		end := strings.IndexAny(text, " \t\r\n\"`<>")
		if end < 0 {
			end = len(text)
		}
		b.WriteString(redactWord(text[:end]))
		if end < len(text) {
			b.WriteByte(text[end])
			end++
		}
		text = text[end:]
	}
	return b.String()
}

func redactWord(word string) string {
	scheme, address, absolute := strings.Cut(word, "://")
	if absolute {
		return scheme + "://" + bare(address)
	}
	if path, _, ok := strings.Cut(word, "?"); ok && strings.Contains(path, "/") {
		return path + "?…"
	}
	return word
}

func bare(address string) string {
	visible, hidden := address, ""
	if i := strings.IndexAny(address, "?#"); i >= 0 {
		visible, hidden = address[:i], address[i:]
	}
	// An at sign after the question mark may end a password with a question mark in it.
	if strings.Contains(hidden, "@") {
		return "…"
	}
	if i := strings.LastIndexByte(visible, '@'); i >= 0 {
		visible = "…@" + visible[i+1:]
	}
	host, _, _ := strings.Cut(visible, "/")
	if _, port, ok := strings.Cut(host, ":"); ok && strings.Trim(port, "0123456789") != "" {
		return "…"
	}
	if hidden != "" {
		visible += "?…"
	}
	return visible
}
