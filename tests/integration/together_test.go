package integration_test

import (
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/authway/authway/tests/harness"
)

// together is how often a thing that counts once is sent at the same moment.
const together = 50

// atOnce does it that often at once, and returns what came of each.
func atOnce[T any](t *testing.T, do func(i int) (T, error)) []T {
	t.Helper()
	all, errs := make([]T, together), make([]error, together)
	start := make(chan struct{})
	var wait sync.WaitGroup
	for i := range all {
		wait.Go(func() {
			<-start
			all[i], errs[i] = do(i)
		})
	}
	close(start)
	wait.Wait()
	for i, err := range errs {
		if err != nil {
			t.Fatalf("number %d: %v", i, err)
		}
	}
	return all
}

// tally counts answers by their status and the code of what they say.
type tally map[string]int

func (n tally) add(status int, code string) {
	n[strings.TrimSpace(strconv.Itoa(status)+" "+code)]++
}

// once fails the test unless one has won, and all others were told one of lost.
func (n tally) once(t *testing.T, won string, lost ...string) {
	t.Helper()
	if n[won] != 1 {
		t.Errorf("it counted %d times: %v", n[won], n)
	}
	n.among(t, append(lost, won)...)
}

// among fails the test if anybody was told something else.
func (n tally) among(t *testing.T, expected ...string) {
	t.Helper()
	for said := range n {
		if !slices.Contains(expected, said) {
			t.Errorf("somebody was told %q: %v", said, n)
		}
	}
}

// post sends the form of a page at once, with the same fields each time.
func post(t *testing.T, page *harness.Page, fields map[string][]string) (tally, []*harness.Page) {
	t.Helper()
	return postEach(t, func(int) (*harness.Page, map[string][]string) { return page, fields })
}

// postEach sends a form at once, which is another one each time.
func postEach(t *testing.T, form func(i int) (*harness.Page, map[string][]string)) (tally, []*harness.Page) {
	t.Helper()
	n := tally{}
	answers := atOnce(t, func(i int) (*harness.Page, error) {
		page, fields := form(i)
		return page.TryOnce(fields)
	})
	for _, answer := range answers {
		n.add(answer.Status, answer.Alert())
	}
	return n, answers
}

// crowded is the page where more passwords may be sent at once than can be hashed.
func (j journey) crowded(page *harness.Page) *harness.Page {
	j.t.Helper()
	return page.In(j.system.Crowded(j.t, j.visitor))
}

// toOnePlace fails the test unless all answers that lead on lead to the same place, and
// returns it.
func toOnePlace(t *testing.T, answers []*harness.Page) (place string) {
	t.Helper()
	for _, answer := range answers {
		switch next := answer.Next(); {
		case next == "":
		case place == "":
			place = next
		case next != place:
			t.Errorf("one leads to %q, another to %q", place, next)
		}
	}
	if place == "" {
		t.Fatal("nobody is led on")
	}
	return place
}

// callAtOnce is call at once, with a body for each.
func (r resident) callAtOnce(method, path string, body func(i int) any) tally {
	r.t.Helper()
	n := tally{}
	for _, answer := range atOnce(r.t, func(i int) (*harness.Answer, error) {
		return r.visitor.TryCall(method, r.at("/api/account"+path), body(i))
	}) {
		n.add(answer.Status, answer.Problem().Code)
	}
	return n
}

// same is one body for all.
func same(body any) func(int) any { return func(int) any { return body } }

// happened fails the test unless each action was recorded once for the account.
func (j journey) happened(actions ...string) {
	j.t.Helper()
	for _, action := range actions {
		if n := j.times(action); n != 1 {
			j.t.Errorf("%s was recorded %d times", action, n)
		}
	}
}

// times is how often an action was recorded for the account, or an action with the
// detail that follows it.
func (j journey) times(action string) (n int) {
	j.t.Helper()
	for _, event := range j.system.Recorded(j.t, j.email) {
		if event == action || strings.HasPrefix(event, action+" ") {
			n++
		}
	}
	return n
}

// oneSession fails the test unless one session of the account lives, and as many sign-ins
// were recorded as are expected.
func (j journey) oneSession(signIns int) {
	j.t.Helper()
	if living, begun := j.system.LivingSessions(j.t, j.email), j.times("login.succeeded"); living != 1 || begun != signIns {
		j.t.Errorf("%d sessions live, %d were begun, want one of %d", living, begun, signIns)
	}
}

// mailed fails the test unless the account was sent so many mails.
func (j journey) mailed(want int) {
	j.t.Helper()
	j.system.AwaitMail(j.t, j.email, want)
	if n := len(j.system.Mails(j.t, j.email)); n != want {
		j.t.Errorf("%d mails, want %d", n, want)
	}
}
