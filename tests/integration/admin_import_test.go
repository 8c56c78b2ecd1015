package integration_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"golang.org/x/crypto/bcrypt"

	"github.com/authway/authway/shared/administrator"
	"github.com/authway/authway/tests/harness"
)

// taken is an import as the API shows it.
type taken struct {
	ID, State, Trouble, SHA256                              string
	Size, Position, Line, Created, Updated, Skipped, Failed int64
	Own                                                     bool
}

func (k taken) counts() string {
	return fmt.Sprintf("%s %d/%d created %d updated %d skipped %d failed %d", k.State, k.Position, k.Size, k.Created, k.Updated, k.Skipped, k.Failed)
}

func (i inviting) beginImport(format, content string, more map[string]any) (made taken) {
	i.t.Helper()
	body := map[string]any{"format": format, "size": len(content), "name": "people." + format}
	for name, value := range more {
		body[name] = value
	}
	i.ask(http.MethodPost, "/imports", body).Into(i.t, 201, &made)
	return made
}

func (i inviting) upload(id, query string, content io.Reader) (*harness.Answer, error) {
	return i.by.Upload("/tenants/"+i.slug+"/imports/"+id+"/content"+query, "text/csv", content)
}

func (i inviting) send(id, query, content string) *harness.Answer {
	i.t.Helper()
	answer, err := i.upload(id, query, strings.NewReader(content))
	if err != nil {
		i.t.Fatal(err)
	}
	return answer
}

// takeIn imports a file in one go.
func (i inviting) takeIn(format, content string, more map[string]any) (done taken) {
	i.t.Helper()
	i.send(i.beginImport(format, content, more).ID, "", content).Into(i.t, 200, &done)
	return done
}

func (i inviting) look(id string) (now taken) {
	i.t.Helper()
	i.ask(http.MethodGet, "/imports/"+id, nil).Into(i.t, 200, &now)
	return now
}

// findings are all of an import's, as line:code:field.
func (i inviting) findings(id string) (found []string) {
	i.t.Helper()
	cursor := ""
	for {
		var list struct {
			Items []struct {
				Line                 int64
				Code, Field, Message string
			}
			Next string
		}
		i.ask(http.MethodGet, "/imports/"+id+"/findings?limit=200&cursor="+cursor, nil).Into(i.t, 200, &list)
		for _, f := range list.Items {
			if f.Message == "" {
				i.t.Errorf("%s says nothing", f.Code)
			}
			found = append(found, strings.TrimSuffix(fmt.Sprintf("%d:%s:%s", f.Line, f.Code, f.Field), ":"))
		}
		if cursor = list.Next; cursor == "" {
			return found
		}
	}
}

// people are the tenant's accounts.
func (i inviting) people() (n int) {
	i.t.Helper()
	err := i.system.Database(i.t).NewRaw("SELECT count(*) FROM users WHERE tenant_id = (SELECT id FROM tenants WHERE slug = ?)", i.slug).Scan(i.t.Context(), &n)
	if err != nil {
		i.t.Fatal(err)
	}
	return n
}

const mixed = "\xef\xbb\xbfemail,name,roles,email_verified,password_hash\r\n" +
	"ada@NAME.example,Ada,editor reader,true,\r\n" +
	"nobody,Bad,,,\r\n" +
	"\r\n" +
	"grace@NAME.example,\"Hopper, Grace\",,,{SSHA}nUZl4BaMVZn4hrSAm5dyop5Z8AkwMTIzNDU2Nzg5YWJjZGVm\r\n" +
	"ADA@name.example,Again,,,\r\n" +
	"king@NAME.example,King,king,,\r\n" +
	"plain@NAME.example,Plain,,,secret\r\n" +
	"known@NAME.example,Known,,,\r\n" +
	"short@NAME.example,Short\r\n" +
	"formula@NAME.example,'=1+1,,,"

