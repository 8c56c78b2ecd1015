package drill

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"

	"github.com/authway/authway/functions/maintenance/backup/catalog"
	"github.com/authway/authway/functions/maintenance/backup/store"
	"github.com/authway/authway/functions/maintenance/backup/wal"
	"github.com/authway/authway/shared/clock"
	"github.com/authway/authway/shared/recovery"
	"github.com/authway/authway/shared/tokens"
)

// suffix ends the names of evidence.
const suffix = ".jws"

// mostBytes bounds what is read of a file that is to be evidence.
const mostBytes = 64 << 10

// Evidence is what a drill says.
type Evidence struct {
	Started, Finished time.Time
	Succeeded         bool
	// Target is up to when was restored, and Backup from which base backup; both are
	// empty when it did not get that far.
	Target time.Time
	Backup string
	// RPO is how much would have been lost at Started, RTO how long it took from then
	// until a sign-in was through.
	RPO, RTO time.Duration
	// Summary is one line without personal data.
	Summary string
}

// File stores the evidence, signed by keys for issuer, and returns its name.
func (e Evidence) File(ctx context.Context, s *store.Store, keys tokens.Keys, issuer string) (string, error) {
	issuer, err := sameIssuer(issuer)
	if err != nil {
		return "", err
	}
	// It expires, as every token does, and is read as of when it was signed.
	signer := tokens.New(keys, clock.NewFixed(e.Finished))
	id := wal.Stamp(e.Finished)
	signed, err := signer.Sign(ctx, tokens.Claims{
		Type: tokens.Evidence, Issuer: issuer, Subject: id, Audience: []string{issuer}, ID: id,
		ExpiresAt: e.Finished.Add(time.Minute),
		More: map[string]any{
			"started": e.Started.UTC().Format(time.RFC3339Nano), "succeeded": e.Succeeded, "target": e.Target.UTC().Format(time.RFC3339Nano),
			"backup": e.Backup, "rpo": e.RPO.Seconds(), "rto": e.RTO.Seconds(), "summary": brief(e.Summary),
		},
	})
	if err != nil {
		return "", err
	}
	key := catalog.EvidencePrefix + id + suffix
	return key, s.Put(ctx, key, []byte(signed))
}

// sameIssuer writes an address as the living system does, which has read it as one.
func sameIssuer(address string) (string, error) {
	u, err := url.Parse(address)
	if err != nil {
		return "", errors.New("drill: AUTHWAY_URL is no address")
	}
	return u.String(), nil
}

// mostSummary bounds a summary: behind an error may come a program's last words,
// and in these what is nobody's business here.
const mostSummary = 300

// brief is the first line of a text, and not too much of it.
func brief(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	if len(line) > mostSummary {
		line = strings.ToValidUTF8(line[:mostSummary], "") + "…"
	}
	return line
}

// ErrForged: the evidence is not signed with a key of this system.
var ErrForged = errors.New("drill: the evidence is not signed with a key of this system, or is not what was signed")

// read reads and verifies evidence. Of what is ErrForged it gives the name and the
// time in it.
func read(ctx context.Context, s *store.Store, key string, keys tokens.Keys, issuer string) (recovery.Drill, error) {
	id := strings.TrimSuffix(strings.TrimPrefix(key, catalog.EvidencePrefix), suffix)
	signed, err := wal.ParseStamp(id)
	if err != nil {
		return recovery.Drill{}, err
	}
	text, err := content(ctx, s, key)
	if err != nil {
		return recovery.Drill{}, err
	}
	d := recovery.Drill{ID: id, StartedAt: signed, FinishedAt: signed}
	claims, err := tokens.New(keys, clock.NewFixed(signed)).
		Verify(ctx, text, tokens.Expect{Issuer: issuer, Audience: issuer, Type: tokens.Evidence})
	switch {
	case errors.Is(err, tokens.ErrRefused):
		return d, fmt.Errorf("%w: %w", ErrForged, err)
	case err != nil:
		return recovery.Drill{}, err
	case claims.ID != id:
		return d, ErrForged
	}
	d.StartedAt = moment(claims.More["started"])
	d.Succeeded, _ = claims.More["succeeded"].(bool)
	d.Backup, _ = claims.More["backup"].(string)
	d.RPOSeconds, _ = claims.More["rpo"].(float64)
	d.RTOSeconds, _ = claims.More["rto"].(float64)
	summary, _ := claims.More["summary"].(string)
	d.Summary = brief(summary)
	if target := moment(claims.More["target"]); !target.IsZero() {
		d.Target = &target
	}
	return d, nil
}

func moment(claim any) time.Time {
	text, _ := claim.(string)
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return time.Time{}
	}
	return t
}

func content(ctx context.Context, s *store.Store, key string) (string, error) {
	r, err := s.Read(ctx, key)
	if err != nil {
		return "", err
	}
	text, err := io.ReadAll(io.LimitReader(r, mostBytes))
	return string(text), errors.Join(err, r.Close())
}
