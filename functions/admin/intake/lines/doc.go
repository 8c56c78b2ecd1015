// Package lines reads files of accounts: JSON Lines, and CSV (RFC 4180) with a header.
//
// A Reader gives one record after another out of a stream, at constant memory, and
// knows what to say of everything that is no record, so that a mistake costs its own
// line and nothing else: a line that is too long, and a quotation mark that is never
// closed, behind which a plain reader would take the rest of the file for one cell.
//
// It counts bytes and lines and sums them up (SHA-256) record by record: what a stream
// has brought of a record that it does not end counts for nothing.
//
// Accounts come out of records by Columns.Entry and by JSON. What is wrong with one is
// said by Faults, which name a code and a field and never repeat what stands there.
package lines
