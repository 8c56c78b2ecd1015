package tenants

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/png"
	"strings"
	"testing"

	"github.com/authway/authway/shared/tenant"
)

func pngOf(t testing.TB, width, height int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewPaletted(image.Rect(0, 0, width, height), color.Palette{color.Black, color.White})); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// claiming is the picture with another size in its header, whose sum is right.
func claiming(content []byte, width, height uint32) []byte {
	out := bytes.Clone(content)
	binary.BigEndian.PutUint32(out[16:], width)
	binary.BigEndian.PutUint32(out[20:], height)
	binary.BigEndian.PutUint32(out[29:], crc32.ChecksumIEEE(out[12:29]))
	return out
}

// webp is a file with one chunk.
func webp(kind string, body []byte) []byte {
	out := append([]byte("RIFF\x00\x00\x00\x00WEBP"+kind), binary.LittleEndian.AppendUint32(nil, uint32(len(body)))...)
	out = append(out, body...)
	if len(out) < 30 {
		out = append(out, make([]byte, 30-len(out))...)
	}
	binary.LittleEndian.PutUint32(out[4:], uint32(len(out)-8))
	return out
}

func lossless(width, height uint32) []byte {
	return webp("VP8L", append([]byte{0x2f}, binary.LittleEndian.AppendUint32(nil, width-1|(height-1)<<14)...))
}

func TestOnlyPicturesAreTaken(t *testing.T) {
	t.Parallel()
	good := pngOf(t, 48, 48)
	lossy := []byte{0x10, 0, 0, 0x9d, 0x01, 0x2a, 48, 0, 48, 0}
	extended := []byte{0x10, 0, 0, 0, 47, 0, 0, 47, 0, 0}
	moving := bytes.Clone(extended)
	moving[0] |= 0x02
	for name, c := range map[string]struct {
		content []byte
		want    string
	}{
		"a PNG":                           {good, "image/png"},
		"a PNG of the greatest size":      {pngOf(t, 1024, 1024), "image/png"},
		"a lossy WebP":                    {webp("VP8 ", lossy), "image/webp"},
		"a lossless WebP":                 {lossless(1024, 1024), "image/webp"},
		"an extended WebP":                {webp("VP8X", extended), "image/webp"},
		"a WebP that moves":               {webp("VP8X", moving), ""},
		"a WebP that is too wide":         {lossless(1025, 10), ""},
		"a WebP with something behind it": {append(lossless(48, 48), "<script>"...), ""},
		"a WebP of another kind":          {webp("EXIF", extended), ""},
		"a WebP that is an intermediate":  {webp("VP8 ", append([]byte{0x11}, lossy[1:]...)), ""},
		"a WebP whose chunk is cut":       {[]byte("RIFF\x16\x00\x00\x00WEBPVP8X\xff\xff\xff\xff" + strings.Repeat("\x00", 10)), ""},
		"a PNG that is too high":          {pngOf(t, 10, 1025), ""},
		"a PNG that says it is enormous":  {claiming(good, 60_000, 60_000), ""},
		"a PNG that says it is another":   {claiming(good, 1024, 1024), ""},
		"a PNG with something behind it":  {append(bytes.Clone(good), "<script>alert(1)</script>"...), ""},
		"a PNG that is cut":               {good[:len(good)-20], ""},
		"a PNG that is too large":         {append(bytes.Clone(good), make([]byte, tenant.MaxLogo)...), ""},
		"an SVG":                          {[]byte(`<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`), ""},
		"a GIF":                           {[]byte("GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01\x00\x00\x00\x00,\x00"), ""},
		"HTML":                            {[]byte("<!doctype html><title>x</title>"), ""},
		"nothing":                         {nil, ""},
	} {
		mediaType, err := look(c.content)
		if mediaType = strings.TrimSpace(mediaType); (err == nil) != (c.want != "") || err == nil && mediaType != c.want {
			t.Errorf("%s: %q, %v", name, mediaType, err)
		}
	}
	for _, text := range []string{"!", "data:image/png;base64," + base64.StdEncoding.EncodeToString(good), "iVBORw0KGgo"} {
		if _, err := pictureOf(text); !errors.Is(err, errPicture) {
			t.Errorf("%.30q: %v", text, err)
		}
	}
	if none, err := pictureOf(""); err != nil || none.Content != nil {
		t.Errorf("no picture is %+v, %v", none, err)
	}
}

func FuzzLook(f *testing.F) {
	f.Add(pngOf(f, 2, 2))
	f.Add(lossless(3, 3))
	f.Add(webp("VP8X", []byte{0x10, 0, 0, 0, 47, 0, 0, 47, 0, 0}))
	f.Add(claiming(pngOf(f, 2, 2), 1<<31-1, 1<<31-1))
	f.Fuzz(func(t *testing.T, content []byte) {
		mediaType, err := look(content)
		if err != nil {
			return
		}
		switch {
		case len(content) == 0 || len(content) > tenant.MaxLogo:
			t.Fatalf("%d bytes are taken", len(content))
		case mediaType == "image/png" && !bytes.HasPrefix(content, []byte("\x89PNG")),
			mediaType == "image/webp" && !bytes.HasPrefix(content, []byte("RIFF")),
			mediaType != "image/png" && mediaType != "image/webp":
			t.Fatalf("%q is taken for %s", content[:min(len(content), 12)], mediaType)
		}
	})
}
