package tenant

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// What the pages are drawn on (frontend/src/shared/tokens.css), and the least
// contrast of text (WCAG 2.2, 1.4.3).
var (
	lightPaper = colour{0xf4, 0xf5, 0xf1}
	lightCard  = colour{0xff, 0xff, 0xff}
	darkPaper  = colour{0x0f, 0x14, 0x12}
	darkCard   = colour{0x17, 0x1e, 0x1b}

	white = colour{255, 255, 255}
	black = colour{}
)

const (
	readable = 4.5
	// steps is how finely a colour is moved towards black or white, and mostDark and
	// mostLight how far it may be: beyond that it is another colour than the one that was
	// chosen.
	steps     = 50
	mostDark  = 25
	mostLight = 30
)

// Shades are the colours of a page that follow from an accent, each as #rrggbb.
type Shades struct {
	// Accent is drawn on, and is text itself; Deep is it under the pointer; On is what
	// is written on both; Tint lies behind text.
	Accent, Deep, On, Tint string
}

// Palette is what an accent becomes on light and on dark pages: it is moved towards
// black or white until text of it can be read there.
type Palette struct {
	Light, Dark Shades
}

// PaletteOf returns the palette of an accent #rrggbb. false says that it is none, or
// would have to become another colour to be read: a pale yellow on white.
//
// frontend/src/admin/pages/settings/accent.ts computes the same while somebody types.
func PaletteOf(accent string) (Palette, bool) {
	c, ok := parseColour(accent)
	if !ok {
		return Palette{}, false
	}
	light, ok := move(c, black, mostDark, lightPaper, lightCard)
	if !ok {
		return Palette{}, false
	}
	dark, ok := move(c, white, mostLight, darkPaper, darkCard)
	if !ok {
		return Palette{}, false
	}
	return Palette{
		Light: Shades{light.String(), light.towards(black, 10).String(), light.written().String(), lightCard.towards(light, 4).String()},
		Dark:  Shades{dark.String(), dark.towards(white, 10).String(), dark.written().String(), darkCard.towards(dark, 6).String()},
	}, true
}

// Sheet is the style sheet that gives a page the palette.
func (p Palette) Sheet() string {
	root := func(s Shades) string {
		return fmt.Sprintf(":root{--accent:%s;--accent-deep:%s;--on-accent:%s;--tint:%s}", s.Accent, s.Deep, s.On, s.Tint)
	}
	return root(p.Light) + "@media (prefers-color-scheme:dark){" + root(p.Dark) + "}"
}

// WrittenOn is black or white as #rrggbb, whichever is read better on a colour
// #rrggbb, or false if it is none. The worse one's contrast times the better one's is
// 21 for any colour, so that the better one's is never below the square root, 4.58.
func WrittenOn(text string) (string, bool) {
	c, ok := parseColour(text)
	return c.written().String(), ok
}

// Contrast is that of two colours #rrggbb (WCAG 2.2), from 1 to 21, or 0 if one is
// none.
func Contrast(one, other string) float64 {
	a, ok := parseColour(one)
	b, also := parseColour(other)
	if !ok || !also {
		return 0
	}
	return a.against(b)
}

type colour [3]int

func parseColour(text string) (colour, bool) {
	digits, ok := strings.CutPrefix(text, "#")
	value, err := strconv.ParseUint(digits, 16, 32)
	if !ok || err != nil || len(digits) != 6 || digits != strings.ToLower(digits) {
		return colour{}, false
	}
	return colour{int(value >> 16), int(value >> 8 & 255), int(value & 255)}, true
}

func (c colour) String() string { return fmt.Sprintf("#%02x%02x%02x", c[0], c[1], c[2]) }

// luminance is the relative one (WCAG 2.2).
func (c colour) luminance() float64 {
	linear := func(channel int) float64 {
		v := float64(channel) / 255
		if v <= 0.04045 {
			return v / 12.92
		}
		return math.Pow((v+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(c[0]) + 0.7152*linear(c[1]) + 0.0722*linear(c[2])
}

func (c colour) against(other colour) float64 {
	a, b := c.luminance(), other.luminance()
	return (max(a, b) + 0.05) / (min(a, b) + 0.05)
}

func (c colour) written() colour {
	if c.against(white) >= c.against(black) {
		return white
	}
	return black
}

// towards is c, n of steps on its way to another colour. It counts in whole numbers,
// so that every language comes to the same.
func (c colour) towards(other colour, n int) colour {
	var out colour
	for i := range c {
		out[i] = (c[i]*(steps-n) + other[i]*n + steps/2) / steps
	}
	return out
}

// move is the first colour on the way from c to an end that can be read on all of the
// grounds.
func move(c, end colour, most int, grounds ...colour) (colour, bool) {
	for n := range most + 1 {
		moved, reads := c.towards(end, n), true
		for _, ground := range grounds {
			reads = reads && moved.against(ground) >= readable
		}
		if reads {
			return moved, true
		}
	}
	return colour{}, false
}
