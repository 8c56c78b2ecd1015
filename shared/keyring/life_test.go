package keyring

import (
	"testing"
	"time"
)

var noon = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

func TestWhatIsNext(t *testing.T) {
	t.Parallel()
	active := Key{ID: "active", State: Active, PublishedAt: noon, ActivatedAt: noon}
	coming := Key{ID: "coming", State: Published, PublishedAt: noon}
	late := Key{ID: "coming", State: Published, PublishedAt: noon.Add(Period)}
	hastened := Key{ID: "active", State: Active, PublishedAt: noon, ActivatedAt: noon, HastenedAt: noon.Add(2 * time.Hour)}
	hastenedAtOnce := Key{ID: "active", State: Active, PublishedAt: noon, ActivatedAt: noon, HastenedAt: noon.Add(time.Minute)}
	old := Key{ID: "old", State: Retiring, RetiredAt: noon}
	older := Key{ID: "older", State: Retiring, RetiredAt: noon.Add(-time.Minute)}
	for name, c := range map[string]struct {
		keys []Key
		what step
		kid  string
		at   time.Time
	}{
		"an empty ring":                         {nil, publish, "", time.Time{}},
		"nothing signs":                         {[]Key{coming, old}, activate, "coming", time.Time{}},
		"nothing is to come":                    {[]Key{active, old}, publish, "", time.Time{}},
		"a quiet month":                         {[]Key{active, coming}, activate, "coming", noon.Add(Period)},
		"somebody is in a hurry":                {[]Key{hastened, coming}, activate, "coming", noon.Add(2 * time.Hour)},
		"in a hurry, and nobody knows the next": {[]Key{hastenedAtOnce, coming}, activate, "coming", noon.Add(PublishWait)},
		"one that was published late":           {[]Key{active, late}, activate, "coming", noon.Add(Period + PublishWait)},
		"one that has nothing to verify is out": {[]Key{active, coming, old}, remove, "old", noon.Add(RetireWait)},
		"of two that retire the older one":      {[]Key{active, coming, old, older}, remove, "older", noon.Add(RetireWait - time.Minute)},
		"only what retires":                     {[]Key{old}, publish, "", time.Time{}},
	} {
		what, kid, at := next(c.keys)
		if what != c.what || kid != c.kid || !at.Equal(c.at) {
			t.Errorf("%s: %s %q at %s, want %s %q at %s", name, what, kid, at, c.what, c.kid, c.at)
		}
	}
}

// The sums say why; this says that nobody has made one shorter than a part of it.
func TestWaitsCoverWhatLags(t *testing.T) {
	t.Parallel()
	if PublishWait < StaleAfter+VerifierCache || RetireWait < StaleAfter+LongestToken || refreshBy >= StaleAfter || Period <= PublishWait+RetireWait {
		t.Error("a wait is shorter than what it waits for")
	}
}
