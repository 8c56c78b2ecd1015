package mailbox_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/smtp"
	"strings"
	"testing"
	"time"

	"github.com/authway/authway/functions/standalone/mailbox"
	"github.com/authway/authway/shared/clock"
)

const letter = "Subject: =?utf-8?q?Best=C3=A4tigen?=\r\n" +
	"Content-Type: multipart/alternative; boundary=b\r\n\r\n" +
	"--b\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n" +
	"Open http://localhost:8080/verify?token=3D=\r\nabc. <script>alert(1)</script>\r\n" +
	"--b\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\nPGI+SGk8L2I+\r\n--b--\r\n"

func open(t *testing.T) *mailbox.Mailbox {
	t.Helper()
	box, err := mailbox.Listen(clock.NewFixed(time.Date(2026, 11, 24, 9, 30, 0, 0, time.UTC)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := box.Close(); err != nil {
			t.Error(err)
		}
	})
	return box
}

func get(t *testing.T, box *mailbox.Mailbox, path string) string {
	t.Helper()
	w := httptest.NewRecorder()
	box.Handler().ServeHTTP(w, httptest.NewRequestWithContext(context.Background(), http.MethodGet, path, http.NoBody))
	if w.Code != http.StatusOK {
		t.Fatalf("%s: got %d", path, w.Code)
	}
	return w.Body.String()
}

func TestMailThatIsSentIsShown(t *testing.T) {
	t.Parallel()
	box := open(t)
	if err := smtp.SendMail(box.Address(), nil, "authway@localhost", []string{"ada@example.org", "b@example.org"}, []byte(letter)); err != nil {
		t.Fatal(err)
	}
	var list []mailbox.Message
	if err := json.Unmarshal([]byte(get(t, box, "/mailbox/messages")), &list); err != nil || len(list) != 1 {
		t.Fatalf("got %v, %v", list, err)
	}
	got := list[0]
	if got.Subject != "Bestätigen" || got.From != "authway@localhost" || strings.Join(got.To, " ") != "ada@example.org b@example.org" ||
		!strings.HasPrefix(got.Text, "Open http://localhost:8080/verify?token=abc. <script>") || got.HTML != "<b>Hi</b>" {
		t.Errorf("got %+v", got)
	}
	page := get(t, box, "/mailbox")
	if !strings.Contains(page, `<a href="http://localhost:8080/verify?token=abc" rel="noreferrer">`) {
		t.Errorf("the link cannot be clicked:\n%s", page)
	}
	if strings.Contains(page, "<script>") {
		t.Error("a mail's text becomes part of the page")
	}
}

func TestOldMailMakesRoom(t *testing.T) {
	t.Parallel()
	box := open(t)
	client, err := smtp.Dial(box.Address())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Close() }()
	for range 205 {
		if err := send(client); err != nil {
			t.Fatal(err)
		}
	}
	if all := box.Messages(); len(all) != 200 || all[0].ID != "205" {
		t.Errorf("got %d, the newest is %s", len(all), all[0].ID)
	}
}

func send(client *smtp.Client) error {
	if err := client.Mail("a@localhost"); err != nil {
		return err
	}
	if err := client.Rcpt("b@localhost"); err != nil {
		return err
	}
	w, err := client.Data()
	if err != nil {
		return err
	}
	if _, err := w.Write([]byte("no header at all")); err != nil {
		return err
	}
	return w.Close()
}

func TestEmptyListIsAList(t *testing.T) {
	t.Parallel()
	if got := strings.TrimSpace(get(t, open(t), "/mailbox/messages")); got != "[]" {
		t.Errorf("got %s", got)
	}
}
