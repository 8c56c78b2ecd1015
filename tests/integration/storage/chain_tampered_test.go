package storage_test

import (
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/authway/authway/shared/audit"
)

// tamper runs statements as the database's superuser, behind the triggers.
func (s *ledger) tamper(statements ...string) {
	s.t.Helper()
	db := s.db.SuperuserIn(s.t)
	tx, err := db.BeginTx(s.t.Context(), nil)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = tx.Rollback() }()
	for _, statement := range append([]string{"SET LOCAL session_replication_role = replica"}, statements...) {
		if _, err := tx.ExecContext(s.t.Context(), statement); err != nil {
			s.t.Fatalf("%s: %v", statement, err)
		}
	}
	if err := tx.Commit(); err != nil {
		s.t.Fatal(err)
	}
}

// event returns the id of the nth event, by its time.
func (s *ledger) event(n int) (id uuid.UUID) {
	s.t.Helper()
	if err := s.owner.NewRaw("SELECT id FROM audit_events ORDER BY at, id OFFSET ? LIMIT 1", n).Scan(s.t.Context(), &id); err != nil {
		s.t.Fatal(err)
	}
	return id
}

// rehash makes an event's hash anew, as one does who knows how it is made.
const rehash = `UPDATE audit_events SET row_hash = (SELECT sha256(string_agg(int8send(octet_length(f)) || convert_to(f, 'UTF8'), ''::bytea ORDER BY n)) FROM unnest(ARRAY[
	id::text, to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS') || CASE WHEN date_trunc('second', at) = at THEN '' ELSE rtrim('.' || to_char(at, 'US'), '0') END || 'Z',
	coalesce(tenant_id::text, ''), action, outcome, actor_kind, actor_id, subject_id, client_id, request_id, ip, detail::text]) WITH ORDINALITY AS all_of (f, n))`

// tampering is what somebody does who owns the server, on a log of three seals of three
// events, and what is found. EVENT is the fifth event.
var tampering = map[string]struct {
	do    []string
	want  string
	event bool
}{
	"a changed row":            {[]string{"UPDATE audit_events SET ip = '192.0.2.9' WHERE id = 'EVENT'"}, audit.RowChanged, true},
	"a changed hash":           {[]string{"UPDATE audit_events SET row_hash = sha256('') WHERE id = 'EVENT'"}, audit.RowChanged, true},
	"a row written anew":       {[]string{"UPDATE audit_events SET ip = '192.0.2.9' WHERE id = 'EVENT'", rehash}, audit.RowsRewritten, false},
	"a missing row":            {[]string{"DELETE FROM audit_events WHERE id = 'EVENT'"}, audit.RowMissing, true},
	"a row of another order":   {[]string{"UPDATE audit_events SET at = at - interval '1500 milliseconds' WHERE id = 'EVENT'", rehash}, audit.RowsRewritten, false},
	"a row of another time":    {[]string{"UPDATE audit_events SET at = at - interval '9 hours' WHERE id = 'EVENT'", rehash}, audit.RowMoved, true},
	"a changed seal":           {[]string{"UPDATE audit_seals SET total = total - 1 WHERE seq = 2"}, audit.SealChanged, false},
	"a seal of other events":   {[]string{"UPDATE audit_seals SET events = ARRAY[events[2], events[1], events[3]] WHERE seq = 2"}, audit.RowsRewritten, false},
	"a changed hash of a seal": {[]string{"UPDATE audit_seals SET hash = sha256('') WHERE seq = 2"}, audit.SealChanged, false},
	"a missing seal":           {[]string{"DELETE FROM audit_seals WHERE seq = 2"}, audit.SealMissing, false},
	"a forked chain": {[]string{
		"ALTER TABLE audit_seals DROP CONSTRAINT audit_seals_pkey, DROP CONSTRAINT audit_seals_previous_key",
		"INSERT INTO audit_seals SELECT * FROM audit_seals WHERE seq = 2",
	}, audit.ChainForked, false},
	"a missing row and its id": {[]string{
		"DELETE FROM audit_events WHERE id = 'EVENT'", "UPDATE audit_seals SET events = array_remove(events, 'EVENT'), rows = 2 WHERE seq = 2",
	}, audit.SealChanged, false},
	"a shorter retention": {[]string{
		"ALTER TABLE audit_seals DROP CONSTRAINT audit_seals_kept",
		"UPDATE audit_seals SET kept_from = '2026-07-01T12:00:00Z' WHERE seq = 3", "DELETE FROM audit_events WHERE id = 'EVENT'",
	}, audit.RowMissing, true},
}

