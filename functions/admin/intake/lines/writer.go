package lines

import (
	"encoding/csv"
	"encoding/json"
	"io"
	"strconv"
	"strings"

	"github.com/authway/authway/functions/admin/takeout"
)

// Row is an account as an export says it, with the fields of imports.
type Row struct {
	ID        string   `json:"id"`
	Email     string   `json:"email"`
	Verified  bool     `json:"email_verified"`
	Name      string   `json:"name"`
	Locale    string   `json:"locale"`
	Roles     []string `json:"roles"`
	Disabled  bool     `json:"disabled"`
	CreatedAt string   `json:"created_at"`
	Hash      string   `json:"password_hash,omitempty"`
}

// Writer writes rows.
type Writer struct {
	json   *json.Encoder
	csv    *csv.Writer
	hashes bool
	begun  bool
}

// NewWriter writes CSV or JSON Lines to out.
func NewWriter(out io.Writer, asCSV, hashes bool) *Writer {
	if asCSV {
		w := &Writer{csv: csv.NewWriter(out), hashes: hashes}
		w.csv.UseCRLF = true
		return w
	}
	w := &Writer{json: json.NewEncoder(out), hashes: hashes}
	// It is a file and no page.
	w.json.SetEscapeHTML(false)
	return w
}

// Write writes a row, and before the first one the header.
func (w *Writer) Write(r Row) error {
	if r.Roles == nil {
		r.Roles = []string{}
	}
	if w.json != nil {
		return w.json.Encode(r)
	}
	if err := w.begin(); err != nil {
		return err
	}
	cells := []string{
		r.ID, r.Email, strconv.FormatBool(r.Verified), r.Name, r.Locale, strings.Join(r.Roles, " "), strconv.FormatBool(r.Disabled), r.CreatedAt,
	}
	if w.hashes {
		cells = append(cells, r.Hash)
	}
	for i, cell := range cells {
		cells[i] = takeout.Guard(cell)
	}
	return w.csv.Write(cells)
}

func (w *Writer) begin() error {
	if w.begun {
		return nil
	}
	w.begun = true
	header := []string{FieldID, FieldEmail, FieldVerified, FieldName, FieldLocale, FieldRoles, FieldDisabled, FieldCreatedAt}
	if w.hashes {
		header = append(header, FieldHash)
	}
	return w.csv.Write(header)
}

// Flush writes what is left; of a CSV file without rows, the header.
func (w *Writer) Flush() error {
	if w.csv == nil {
		return nil
	}
	if err := w.begin(); err != nil {
		return err
	}
	w.csv.Flush()
	return w.csv.Error()
}
