package lines

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/authway/authway/functions/admin/takeout"
	"github.com/authway/authway/shared/account"
	"github.com/authway/authway/shared/credential"
	"github.com/authway/authway/shared/factor"
)

// Entry is an account as a record says it.
type Entry struct {
	Line  int64
	ID    uuid.UUID
	Email string
	// Name, Locale and Roles say whether they were there by being no nil.
	Name      *string
	Locale    *string
	Roles     []string
	Verified  bool
	Disabled  bool
	Hash      string
	Key       []byte
	CreatedAt time.Time
}

// Fields of a record, in the order in which exports write them.
const (
	FieldID        = "id"
	FieldEmail     = "email"
	FieldVerified  = "email_verified"
	FieldName      = "name"
	FieldLocale    = "locale"
	FieldRoles     = "roles"
	FieldDisabled  = "disabled"
	FieldCreatedAt = "created_at"
	FieldHash      = "password_hash"
	FieldKey       = "totp_secret"
	// fieldPassword is refused: a password that was in a file is no secret any more.
	fieldPassword = "password"
)

// Fields are all of them.
var Fields = []string{
	FieldID, FieldEmail, FieldVerified, FieldName, FieldLocale, FieldRoles, FieldDisabled, FieldCreatedAt, FieldHash, FieldKey,
}

// Fault is what is wrong with a record.
type Fault struct {
	Code, Field string
}

// MaxRoles is how many roles an account may have.
const MaxRoles = 200

const (
	maxHash = 1024
	maxText = 4096
)

var localeForm = regexp.MustCompile(`^[a-zA-Z]{2,3}(-[a-zA-Z0-9]{2,8})*$`)

// raw is a record before it is looked at: texts, and lists of them.
type raw map[string]value

type value struct {
	text string
	list []string
	// is tells a JSON file's types apart; a CSV file has texts alone.
	is kind
}

type kind int

const (
	text kind = iota
	list
	truth
	other
)

// JSON reads a record of JSON Lines.
func JSON(record Record) (Entry, []Fault) {
	entry := Entry{Line: record.Line}
	if !utf8.Valid(record.Text) {
		return entry, []Fault{{FaultUTF8, ""}}
	}
	var object map[string]json.RawMessage
	decoder := json.NewDecoder(bytes.NewReader(record.Text))
	if err := decoder.Decode(&object); err != nil || object == nil {
		return entry, []Fault{{FaultJSON, ""}}
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return entry, []Fault{{FaultJSON, ""}}
	}
	fields := raw{}
	for name, encoded := range object {
		switch {
		case name == fieldPassword:
			return entry, []Fault{{FaultPlain, fieldPassword}}
		case !slices.Contains(Fields, name):
			return entry, []Fault{{FaultUnknownField, ""}}
		}
		if string(encoded) != "null" {
			fields[name] = valueOf(encoded)
		}
	}
	return fields.entry(entry)
}

func valueOf(encoded json.RawMessage) value {
	var v value
	var is bool
	switch {
	case json.Unmarshal(encoded, &v.text) == nil:
		return v
	case json.Unmarshal(encoded, &v.list) == nil:
		v.is = list
	case json.Unmarshal(encoded, &is) == nil:
		v.is = truth
		if v.text = "false"; is {
			v.text = "true"
		}
	default:
		v.is = other
	}
	return v
}

// Columns are the fields of a CSV file, in the order of its cells.
type Columns []string

// Header reads the columns. The code says why they are none, or is "".
func Header(record Record) (Columns, string) {
	if record.Fault != "" {
		return nil, record.Fault
	}
	cells, ok := cellsOf(record.Text)
	if !ok {
		return nil, FaultCSV
	}
	var columns Columns
	for _, cell := range cells {
		name := strings.ToLower(strings.TrimSpace(cell))
		switch {
		case name == fieldPassword:
			return nil, FaultPlain
		case !slices.Contains(Fields, name):
			return nil, FaultUnknownField
		case slices.Contains(columns, name):
			return nil, FaultTwiceColumn
		}
		columns = append(columns, name)
	}
	if !slices.Contains(columns, FieldEmail) {
		return nil, FaultNoEmail
	}
	return columns, ""
}

