package lines

// Codes of what is wrong with a record, or was done with it that is worth saying.
const (
	FaultLong         = "line_long"
	FaultQuote        = "quote_open"
	FaultUTF8         = "not_utf8"
	FaultJSON         = "not_json"
	FaultCSV          = "not_csv"
	FaultCells        = "cells_number"
	FaultUnknownField = "field_unknown"
	FaultTwiceColumn  = "column_twice"
	FaultNoEmail      = "column_email_missing"
	FaultPlain        = "password_plain"
	FaultType         = "type_wrong"
	FaultValue        = "value_invalid"
	FaultRequired     = "value_required"
	FaultHash         = "hash_unknown"
	FaultRole         = "role_unknown"
	FaultTwice        = "twice_in_file"
	FaultExists       = "exists"
	FaultIDTaken      = "id_taken"
	FaultMany         = "too_many_faults"
	FaultFuture       = "in_the_future"
)

// Sentences say the codes.
var Sentences = map[string]string{
	FaultLong:         "The line is longer than 64 KiB.",
	FaultQuote:        "A quotation mark that begins on this line is not closed.",
	FaultUTF8:         "The line is not UTF-8.",
	FaultJSON:         "The line is not one JSON object.",
	FaultCSV:          "The line is not CSV: look at its quotation marks.",
	FaultCells:        "The line has more or fewer cells than the header.",
	FaultUnknownField: "There is a field that accounts do not have.",
	FaultTwiceColumn:  "A column stands in the header twice.",
	FaultNoEmail:      "The header has no column email.",
	FaultPlain:        "Passwords in plain text are not taken. Import hashes, or invite people.",
	FaultType:         "The value is of another type.",
	FaultValue:        "The value is not allowed here.",
	FaultRequired:     "The value is missing.",
	FaultHash:         "The hash is of no known scheme, or has a mistake.",
	FaultRole:         "The tenant has no such role.",
	FaultTwice:        "An earlier line has the same address or id.",
	FaultExists:       "There is an account with this address.",
	FaultIDTaken:      "There is an account with this id.",
	FaultMany:         "Too many lines are wrong.",
	FaultFuture:       "The time lies in the future.",
}