func TestTamperingIsFoundAndNamed(t *testing.T) {
	t.Parallel()
	for name, c := range tampering {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := beginLedger(t)
			for n := range 3 {
				s.write(3, time.Duration(9-n)*10*time.Minute)
				s.seal()
			}
			event := s.event(4)
			s.sound("before it")
			statements := slices.Clone(c.do)
			for i := range statements {
				statements[i] = strings.ReplaceAll(statements[i], "EVENT", event.String())
			}
			s.tamper(statements...)
			r := s.check()
			i := slices.IndexFunc(r.Findings, func(f audit.Finding) bool {
				return f.What == c.want && (!c.event || f.Event != nil && *f.Event == event) && f.Seal == 2
			})
			if r.Sound || i < 0 {
				t.Errorf("want %s of %s, got %v", c.want, event, r.Findings)
			}
			if len(r.Findings) > 3 {
				t.Errorf("it drowns in %v", r.Findings)
			}
		})
	}
}

// What makes a row's hash anew makes the right one, or the tests that use it show
// nothing.
func TestTheHashThatIsMadeAnewIsTheRightOne(t *testing.T) {
	t.Parallel()
	s := beginLedger(t)
	s.write(3, time.Hour)
	s.seal()
	s.tamper(rehash)
	s.sound("with hashes made anew")
}

// headsOf are signatures of seals as they lie outside.
func headsOf(all ...audit.Stored) iter.Seq2[audit.Stored, error] {
	return func(yield func(audit.Stored, error) bool) {
		for _, h := range all {
			if !yield(h, nil) {
				return
			}
		}
	}
}

func (s *ledger) head(after int64) audit.Stored {
	s.t.Helper()
	last, err := s.chain.Head(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	return audit.Stored{Seq: last.Seq, Read: true, Head: audit.HeadOf(last, "https://auth.example.com", after, s.now)}
}

func (s *ledger) against(heads ...audit.Stored) *audit.Report {
	s.t.Helper()
	r, err := s.chain.Check(s.t.Context(), audit.Given{Now: s.now, Heads: headsOf(heads...), Sign: true})
	if err != nil {
		s.t.Fatal(err)
	}
	return r
}

// What is made anew or cut off as a whole fits itself: the signatures show it.
func TestSignaturesShowWhatTheChainDoesNot(t *testing.T) {
	t.Parallel()
	forged := func(h audit.Stored) audit.Stored { h.Forged = "somebody else signed it"; return h }
	for name, c := range map[string]struct {
		tamper []string
		heads  func(all []audit.Stored) []audit.Stored
		want   string
		seal   int64
	}{
		"cut off": {[]string{"DELETE FROM audit_seals WHERE seq = 3", "DELETE FROM audit_events WHERE at > (SELECT max(until_at) FROM audit_seals)"}, nil, audit.CutOff, 3},
		"made anew": {[]string{
			"DELETE FROM audit_events WHERE id = 'EVENT'", "DELETE FROM audit_seals WHERE seq >= 2",
		}, nil, audit.SealChanged, 2},
		"everything gone":     {[]string{"DELETE FROM audit_seals", "DELETE FROM audit_events"}, nil, audit.CutOff, 1},
		"a forged signature":  {nil, func(all []audit.Stored) []audit.Stored { all[1] = forged(all[1]); return all }, audit.SignatureForged, 2},
		"a missing signature": {nil, func(all []audit.Stored) []audit.Stored { return append(all[:1:1], all[2]) }, audit.SignatureMissing, 2},
		"no signature at all": {nil, func([]audit.Stored) []audit.Stored { return nil }, audit.SignatureMissing, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := beginLedger(t)
			var heads []audit.Stored
			for n := range 3 {
				s.write(3, time.Duration(9-n)*10*time.Minute)
				s.seal()
				heads = append(heads, s.head(int64(n)))
			}
			if r := s.against(heads...); !r.Sound || r.Signatures != 3 || r.Signed != 3 || r.Unverified {
				t.Fatalf("before it: %v", r.Findings)
			}
			for _, statement := range c.tamper {
				s.tamper(strings.ReplaceAll(statement, "EVENT", s.event(4).String()))
			}
			if name == "made anew" {
				// The job does not know, and goes on.
				s.seal()
				s.sound("the chain by itself")
			}
			if c.heads != nil {
				heads = c.heads(heads)
				s.now = s.now.Add(2 * time.Hour)
			}
			r := s.against(heads...)
			if !slices.ContainsFunc(r.Findings, func(f audit.Finding) bool { return f.What == c.want && f.Seal == c.seal }) {
				t.Errorf("want %s of seal %d, got %v", c.want, c.seal, r.Findings)
			}
		})
	}
}