func TestDryRunFindsWhatTheRunFinds(t *testing.T) {
	t.Parallel()
	i := beginInviting(t, administrator.Operator)
	content := strings.ReplaceAll(mixed, "NAME", i.slug)
	content = strings.ReplaceAll(content, "ADA@name", "ADA@"+strings.ToUpper(i.slug))
	i.system.AddUserTo(t, i.slug, "known@"+i.slug+".example", "Known", password)
	dry := i.takeIn("csv", content, map[string]any{"dryRun": true})
	if n := i.people(); n != 1 {
		t.Fatalf("a dry run has made accounts: %d", n)
	}
	run := i.takeIn("csv", content, nil)
	if dry.counts() != run.counts() || run.State != "done" || run.Created != 3 || run.Skipped != 1 || run.Failed != 5 {
		t.Errorf("dry: %s; run: %s", dry.counts(), run.counts())
	}
	want := "3:value_invalid:email 6:twice_in_file:email 7:role_unknown:roles 8:hash_unknown:password_hash 9:exists:email 10:cells_number"
	first, second := strings.Join(i.findings(dry.ID), " "), strings.Join(i.findings(run.ID), " ")
	if first != want || second != want {
		t.Errorf("dry:  %s\nrun:  %s\nwant: %s", first, second, want)
	}
	if n := i.people(); n != 4 {
		t.Errorf("there are %d accounts", n)
	}
	// Once more, all are there; and they are changed if that is wanted.
	again := i.takeIn("csv", content, nil)
	if again.Created != 0 || again.Skipped != 4 {
		t.Errorf("again: %s", again.counts())
	}
	update := i.takeIn("jsonl", `{"email":"ada@`+i.slug+`.example","name":"Countess","roles":[]}`, map[string]any{"onExisting": "update"})
	if update.Updated != 1 || update.counts() != i.look(update.ID).counts() {
		t.Errorf("update: %s", update.counts())
	}
	if fail := i.takeIn("jsonl", `{"email":"ada@`+i.slug+`.example"}`, map[string]any{"onExisting": "fail"}); fail.Failed != 1 || i.findings(fail.ID)[0] != "1:exists:email" {
		t.Errorf("fail: %s, %v", fail.counts(), i.findings(fail.ID))
	}
	var name string
	if err := i.system.Database(t).NewRaw("SELECT name || array_to_string(roles, ',') FROM users WHERE email_key = ?", "ada@"+i.slug+".example").Scan(t.Context(), &name); err != nil || name != "Countess" {
		t.Errorf("the account is %q: %v", name, err)
	}
}

func TestHeadersThatAreNone(t *testing.T) {
	t.Parallel()
	i := beginInviting(t, administrator.Operator)
	for header, trouble := range map[string]string{
		"email,password": "password_plain", "email,shoe_size": "field_unknown", "name": "column_email_missing", "email,email": "column_twice",
	} {
		done := i.takeIn("csv", header+"\nada@example.org,x\n", nil)
		if done.State != "failed" || done.Trouble != trouble || done.Created != 0 {
			t.Errorf("%q: %s %s", header, done.counts(), done.Trouble)
		}
		i.send(done.ID, "", header).Refused(t, 409, "import_over", "")
	}
	if n := i.people(); n != 0 {
		t.Errorf("%d accounts were made", n)
	}
}

func file(slug string, n int) string {
	var b strings.Builder
	for k := range n {
		fmt.Fprintf(&b, `{"email":"p%d@%s.example","name":"Person %d","email_verified":true,"password_hash":"{SSHA}nUZl4BaMVZn4hrSAm5dyop5Z8AkwMTIzNDU2Nzg5YWJjZGVm"}`+"\n", k, slug, k)
		if k%97 == 0 {
			fmt.Fprintf(&b, "{\"email\":\"wrong %d\"}\n", k)
		}
	}
	return b.String()
}

var errCut = errors.New("the connection is cut")

