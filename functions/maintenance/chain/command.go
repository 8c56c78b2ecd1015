package chain

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/authway/authway/functions/maintenance/backup/store"
	"github.com/authway/authway/shared/audit"
	"github.com/authway/authway/shared/backend"
	"github.com/authway/authway/shared/clock"
	"github.com/authway/authway/shared/config"
	"github.com/authway/authway/shared/postgres"
	"github.com/authway/authway/shared/problem"
	"github.com/authway/authway/shared/tokens"
)

// Word is what the commands begin with.
const Word = "audit"

// Usage is what may follow.
const Usage = `maintenance audit verify [--json] [--from SEAL] [--signatures URL|DIR] [--public-key FILE]
                                 hold the audit log against its seals, and these against their
                                 signatures: in BACKUP_URL, or another storage, or a folder, with the
                                 keys of AUDIT_SEAL_KEY, or public ones. 0 sound, 1 findings, 69 it
                                 could not be done
maintenance audit key            print the public keys of AUDIT_SEAL_KEY, for auditors
`

// Exit statuses, after sysexits.
const (
	exitOK            = 0
	exitFindings      = 1
	exitUsage         = 64
	exitUnavailable   = 69
	exitConfiguration = 78
)

// Command does what the words after Word say. A check needs the database, and none of
// the function's other settings.
func Command(ctx context.Context, words []string, lookup config.Lookup, out, complaints io.Writer) int {
	switch {
	case slices.Equal(words, []string{"key"}):
		return printKeys(lookup, out, complaints)
	case len(words) > 0 && words[0] == "verify":
		if o, ok := parse(words[1:]); ok {
			return verify(ctx, o, lookup, out, complaints)
		}
	}
	_, _ = io.WriteString(complaints, Usage)
	return exitUsage
}

// options are the words of a check.
type options struct {
	json                  bool
	from                  int64
	signatures, publicKey string
}

func parse(words []string) (o options, ok bool) {
	f := flag.NewFlagSet(Word, flag.ContinueOnError)
	f.SetOutput(io.Discard)
	f.BoolVar(&o.json, "json", false, "")
	f.Int64Var(&o.from, "from", 1, "")
	f.StringVar(&o.signatures, "signatures", "", "")
	f.StringVar(&o.publicKey, "public-key", "", "")
	return o, f.Parse(words) == nil && f.NArg() == 0 && o.from > 0
}

func printKeys(lookup config.Lookup, out, complaints io.Writer) int {
	r := config.Read(lookup)
	n := ReadNotary(r)
	if n == nil && r.Err() == nil {
		r.Complain("AUDIT_SEAL_KEY", "is not set: it has the key")
	}
	if err := r.Err(); err != nil {
		return complain(complaints, err)
	}
	text, err := n.PublicPEM()
	if err == nil {
		_, err = out.Write(text)
	}
	if err != nil {
		_, _ = fmt.Fprintf(complaints, "%s: failed: %s\n", Word, err)
		return exitUnavailable
	}
	return exitOK
}

func complain(complaints io.Writer, err error) int {
	_, _ = fmt.Fprintf(complaints, "%s: settings:\n  %s\n", Word, strings.ReplaceAll(err.Error(), "\n", "\n  "))
	return exitConfiguration
}

func verify(ctx context.Context, o options, lookup config.Lookup, out, complaints io.Writer) int {
	r := config.Read(lookup)
	chain := audit.Chain{Keep: ReadKeep(r)}
	db := backend.Database(r, "maintenance")
	heads := o.read(ctx, r)
	if db != nil {
		defer func() { _ = db.Close() }()
		chain.DB = db
	}
	if heads.Store != nil {
		defer func() { _ = heads.Store.Close() }()
	}
	if err := r.Err(); err != nil {
		return complain(complaints, err)
	}
	report, err := check(ctx, chain, heads, audit.Given{Now: clock.System().Now(), From: o.from})
	if err != nil {
		_, _ = fmt.Fprintf(complaints, "%s: failed: %s\n", Word, problem.Redact(err.Error()))
		if postgres.Unreachable(err) {
			_, _ = fmt.Fprintf(complaints, "%s: the database could not be asked\n", Word)
		}
		return exitUnavailable
	}
	if err := show(report, o.json, out); err != nil {
		_, _ = fmt.Fprintf(complaints, "%s: failed: %s\n", Word, err)
		return exitUnavailable
	}
	if !report.Sound {
		return exitFindings
	}
	return exitOK
}

func show(r *audit.Report, asJSON bool, out io.Writer) error {
	if asJSON {
		e := json.NewEncoder(out)
		e.SetIndent("", "  ")
		return e.Encode(r)
	}
	var text strings.Builder
	for _, f := range r.Findings {
		fmt.Fprintln(&text, f)
	}
	if more := r.Found - int64(len(r.Findings)); more > 0 {
		fmt.Fprintf(&text, "and %d more\n", more)
	}
	said := "sound"
	if !r.Sound {
		said = fmt.Sprintf("%d findings", r.Found)
	}
	fmt.Fprintf(&text, "%s: %s\n", said, r)
	_, err := io.WriteString(out, text.String())
	return err
}

// read is where signatures are, and what verifies them.
func (o options) read(ctx context.Context, r *config.Reader) Heads {
	h := Heads{Prefix: Prefix, Notary: ReadNotary(r)}
	if o.publicKey != "" {
		text, err := os.ReadFile(o.publicKey)
		if err == nil {
			h.Notary, err = tokens.ParseNotary(string(text))
		}
		if err != nil {
			r.Complain("--public-key", "is no file with public keys as maintenance audit key prints them")
		}
	}
	address := r.Secret("BACKUP_URL")
	where := "BACKUP_URL"
	if o.signatures != "" {
		var err error
		if where = "--signatures"; !strings.Contains(o.signatures, "://") {
			if o.signatures, h.Prefix, err = folder(o.signatures); err != nil {
				r.Complain(where, "is no folder")
				return h
			}
		}
		address = config.NewSecret(o.signatures)
	}
	if !address.IsSet() {
		return h
	}
	var err error
	if h.Store, err = store.Open(ctx, address.Reveal()); err != nil {
		r.Complain(where, "does not open: "+problem.Redact(err.Error()))
	}
	if h.Notary == nil && o.signatures != "" {
		r.Complain("--signatures", "needs AUDIT_SEAL_KEY or --public-key")
	}
	return h
}

// folder is the address of a folder and what is before the names in it: it is the whole
// storage, or what was taken out of it.
func folder(dir string) (address, prefix string, err error) {
	if dir, err = filepath.Abs(dir); err != nil {
		return "", "", err
	}
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return "", "", errors.New("chain: no folder")
	}
	if info, err := os.Stat(filepath.Join(dir, filepath.FromSlash(Prefix))); err == nil && info.IsDir() {
		prefix = Prefix
	}
	return (&url.URL{Scheme: "file", Path: filepath.ToSlash(dir)}).String(), prefix, nil
}