// Retention drops months, and that is no finding; what it had to keep is one.
func TestWhatRetentionDropsIsNoFinding(t *testing.T) {
	t.Parallel()
	s := beginLedger(t)
	at := s.now
	for _, days := range []int{500, 450, 300, 1} {
		s.now = at.AddDate(0, 0, -days)
		s.write(3, time.Hour)
		s.seal()
	}
	s.now = at
	if r := s.sound("before it"); r.First != 1 || r.Rows != 12 {
		t.Errorf("got %+v", r)
	}
	// Within a seal nothing is split at a month's end.
	s.tamper("DELETE FROM audit_events WHERE at < '2025-01-01'")
	if r := s.sound("half of what may be dropped"); r.First != 2 || r.Dropped != 3 {
		t.Errorf("got %+v", r)
	}
	if rolled, err := audit.Roll(t.Context(), s.chain.DB, s.now.Add(-auditKeep)); err != nil || rolled.Dropped == 0 {
		t.Fatalf("got %+v, %v", rolled, err)
	}
	if r := s.sound("all that may be dropped"); r.First != 3 || r.Dropped != 6 || r.Rows != 6 {
		t.Errorf("got %+v", r)
	}
	// A retention that is longer now does not ask for what is gone.
	s.write(1, time.Hour)
	s.seal()
	s.chain.Keep *= 2
	s.sound("under a longer retention")
	s.write(1, 30*time.Minute)
	s.seal()
	s.sound("with a seal of a longer retention")
	s.tamper("DELETE FROM audit_events WHERE at < '2025-10-01'")
	r := s.check()
	if r.Found != 3 || r.Findings[0].What != audit.RowMissing || r.Findings[0].Seal != 3 {
		t.Errorf("got %v", r.Findings)
	}
}

// A month that ends between two events ends a seal.
func TestNoSealHasTwoMonths(t *testing.T) {
	t.Parallel()
	s := beginLedger(t)
	s.write(4, 12*time.Hour+2*time.Second)
	made := s.seal()
	if made.Seals != 2 || made.Rows != 4 {
		t.Errorf("got %+v", made)
	}
	s.sound("after it")
	// And so it is with what comes late.
	s.now = s.now.Add(-11 * time.Hour)
	late := beginLedger(t)
	late.now = late.now.Add(-10 * time.Hour)
	late.write(1, time.Hour)
	late.seal()
	late.write(4, 2*time.Hour+2*time.Second)
	if made := late.seal(); made.Late != 4 || made.Seals != 2 {
		t.Errorf("late: %+v", made)
	}
	late.sound("late")
}

// --from takes what is before as it is.
func TestACheckMayBeginLater(t *testing.T) {
	t.Parallel()
	s := beginLedger(t)
	var heads []audit.Stored
	for n := range 3 {
		s.write(3, time.Duration(9-n)*10*time.Minute)
		s.seal()
		heads = append(heads, s.head(int64(n)))
	}
	event := s.event(0)
	s.tamper("DELETE FROM audit_events WHERE id = '" + event.String() + "'")
	for from, found := range map[int64]int64{1: 1, 2: 0, 3: 0, 4: 0} {
		r, err := s.chain.Check(t.Context(), audit.Given{Now: s.now, From: from, Heads: headsOf(heads...), Sign: true})
		if err != nil || r.Found != found {
			t.Errorf("from %d: %v, %v", from, r, err)
		}
	}
}
