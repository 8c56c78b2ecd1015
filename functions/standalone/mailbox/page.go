package mailbox

import (
	_ "embed"
	"encoding/json"
	"html/template"
	"net/http"
	"regexp"
)

//go:embed mailbox.html
var pageText string

//go:embed mailbox.css
var style []byte

var page = template.Must(template.New("mailbox").Funcs(template.FuncMap{"pieces": pieces}).Parse(pageText))

// Handler serves /mailbox, its style, and the list as JSON at /mailbox/messages.
func (m *Mailbox) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /mailbox", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_ = page.Execute(w, m.Messages())
	})
	mux.HandleFunc("GET /mailbox/style.css", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/css; charset=utf-8")
		_, _ = w.Write(style)
	})
	mux.HandleFunc("GET /mailbox/messages", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(append([]Message{}, m.Messages()...))
	})
	return mux
}

// piece is a stretch of a mail's text, or an address in it that can be clicked.
type piece struct {
	Text string
	Link bool
}

var address = regexp.MustCompile(`https?://[^\s<>"]+[^\s<>".,;:!?)\]]`)

func pieces(text string) []piece {
	var all []piece
	from := 0
	for _, at := range address.FindAllStringIndex(text, -1) {
		all = append(all, piece{Text: text[from:at[0]]}, piece{Text: text[at[0]:at[1]], Link: true})
		from = at[1]
	}
	return append(all, piece{Text: text[from:]})
}
