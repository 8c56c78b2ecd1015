// Package mail writes the mails of the outbox and hands them to a mail server.
//
// compose.go chooses the words: a catalog for each language, one text and one
// HTML form for all mails. What comes from outside (an application's name) is
// plain text wherever it stands. A mail loads nothing and counts nobody: no
// images, no tracking, links to the public address alone.
//
// brand.go dresses a letter in its tenant's name, colour and address of help
// (shared/tenant). A tenant that has named a logo makes its mails load that one
// picture, the same for everybody, and its support address is the one link
// that leads elsewhere.
//
// sender.go speaks SMTP, under TLS everywhere but on this very machine, and
// says of a failure whether the person cannot be reached, the mail was put off,
// or the server is not there. deliver.go is the job: claim, send, mark.
package mail