// A connection that breaks anywhere loses nothing and repeats nothing, whether what is
// left is sent, or the whole file once more.
func TestImportGoesOn(t *testing.T) {
	t.Parallel()
	i := beginInviting(t, administrator.Operator)
	const lines = 3000
	content := file(i.slug, lines)
	made := i.beginImport("jsonl", content, nil)
	chance := rand.New(rand.NewPCG(7, 7))
	now, cuts := made, 0
	for now.State != "done" {
		if cuts++; cuts > 60 {
			t.Fatal("it comes to no end")
		}
		query, from := "", 0
		if now.Position > 0 && chance.IntN(2) == 0 {
			sum := sha256.Sum256([]byte(content[:now.Position]))
			if hex.EncodeToString(sum[:]) != now.SHA256 {
				t.Fatalf("at %d the sum is %s", now.Position, now.SHA256)
			}
			query, from = fmt.Sprintf("?offset=%d&sha256=%s", now.Position, now.SHA256), int(now.Position)
		}
		rest := content[from:]
		until := min(len(rest), int(now.Position)-from+1+chance.IntN(len(content)/3))
		var body io.Reader = strings.NewReader(rest[:until])
		if until < len(rest) {
			body = io.MultiReader(body, iotest.ErrReader(errCut))
		}
		if _, err := i.upload(made.ID, query, body); until == len(rest) && err != nil {
			t.Fatal(err)
		}
		before := now
		i.awaitIdle(made.ID)
		if now = i.look(made.ID); now.Position < before.Position {
			t.Fatalf("it went back from %d to %d", before.Position, now.Position)
		}
	}
	if now.Created != lines || now.Failed != lines/97+1 || now.Skipped != 0 || i.people() != lines || cuts < 3 {
		t.Errorf("after %d cuts: %s, %d accounts", cuts, now.counts(), i.people())
	}
	if found := i.findings(made.ID); len(found) != lines/97+1 || found[0] != "2:value_invalid:email" {
		t.Errorf("%d findings, the first %v", len(found), found[:1])
	}
	i.audited(made.ID, lines)
}

// awaitIdle waits until nobody reads an import.
func (i inviting) awaitIdle(id string) { i.await(id, "waiting", "done") }

func (i inviting) await(id string, states ...string) {
	i.t.Helper()
	ctx, cancel := context.WithTimeout(i.t.Context(), 30*time.Second)
	defer cancel()
	pause := time.NewTicker(20 * time.Millisecond)
	defer pause.Stop()
	for now := i.look(id); !slices.Contains(states, now.State); now = i.look(id) {
		select {
		case <-pause.C:
		case <-ctx.Done():
			i.t.Fatalf("it stays %s, and not %v", now.counts(), states)
		}
	}
}

// audited fails the test unless the record names as many accounts as were made.
func (i inviting) audited(id string, want int) {
	i.t.Helper()
	var made, ends int
	err := i.system.Database(i.t).NewRaw("SELECT coalesce(sum(array_length(string_to_array(detail->>'made', ' '), 1)), 0), count(*) FILTER (WHERE detail->>'state' = 'done') "+
		"FROM audit_events WHERE action = 'user.imported' AND detail->>'object' = ?", id).Scan(i.t.Context(), &made, &ends)
	if err != nil || made != want || ends != 1 {
		i.t.Errorf("recorded are %d accounts and %d ends: %v", made, ends, err)
	}
}

func TestAnotherFileIsRefused(t *testing.T) {
	t.Parallel()
	i := beginInviting(t, administrator.Operator)
	content := file(i.slug, 1200)
	made := i.beginImport("jsonl", content, nil)
	half := strings.LastIndex(content[:len(content)/2], "\n") + 1
	var now taken
	i.send(made.ID, "", content[:half]).Into(t, 200, &now)
	if now.Position != int64(half) || now.State != "waiting" {
		t.Fatalf("half of it is %s", now.counts())
	}
	other := strings.Replace(content, "Person 0", "Person X", 1)
	i.send(made.ID, "", other).Refused(t, 409, "import_differs", "")
	i.send(made.ID, "", content[:half/2]).Refused(t, 409, "import_differs", "")
	i.send(made.ID, fmt.Sprintf("?offset=%d&sha256=%064d", half, 0), content[half:]).Refused(t, 409, "import_differs", "")
	i.send(made.ID, fmt.Sprintf("?offset=%d", half), content[half:]).Refused(t, 409, "import_differs", "")
	i.send(made.ID, "?offset=1", content[1:]).Refused(t, 409, "import_position", "offset")
	i.send(made.ID, "", content+"x").Refused(t, 422, "import_longer", "")
	if done := i.look(made.ID); done.State != "done" || done.Created != 1200 {
		t.Errorf("it is %s", done.counts())
	}
	// Only who has begun it sends, and nobody of another tenant sees it.
	second := i.beginImport("jsonl", content, nil)
	colleague := i
	colleague.by = i.system.Operator(t, administrator.Owner, i.slug)
	colleague.send(second.ID, "", content).Refused(t, 403, "forbidden", "")
	if seen := colleague.look(second.ID); seen.Own {
		t.Error("a colleague is told that the import is theirs")
	}
	stranger := beginInviting(t, administrator.Owner)
	stranger.ask(http.MethodGet, "/imports/"+second.ID, nil).Refused(t, 404, "not_found", "")
	stranger.send(second.ID, "", content).Refused(t, 404, "not_found", "")
	// Cancelled, it takes nothing more.
	i.ask(http.MethodPost, "/imports/"+second.ID+"/cancel", map[string]any{}).Into(t, 200, nil)
	i.send(second.ID, "", content).Refused(t, 409, "import_over", "")
}

