package integration_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"github.com/authway/authway/functions/maintenance"
	"github.com/authway/authway/functions/maintenance/backup/envelope"
	"github.com/authway/authway/functions/maintenance/chain"
	"github.com/authway/authway/shared/audit"
	"github.com/authway/authway/shared/config"
	"github.com/authway/authway/shared/tokens"
	"github.com/authway/authway/tests/harness"
)

var sealDuty = duty{
	prepare: func(b *bench) { writeEvents(b.t, b.owner, 3, 10*time.Minute) },
	effect: func(b *bench) string {
		return text(b, b.owner, `SELECT coalesce(sum(rows), 0) || ' events, ' || (SELECT count(DISTINCT id) FROM audit_seals, unnest(events) AS e (id)) || ' of them once' FROM audit_seals`)
	},
	want: "3 events, 3 of them once",
	hold: func(b *bench) held { return b.lock(b.owner, "LOCK TABLE audit_seals IN SHARE MODE") },
}

var inspectDuty = duty{
	prepare: func(b *bench) {
		writeEvents(b.t, b.owner, 3, 10*time.Minute)
		runJob(b.t, b.db, chain.SealJob, b.settings)
	},
	effect: func(b *bench) string { return b.runs("outcome = 'succeeded' AND summary LIKE '%3 events%'") },
	want:   "1",
	hold:   func(b *bench) held { return b.lock(b.owner, "LOCK TABLE audit_heads IN ACCESS EXCLUSIVE MODE") },
}

// writeEvents adds events of so long ago.
func writeEvents(t *testing.T, db bun.IDB, n int, ago time.Duration) {
	t.Helper()
	at := time.Now().Add(-ago)
	for i := range n {
		e := audit.Event{TenantID: defaultTenant, Action: audit.ActionSignedIn, Outcome: audit.Success, SubjectID: "ada", ActorKind: audit.ActorUser, IP: "192.0.2.1"}
		if err := audit.Append(t.Context(), db, at.Add(time.Duration(i)*time.Millisecond), e); err != nil {
			t.Fatal(err)
		}
	}
}

// vault is an audit log with seals whose signatures are in a folder.
type vault struct {
	t        *testing.T
	db       harness.Database
	dir      string
	settings map[string]string
}

func newVault(t *testing.T) *vault {
	t.Helper()
	_, recipient, err := envelope.Pair()
	if err != nil {
		t.Fatal(err)
	}
	v := &vault{t: t, db: harness.NewDatabase(t), dir: t.TempDir()}
	v.settings = map[string]string{
		"AUTHWAY_URL": "https://auth.example.com", "DATABASE_URL": v.db.URL("maintenance"), "AUTHWAY_MASTER_KEYS": harness.MasterKey(),
		"SMTP_URL": "smtp://127.0.0.1:1", "HYDRA_ADMIN_URL": "http://127.0.0.1:1", "AUDIT_SEAL_KEY": sealKey(t),
		"BACKUP_URL": "file://" + v.dir, "BACKUP_RECIPIENT": recipient, "BACKUP_METHOD": "external",
	}
	return v
}

