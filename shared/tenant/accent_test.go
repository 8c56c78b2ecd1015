package tenant_test

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/authway/authway/shared/tenant"
)

// Values that WCAG 2.2 and its working group's techniques give.
func TestContrastIsAsKnown(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		one, other string
		want       float64
	}{
		{"#000000", "#ffffff", 21},
		{"#ffffff", "#ffffff", 1},
		{"#767676", "#ffffff", 4.54},
		{"#777777", "#ffffff", 4.48},
		{"#949494", "#ffffff", 3.03},
		{"#ff0000", "#ffffff", 4.00},
		{"#0000ff", "#ffffff", 8.59},
		{"#ffff00", "#ffffff", 1.07},
		{"#0000ff", "#000000", 2.44},
	} {
		if got := tenant.Contrast(c.one, c.other); math.Abs(got-c.want) > 0.005 {
			t.Errorf("%s on %s: %.3f, want %.2f", c.one, c.other, got, c.want)
		}
	}
	for _, none := range []string{"", "#fff", "red", "#ggffff", "ffffff", "#FFFFFF", "#1234567"} {
		if got := tenant.Contrast(none, "#ffffff"); got != 0 {
			t.Errorf("%q is taken for a colour: %.2f", none, got)
		}
		if _, ok := tenant.PaletteOf(none); ok {
			t.Errorf("%q has a palette", none)
		}
	}
}

// What pages are drawn on (frontend/src/shared/tokens.css).
var (
	lightGrounds = []string{"#f4f5f1", "#ffffff"}
	darkGrounds  = []string{"#0f1412", "#171e1b"}
)

func TestEverythingInAPaletteCanBeRead(t *testing.T) {
	t.Parallel()
	taken, refused := 0, 0
	for r := 0; r < 256; r += 15 {
		for g := 0; g < 256; g += 15 {
			for b := 0; b < 256; b += 15 {
				accent := fmt.Sprintf("#%02x%02x%02x", r, g, b)
				if on, _ := tenant.WrittenOn(accent); tenant.Contrast(on, accent) < 4.5 {
					t.Errorf("%s on %s: %.2f", on, accent, tenant.Contrast(on, accent))
				}
				p, ok := tenant.PaletteOf(accent)
				if !ok {
					refused++
					continue
				}
				taken++
				readable(t, accent, p.Light, "#18211e", lightGrounds)
				readable(t, accent, p.Dark, "#e9eeeb", darkGrounds)
			}
		}
	}
	if refused == 0 || taken < 10*refused {
		t.Errorf("%d colours are taken and %d refused", taken, refused)
	}
}

func readable(t *testing.T, accent string, s tenant.Shades, ink string, grounds []string) {
	t.Helper()
	pairs := [][2]string{{s.On, s.Accent}, {s.On, s.Deep}, {ink, s.Tint}}
	for _, ground := range grounds {
		pairs = append(pairs, [2]string{s.Accent, ground})
	}
	for _, pair := range pairs {
		if got := tenant.Contrast(pair[0], pair[1]); got < 4.5 {
			t.Errorf("%s: %s on %s has %.2f", accent, pair[0], pair[1], got)
		}
	}
}

// The dashboard computes the same while somebody types
// (frontend/test/admin-accent.test.ts reads the same file).
func TestPalettesAreAsRecorded(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("testdata/accents.json")
	if err != nil {
		t.Fatal(err)
	}
	var recorded map[string]*struct{ Light, Dark map[string]string }
	if err := json.Unmarshal(text, &recorded); err != nil {
		t.Fatal(err)
	}
	if len(recorded) < 10 {
		t.Fatalf("%d accents are recorded", len(recorded))
	}
	shades := func(s tenant.Shades) string { return strings.Join([]string{s.Accent, s.Deep, s.On, s.Tint}, " ") }
	for accent, want := range recorded {
		p, ok := tenant.PaletteOf(accent)
		if ok != (want != nil) {
			t.Errorf("%s is readable: %t", accent, ok)
			continue
		}
		if want == nil {
			continue
		}
		for _, side := range []struct {
			got  tenant.Shades
			want map[string]string
		}{{p.Light, want.Light}, {p.Dark, want.Dark}} {
			if want := strings.Join([]string{side.want["accent"], side.want["deep"], side.want["on"], side.want["tint"]}, " "); shades(side.got) != want {
				t.Errorf("%s becomes %s, and %s is recorded", accent, shades(side.got), want)
			}
		}
	}
}