// Of two uploads at once, one wins; the other is told so.
func TestOneUploadAtATime(t *testing.T) {
	t.Parallel()
	i := beginInviting(t, administrator.Operator)
	content := file(i.slug, 600)
	made := i.beginImport("jsonl", content, nil)
	slow, feed := io.Pipe()
	var uploads sync.WaitGroup
	uploads.Go(func() {
		if answer, err := i.upload(made.ID, "", slow); err != nil || answer.Status != 200 {
			t.Errorf("the first upload: %v, %v", answer, err)
		}
	})
	if _, err := io.WriteString(feed, content[:len(content)-5]); err != nil {
		t.Fatal(err)
	}
	i.await(made.ID, "running")
	i.send(made.ID, "", content).Refused(t, 409, "import_busy", "")
	_, _ = io.WriteString(feed, content[len(content)-5:])
	_ = feed.Close()
	uploads.Wait()
	if done := i.look(made.ID); done.State != "done" || done.Created != 600 || i.people() != 600 {
		t.Errorf("it is %s", done.counts())
	}
}

// Whoever is in a file signs in with the password of before, whatever has hashed it.
func TestImportedHashesSignIn(t *testing.T) {
	t.Parallel()
	i := beginInviting(t, administrator.Operator)
	i.slug = "default"
	i.by = i.system.Operator(t, administrator.Operator, "default")
	made, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	var content strings.Builder
	emails := map[string]string{}
	for name, hash := range map[string]string{
		"bcrypt": string(made), "scrypt": "$scrypt$ln=14,r=8,p=1$MDEyMzQ1Njc4OWFiY2RlZg$ebnHHTApWa0oNoXTYCCHxLXDaejcvcTRQhZaD1OJNCE",
		"SSHA": "{SSHA}nUZl4BaMVZn4hrSAm5dyop5Z8AkwMTIzNDU2Nzg5YWJjZGVm", "Django": "pbkdf2_sha256$36000$saltsalt$r962ZlTr1Ixue/yEXbBBH+olt0YkbeDQntsi4M8/OL8=",
	} {
		emails[name] = someone()
		fmt.Fprintf(&content, `{"email":%q,"password_hash":%q}`+"\n", emails[name], hash)
	}
	guest, keyed := someone(), someone()
	fmt.Fprintf(&content, `{"email":%q}`+"\n", guest)
	fmt.Fprintf(&content, `{"email":%q,"password_hash":%q,"totp_secret":"JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"}`, keyed, string(made))
	if done := i.takeIn("jsonl", content.String(), map[string]any{"sendInvitations": true}); done.Created != 6 || done.Failed != 0 {
		t.Fatalf("it is %s: %v", done.counts(), i.findings(done.ID))
	}
	app := i.system.NewApp(t, nil)
	for name, email := range emails {
		visitor := harness.NewVisitor(t)
		page := visitor.Open(app.Start()).Submit(map[string][]string{"email": {email}, "password": {password}}, "")
		if page.URL.Path != "/consent" {
			t.Errorf("%s does not sign in: at %s with %q", name, page.URL, page.Alert())
		}
	}
	page := harness.NewVisitor(t).Open(app.Start()).Submit(map[string][]string{"email": {keyed}, "password": {password}}, "")
	if page.URL.Path != "/login/factor" {
		t.Fatalf("the key of the app is not asked for: at %s", page.URL)
	}
	if page = page.Submit(map[string][]string{"code": {harness.NewPhone(t, "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP").Code()}}, ""); page.URL.Path != "/consent" {
		t.Errorf("the code of the app is refused: at %s with %q", page.URL, page.Alert())
	}
	// Who has no password is invited.
	page = harness.NewVisitor(t).Open(i.system.AwaitMail(t, guest, 1).Link())
	i.signsIn(page.Submit(map[string][]string{"password": {newPassword}, "name": {"Guest"}}, ""), guest, newPassword)
}