func sealKey(t *testing.T) string {
	t.Helper()
	key, err := tokens.NewNotaryKey()
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// run runs maintenance with changes to its settings; "" takes one away.
func (v *vault) run(changes map[string]string, words ...string) (code int, out, complaints string) {
	v.t.Helper()
	settings := maps.Clone(v.settings)
	maps.Copy(settings, changes)
	var said, complained bytes.Buffer
	code = maintenance.Run(v.t.Context(), words, config.Map(settings), &said, &complained)
	return code, said.String(), complained.String()
}

// seal writes events and seals them, and returns what was logged.
func (v *vault) seal() string {
	v.t.Helper()
	writeEvents(v.t, v.db.Owner(v.t), 3, 10*time.Minute)
	code, out, log := v.run(nil, "run", chain.SealJob)
	if code != 0 {
		v.t.Fatalf("%d %s%s", code, out, log)
	}
	return log
}

// verify fails the test unless the command ends so and says so.
func (v *vault) verify(want int, says string, changes map[string]string, words ...string) {
	v.t.Helper()
	code, out, complaints := v.run(changes, append([]string{"audit", "verify"}, words...)...)
	if code != want || !strings.Contains(out+complaints, says) {
		v.t.Errorf("%v: %d %s%s, want %d %s", words, code, out, complaints, want, says)
	}
}

func (v *vault) tamper(statement string) {
	v.t.Helper()
	tx, err := v.db.SuperuserIn(v.t).BeginTx(v.t.Context(), nil)
	if err != nil {
		v.t.Fatal(err)
	}
	defer func() { _ = tx.Rollback() }()
	for _, s := range []string{"SET LOCAL session_replication_role = replica", statement} {
		if _, err := tx.ExecContext(v.t.Context(), s); err != nil {
			v.t.Fatal(err)
		}
	}
	if err := tx.Commit(); err != nil {
		v.t.Fatal(err)
	}
}

func (v *vault) signature(seq int64) string { return filepath.Join(v.dir, chain.Key(seq)) }

func (v *vault) read(path string) string {
	v.t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		v.t.Fatal(err)
	}
	return string(content)
}

// file writes content into a file of its own.
func (v *vault) file(content string) string {
	v.t.Helper()
	path := filepath.Join(v.t.TempDir(), "file")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		v.t.Fatal(err)
	}
	return path
}

func TestSealsAreSignedStoredAndTold(t *testing.T) {
	t.Parallel()
	v := newVault(t)
	log := v.seal()
	var lines []audit.Line
	told := ""
	for line := range strings.Lines(log) {
		var l struct {
			Time  time.Time
			Msg   string
			Audit *audit.Line
			Head  struct{ JWS string } `json:"audit_head"`
		}
		if err := json.Unmarshal([]byte(line), &l); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		if l.Audit != nil && l.Msg == "audit" && !l.Time.IsZero() {
			lines = append(lines, *l.Audit)
		}
		told += l.Head.JWS
	}
	if len(lines) != 3 || lines[0].Action != audit.ActionSignedIn || lines[0].IP != "192.0.2.1" || lines[2].Seal != 1 || len(lines[0].RowHash) != 64 {
		t.Errorf("told %+v", lines)
	}
	signed := v.read(v.signature(1))
	if signed != told || strings.Count(signed, ".") != 2 {
		t.Errorf("stored %q, told %q", signed, told)
	}
	v.verify(0, "sound: 1 seals with 3 events", nil)
	// Nothing new is nothing to sign.
	if code, out, _ := v.run(nil, "run", chain.SealJob); code != 0 || out != "audit.seal: nothing is due\n" {
		t.Errorf("again: %d %s", code, out)
	}
	v.seal()
	v.seal()
	v.verify(0, "3 seals with 9 events from seal 1 on, 0 of them late", nil)
	v.verify(0, `"signatures": 3`, nil, "--json")
	v.verify(0, "2 seals with 6 events", nil, "--from", "2")
}

// openssl knows nothing of us, and says the same.
func TestOpenSSLVerifiesASignature(t *testing.T) {
	t.Parallel()
	v := newVault(t)
	v.seal()
	_, public, _ := v.run(nil, "audit", "key")
	signed := v.read(v.signature(1))
	text, signature, _ := strings.Cut(reverseCut(signed), "\n")
	raw, err := base64.RawURLEncoding.DecodeString(signature)
	if err != nil {
		t.Fatal(err)
	}
	verify := func(text string) (string, error) {
		out, err := exec.CommandContext(t.Context(), "openssl", "pkeyutl", "-verify", "-pubin", "-inkey", v.file(public), "-rawin",
			"-in", v.file(text), "-sigfile", v.file(string(raw))).CombinedOutput()
		return string(out), err
	}
	if out, err := verify(text); err != nil || !strings.Contains(out, "Verified Successfully") {
		t.Errorf("%s %v", out, err)
	}
	if out, err := verify(text + "x"); err == nil {
		t.Errorf("it verifies another text: %s", out)
	}
}