// Entry reads a row.
func (c Columns) Entry(record Record) (Entry, []Fault) {
	entry := Entry{Line: record.Line}
	if !utf8.Valid(record.Text) {
		return entry, []Fault{{FaultUTF8, ""}}
	}
	cells, ok := cellsOf(record.Text)
	if !ok {
		return entry, []Fault{{FaultCSV, ""}}
	}
	if len(cells) != len(c) {
		return entry, []Fault{{FaultCells, ""}}
	}
	fields := raw{}
	for i, name := range c {
		cell := takeout.Unguard(cells[i])
		if cell == "" {
			continue
		}
		v := value{text: cell}
		if name == FieldRoles {
			v = value{list: strings.Fields(cell), is: list}
		}
		fields[name] = v
	}
	return fields.entry(entry)
}

func cellsOf(text []byte) ([]string, bool) {
	reader := csv.NewReader(bytes.NewReader(text))
	cells, err := reader.Read()
	return cells, err == nil
}

// entry looks at the fields one after another, and at all of them.
func (r raw) entry(e Entry) (Entry, []Fault) {
	var faults []Fault
	wrong := func(code, field string) { faults = append(faults, Fault{code, field}) }
	for name, v := range r {
		if (v.is == list) != (name == FieldRoles) || v.is == other || v.is == truth && name != FieldVerified && name != FieldDisabled {
			wrong(FaultType, name)
			delete(r, name)
		} else if len(v.text) > maxText || strings.ContainsRune(v.text, 0) {
			wrong(FaultValue, name)
			delete(r, name)
		}
	}
	for _, read := range []func(*Entry, func(code, field string)){r.person, r.flags, r.proofs} {
		read(&e, wrong)
	}
	slices.SortFunc(faults, func(a, b Fault) int { return strings.Compare(a.Field+a.Code, b.Field+b.Code) })
	return e, faults
}

func (r raw) person(e *Entry, wrong func(code, field string)) {
	if v, there := r[FieldID]; there {
		id, err := uuid.Parse(v.text)
		if err != nil || id == uuid.Nil || len(v.text) != 36 {
			wrong(FaultValue, FieldID)
		}
		e.ID = id
	}
	email, err := account.ParseEmail(r[FieldEmail].text)
	switch {
	case strings.TrimSpace(r[FieldEmail].text) == "":
		wrong(FaultRequired, FieldEmail)
	case err != nil:
		wrong(FaultValue, FieldEmail)
	}
	e.Email = email
	if v, there := r[FieldName]; there && strings.TrimSpace(v.text) != "" {
		name, err := account.ParseName(v.text)
		if err != nil {
			wrong(FaultValue, FieldName)
		}
		e.Name = &name
	}
	if v, there := r[FieldLocale]; there && v.text != "" {
		if len(v.text) > 35 || !localeForm.MatchString(v.text) {
			wrong(FaultValue, FieldLocale)
		}
		e.Locale = &v.text
	}
	if v, there := r[FieldRoles]; there {
		e.Roles = []string{}
		for _, role := range v.list {
			if strings.ContainsRune(role, 0) || len(e.Roles) >= MaxRoles {
				wrong(FaultValue, FieldRoles)
				break
			}
			if !slices.Contains(e.Roles, role) {
				e.Roles = append(e.Roles, role)
			}
		}
	}
}

func (r raw) flags(e *Entry, wrong func(code, field string)) {
	for name, into := range map[string]*bool{FieldVerified: &e.Verified, FieldDisabled: &e.Disabled} {
		switch strings.ToLower(r[name].text) {
		case "true", "1":
			*into = true
		case "false", "0", "":
		default:
			wrong(FaultValue, name)
		}
	}
	if v, there := r[FieldCreatedAt]; there && v.text != "" {
		at, err := time.Parse(time.RFC3339, v.text)
		if err != nil || at.Year() < 1970 || at.Year() > 9999 {
			wrong(FaultValue, FieldCreatedAt)
		}
		e.CreatedAt = at
	}
}

func (r raw) proofs(e *Entry, wrong func(code, field string)) {
	if v, there := r[FieldHash]; there && v.text != "" {
		unprintable := func(c rune) bool { return c <= ' ' || c > '~' }
		if len(v.text) > maxHash || strings.ContainsFunc(v.text, unprintable) || credential.Readable(v.text) != nil {
			wrong(FaultHash, FieldHash)
		}
		e.Hash = v.text
	}
	if v, there := r[FieldKey]; there && v.text != "" {
		key, err := factor.ParseKey(v.text)
		if err != nil {
			wrong(FaultValue, FieldKey)
		}
		e.Key = key
	}
}
