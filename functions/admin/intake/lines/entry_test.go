package lines

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func said(faults []Fault) string {
	texts := make([]string, len(faults))
	for i, f := range faults {
		texts[i] = strings.TrimSuffix(f.Code+":"+f.Field, ":")
	}
	return strings.Join(texts, " ")
}

func TestRecordsOfJSON(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{"email":"ada@example.org"}`: "",
		`{"id":"0193f5f2-8d3f-7c2c-9e6e-0a4a0b8f3d13","email":"ada@example.org","email_verified":true,"name":"Ada","locale":"ko","roles":["a","b"],
			"disabled":false,"created_at":"2020-01-02T03:04:05Z","password_hash":"$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy","totp_secret":"JBSW Y3DP EHPK 3PXP"}`: "",
		`{"email":"ada@example.org","name":null,"roles":null}`:                                                       "",
		`{"email":"ada@example.org","password":"secret"}`:                                                            "password_plain:password",
		`{"email":"ada@example.org","password_hash":"secret"}`:                                                       "hash_unknown:password_hash",
		`{"email":"ada@example.org","password_hash":"$2b$31$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy"}`: "hash_unknown:password_hash",
		`{"email":"ada@example.org","phone":"1"}`:                                                                    "field_unknown",
		`{}`:              "value_required:email",
		`{"email":""}`:    "value_required:email",
		`{"email":"ada"}`: "value_invalid:email",
		`{"email":7}`:     "type_wrong:email value_required:email",
		`{"email":"ada@example.org","name":"a\u0000b"}`:                           "value_invalid:name",
		`{"email":"ada@example.org","name":"a\nb"}`:                               "value_invalid:name",
		`{"email":"ada@example.org","roles":"a"}`:                                 "type_wrong:roles",
		`{"email":"ada@example.org","roles":[1]}`:                                 "type_wrong:roles",
		`{"email":"ada@example.org","email_verified":"maybe"}`:                    "value_invalid:email_verified",
		`{"email":"ada@example.org","email_verified":1}`:                          "type_wrong:email_verified",
		`{"email":"ada@example.org","name":true}`:                                 "type_wrong:name",
		`{"email":"ada@example.org","id":"1"}`:                                    "value_invalid:id",
		`{"email":"ada@example.org","id":"00000000-0000-0000-0000-000000000000"}`: "value_invalid:id",
		`{"email":"ada@example.org","locale":"Korean!","created_at":"yesterday"}`: "value_invalid:created_at value_invalid:locale",
		`{"email":"ada@example.org","totp_secret":"1"}`:                           "value_invalid:totp_secret",
		`{"email":"ada@example.org"} {}`:                                          "not_json",
		`[]`:                                                                      "not_json",
		`null`:                                                                    "not_json",
		`{"email":`:                                                               "not_json",
		"{\"email\":\"a\xff@example.org\"}":                                       "not_utf8",
	} {
		entry, faults := JSON(Record{Line: 7, Text: []byte(text)})
		if got := said(faults); got != want || entry.Line != 7 {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

func TestRowsOfCSV(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]string{
		"email":          "",
		"Email , name":   "",
		"name":           FaultNoEmail,
		"email,phone":    FaultUnknownField,
		"email,email":    FaultTwiceColumn,
		"email,password": FaultPlain,
		"\"email":        FaultCSV,
		"":               FaultCSV,
	} {
		if _, got := Header(Record{Text: []byte(header)}); got != want {
			t.Errorf("%q: %q, want %q", header, got, want)
		}
	}
	columns, _ := Header(Record{Text: []byte("email,name,roles,email_verified")})
	for row, want := range map[string]string{
		"ada@example.org,Ada,a b,true": "",
		"ada@example.org,,,":           "",
		"ada@example.org,Ada":          FaultCells,
		"ada@example.org,A\"da,,":      FaultCSV,
		"ada@example.org,Ada,,perhaps": "value_invalid:email_verified",
		",Ada,,":                       "value_required:email",
	} {
		if _, faults := columns.Entry(Record{Text: []byte(row)}); said(faults) != want {
			t.Errorf("%q: %q, want %q", row, said(faults), want)
		}
	}
	entry, _ := columns.Entry(Record{Text: []byte("ada@example.org,'=1+1,b a b,1")})
	if *entry.Name != "=1+1" || !slices.Equal(entry.Roles, []string{"b", "a"}) || !entry.Verified {
		t.Errorf("got %+v", entry)
	}
}

// What an export writes, an import reads, whatever people are called; and no cell of it
// is a formula.
func TestWhatIsWrittenIsRead(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"Ada", "=1+1", "'=1+1", "''@x", "'", "-5", "+5", "O'Hara", "a,b", `say "hi"`, "김철수", "عائشة"} {
		row := Row{ID: "0193f5f2-8d3f-7c2c-9e6e-0a4a0b8f3d13", Email: "ada@example.org", Verified: true, Name: name, Locale: "ko", Roles: []string{"a", "b"},
			CreatedAt: "2020-01-02T03:04:05Z", Hash: "{SSHA}nUZl4BaMVZn4hrSAm5dyop5Z8AkwMTIzNDU2Nzg5YWJjZGVm"}
		for _, csv := range []bool{true, false} {
			var file bytes.Buffer
			w := NewWriter(&file, csv, true)
			if err := w.Write(row); err != nil {
				t.Fatal(err)
			}
			if err := w.Flush(); err != nil {
				t.Fatal(err)
			}
			r, err := NewReader(&file, Start{CSV: csv, Last: true})
			if err != nil {
				t.Fatal(err)
			}
			record, err := r.Next()
			if err != nil {
				t.Fatal(err)
			}
			read := JSON
			if csv {
				columns, fault := Header(record)
				if fault != "" {
					t.Fatal(fault)
				}
				read = columns.Entry
				if record, err = r.Next(); err != nil {
					t.Fatal(err)
				}
				for _, cell := range strings.Split(string(record.Text), ",") {
					if strings.ContainsAny(strings.TrimPrefix(cell, `"`)[:1], "=+-@") {
						t.Errorf("%q is a formula", cell)
					}
				}
			}
			entry, faults := read(record)
			got := fmt.Sprintf("%s %s %s %s %v %v %s", said(faults), entry.ID, entry.Email, *entry.Name, entry.Roles, entry.Verified, entry.Hash)
			if want := fmt.Sprintf(" %s %s %s %v %v %s", row.ID, row.Email, row.Name, row.Roles, row.Verified, row.Hash); got != want {
				t.Errorf("CSV %v: got %q, want %q", csv, got, want)
			}
		}
	}
}