// reverseCut parts what is signed from the signature.
func reverseCut(jws string) string {
	i := strings.LastIndexByte(jws, '.')
	return jws[:i] + "\n" + jws[i+1:]
}

// An auditor has the public key, and takes the signatures from where they are.
func TestAnAuditorNeedsNoPrivateKey(t *testing.T) {
	t.Parallel()
	v := newVault(t)
	v.seal()
	_, public, _ := v.run(nil, "audit", "key")
	none := map[string]string{"AUDIT_SEAL_KEY": "", "BACKUP_URL": ""}
	v.verify(69, "the signatures cannot be looked at", none)
	v.verify(0, "1 signatures, up to seal 1", none, "--public-key", v.file(public), "--signatures", "file://"+v.dir)
	v.verify(0, "1 signatures, up to seal 1", none, "--public-key", v.file(public), "--signatures", v.dir)
	// Taken out of a log they may be elsewhere.
	copied := t.TempDir()
	if err := os.WriteFile(filepath.Join(copied, filepath.Base(v.signature(1))), []byte(v.read(v.signature(1))+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	v.verify(0, "1 signatures, up to seal 1", none, "--public-key", v.file(public), "--signatures", copied)
	v.verify(1, "missing signature: seal 1", none, "--public-key", v.file(public), "--signatures", t.TempDir())
	_, another, _ := v.run(map[string]string{"AUDIT_SEAL_KEY": sealKey(t)}, "audit", "key")
	v.verify(1, "forged signature: seal 1: none of the keys", none, "--public-key", v.file(another), "--signatures", v.dir)
	for want, words := range map[string][]string{
		"--public-key":      {"--public-key", v.file("none")},
		"is no folder":      {"--signatures", filepath.Join(v.dir, "nowhere"), "--public-key", v.file(public)},
		"needs AUDIT_SEAL_": {"--signatures", v.dir},
	} {
		v.verify(78, want, none, words...)
	}
	v.verify(78, "DATABASE_URL is not set", map[string]string{"DATABASE_URL": ""})
	v.verify(69, "failed", map[string]string{"DATABASE_URL": "postgres://nobody:hushhush@127.0.0.1:1/x"})
	for _, words := range [][]string{{"--from", "0"}, {"--what"}, {"more"}} {
		v.verify(64, "maintenance audit verify", nil, words...)
	}
	if code, _, complaints := v.run(nil, "audit"); code != 64 {
		t.Errorf("%d %s", code, complaints)
	}
	if code, _, complaints := v.run(none, "audit", "key"); code != 78 || !strings.Contains(complaints, "AUDIT_SEAL_KEY is not set") {
		t.Errorf("%d %s", code, complaints)
	}
}

func TestTheSealKeyIsTurned(t *testing.T) {
	t.Parallel()
	v := newVault(t)
	v.seal()
	old := v.settings["AUDIT_SEAL_KEY"]
	_, public, _ := v.run(nil, "audit", "key")
	v.settings["AUDIT_SEAL_KEY"] = sealKey(t) + "," + old
	v.seal()
	v.verify(0, "2 signatures, up to seal 2", nil)
	// Of the old one the public part is enough, and without it its signature is nobody's.
	younger, _, _ := strings.Cut(v.settings["AUDIT_SEAL_KEY"], ",")
	v.verify(0, "2 signatures", map[string]string{"AUDIT_SEAL_KEY": younger + "," + base64.StdEncoding.EncodeToString([]byte(public))})
	v.verify(1, "forged signature: seal 1", map[string]string{"AUDIT_SEAL_KEY": younger})
	v.verify(78, "AUDIT_SEAL_KEY has to be PEM", map[string]string{"AUDIT_SEAL_KEY": "hushhush"})
}

func TestWithoutAKeySealsAreNotSigned(t *testing.T) {
	t.Parallel()
	v := newVault(t)
	key := v.settings["AUDIT_SEAL_KEY"]
	v.settings["AUDIT_SEAL_KEY"] = ""
	if log := v.seal(); strings.Count(log, "not signed") != 1 {
		t.Errorf("it says %s", log)
	}
	if _, err := os.Stat(v.signature(1)); err == nil {
		t.Error("there is a signature")
	}
	v.verify(0, "signatures were not looked at", nil)
	// A key that comes later signs what is there, and again for a storage that comes later.
	v.settings["AUDIT_SEAL_KEY"] = key
	for _, changes := range []map[string]string{{"BACKUP_URL": ""}, nil} {
		code, out, log := v.run(changes, "run", chain.SealJob)
		if code != 0 || !strings.Contains(out, "signed up to seal 1") || !strings.Contains(log, `"jws":"`) {
			t.Errorf("%d %s%s", code, out, log)
		}
		if code, out, _ := v.run(changes, "run", chain.SealJob); code != 0 || !strings.Contains(out, "nothing is due") {
			t.Errorf("again: %d %s", code, out)
		}
	}
	v.verify(0, "1 signatures, up to seal 1", nil)
}

// The storage is away for a while: what could not be stored is signed the next time.
func TestASignatureThatCouldNotBeStoredIsMadeAgain(t *testing.T) {
	t.Parallel()
	v := newVault(t)
	if err := os.WriteFile(filepath.Join(v.dir, "audit"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	writeEvents(t, v.db.Owner(t), 3, 10*time.Minute)
	if code, out, _ := v.run(nil, "run", chain.SealJob); code != 1 {
		t.Errorf("%d %s", code, out)
	}
	if err := os.Remove(filepath.Join(v.dir, "audit")); err != nil {
		t.Fatal(err)
	}
	if code, out, log := v.run(nil, "run", chain.SealJob); code != 0 || !strings.Contains(out, "0 seals") || !strings.Contains(out, "signed up to seal 1") {
		t.Errorf("%d %s%s", code, out, log)
	}
	v.verify(0, "1 signatures, up to seal 1", nil)
}

// What somebody does who owns the database, and what the command, the job and the next
// seal say.
func TestTheCommandAndTheJobSayWhatWasTamperedWith(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		tamper []string
		says   string
		// refuses says that the next seal is not signed.
		refuses bool
	}{
		"a changed event": {[]string{"UPDATE audit_events SET ip = '192.0.2.9' WHERE id = (SELECT events[2] FROM audit_seals WHERE seq = 2)"}, "changed event: seal 2: event EVENT", false},
		"a missing event": {[]string{"DELETE FROM audit_events WHERE id = (SELECT events[2] FROM audit_seals WHERE seq = 2)"}, "missing event: seal 2: event EVENT", false},
		"a cut-off end":   {[]string{"DELETE FROM audit_events WHERE id = ANY (SELECT unnest(events) FROM audit_seals WHERE seq > 1)", "DELETE FROM audit_seals WHERE seq > 1"}, "cut off: seal 2", true},
		"a cut-off end without a trace": {[]string{
			"DELETE FROM audit_events WHERE id = ANY (SELECT unnest(events) FROM audit_seals WHERE seq > 1)", "DELETE FROM audit_seals WHERE seq > 1",
			"DELETE FROM audit_heads WHERE seq > 1",
		}, "cut off: seal 2", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := newVault(t)
			v.seal()
			v.seal()
			var event string
			if err := v.db.Owner(t).NewRaw("SELECT events[2]::text FROM audit_seals WHERE seq = 2").Scan(t.Context(), &event); err != nil {
				t.Fatal(err)
			}
			v.verify(0, "sound", nil)
			for _, statement := range c.tamper {
				v.tamper(statement)
			}
			says := strings.ReplaceAll(c.says, "EVENT", event)
			v.verify(1, says, nil)
			if code, _, log := v.run(nil, "run", chain.VerifyJob); code != 1 || !strings.Contains(log, says) {
				t.Errorf("the job: %d %s", code, log)
			}
			before := v.read(v.signature(2))
			writeEvents(t, v.db.Owner(t), 3, 10*time.Minute)
			if code, out, log := v.run(nil, "run", chain.SealJob); (code != 0) != c.refuses {
				t.Errorf("the next seal: %d %s%s", code, out, log)
			}
			if v.read(v.signature(2)) != before {
				t.Error("a signature was written over")
			}
		})
	}
}
