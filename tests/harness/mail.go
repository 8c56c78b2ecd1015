package harness

import (
	"context"
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"testing"
	"time"
)

const (
	mailWithin = 20 * time.Second
	mailPoll   = 50 * time.Millisecond
)

// Mail is what a person finds in their mailbox.
type Mail struct {
	To      []string `json:"to"`
	Subject string   `json:"subject"`
	Text    string   `json:"text"`
	HTML    string   `json:"html"`
}

var (
	codeOf = regexp.MustCompile(`(?m)^\s*(\d{4}[ -]?\d{4})\s*$`)
	linkOf = regexp.MustCompile(`https?://\S+`)
)

// Code is the code in the mail, or "".
func (m Mail) Code() string {
	if found := codeOf.FindStringSubmatch(m.Text); found != nil {
		return found[1]
	}
	return ""
}

// Link is the first address in the mail, or "".
func (m Mail) Link() string { return linkOf.FindString(m.Text) }

// Mails are those that have arrived for an address, the oldest first.
func (s *System) Mails(t testing.TB, to string) (mails []Mail) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.Endpoints.MailboxURL+"/messages", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var all []Mail
	if err := json.NewDecoder(response.Body).Decode(&all); err != nil {
		t.Fatalf("harness: the mailbox: %d: %v", response.StatusCode, err)
	}
	for _, m := range slices.Backward(all) {
		if slices.Contains(m.To, to) {
			mails = append(mails, m)
		}
	}
	return mails
}

// AwaitMail waits for the nth mail (from 1) to an address.
func (s *System) AwaitMail(t testing.TB, to string, nth int) Mail {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), mailWithin)
	defer cancel()
	look := time.NewTicker(mailPoll)
	defer look.Stop()
	for {
		mails := s.Mails(t, to)
		if len(mails) >= nth {
			return mails[nth-1]
		}
		select {
		case <-look.C:
		case <-ctx.Done():
			t.Fatalf("harness: mail %d to %s has not come; there are %d", nth, to, len(mails))
		}
	}
}

// AgeProofs makes the codes and links that were mailed to an address look as if
// they had been sent longer ago.
func (s *System) AgeProofs(t testing.TB, address string, by time.Duration) {
	t.Helper()
	s.exec(t, "UPDATE proofs SET sent_at = sent_at - make_interval(secs => ?), expires_at = expires_at - make_interval(secs => ?) WHERE address = ?",
		by.Seconds(), by.Seconds(), address)
}
