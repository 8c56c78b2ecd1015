package browser

import (
	"strings"

	"github.com/authway/authway/frontend/pages"
	"github.com/authway/authway/shared/tenant"
)

// Look is a tenant's look as pages show it. An accent that nothing could be read in
// is left out: it was set before there were rules for it.
func Look(b tenant.Brand) pages.Look {
	if b.Plain() {
		return pages.Look{}
	}
	look := pages.Look{
		Name: b.Name, Logo: b.PicturePath(), Support: b.Support, Terms: b.Terms, Privacy: b.Privacy, Welcomes: b.Welcome,
	}
	if _, reads := tenant.PaletteOf(b.Accent); reads {
		look.Accent = strings.TrimPrefix(b.Accent, "#")
	}
	return look
}