func TestEveryFaultIsSaid(t *testing.T) {
	t.Parallel()
	for code, sentence := range Sentences {
		if sentence == "" || strings.ToLower(code) != code {
			t.Errorf("%q: %q", code, sentence)
		}
	}
}

func FuzzEntry(f *testing.F) {
	f.Add(`{"email":"ada@example.org","roles":["a"]}`)
	f.Add(`{"email":"=1@example.org","name":"@x","password_hash":"$P$9IQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0"}`)
	f.Add("ada@example.org,Ada,a b,true,,,,,,")
	all := Columns(Fields)
	f.Fuzz(func(t *testing.T, text string) {
		for _, read := range []func(Record) (Entry, []Fault){JSON, all.Entry} {
			entry, faults := read(Record{Line: 1, Text: []byte(text)})
			for _, fault := range faults {
				if Sentences[fault.Code] == "" || fault.Field != "" && fault.Field != fieldPassword && !slices.Contains(Fields, fault.Field) {
					t.Fatalf("a fault nobody knows: %+v", fault)
				}
			}
			if len(faults) > 0 {
				continue
			}
			// PostgreSQL takes neither.
			kept, err := json.Marshal(entry)
			if err != nil || entry.Email == "" || bytes.Contains(kept, []byte(`\u0000`)) || !utf8.ValidString(entry.Email+entry.Hash) {
				t.Fatalf("%q is taken as %s: %v", text, kept, err)
			}
		}
	})
}
