package tenants

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"image/png"

	"github.com/authway/authway/shared/tenant"
)

var errNoPicture = errors.New("tenants: not a picture that can be taken")

// pictureOf reads a picture in base64 that is to be a tenant's; "" is to have none. Its
// kind is what it is and not what anybody says: PNG is decoded whole, and of WebP,
// which the standard library does not decode, the frame is read. SVG is refused: it
// is a document with scripts and links.
func pictureOf(text string) (tenant.Logo, error) {
	if text == "" {
		return tenant.Logo{}, nil
	}
	content, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return tenant.Logo{}, errPicture.Because(err)
	}
	mediaType, err := look(content)
	if err != nil {
		return tenant.Logo{}, errPicture.Because(err)
	}
	return tenant.Logo{MediaType: mediaType, Content: content}, nil
}

// look returns the media type of a picture of a size that is taken.
func look(content []byte) (string, error) {
	if len(content) == 0 || len(content) > tenant.MaxLogo {
		return "", errNoPicture
	}
	if bytes.HasPrefix(content, []byte("\x89PNG\r\n\x1a\n")) {
		return "image/png", lookAtPNG(content)
	}
	if width, height, ok := sizeOfWebP(content); ok && fits(width, height) {
		return "image/webp", nil
	}
	return "", errNoPicture
}

func fits(width, height int) bool {
	return width >= 1 && height >= 1 && width <= tenant.MaxLogoSide && height <= tenant.MaxLogoSide
}

// lookAtPNG asks for the size first: a few bytes can stand for gigabytes of points.
// What follows the picture is refused, because it might be read as something else.
func lookAtPNG(content []byte) error {
	config, err := png.DecodeConfig(bytes.NewReader(content))
	if err != nil {
		return err
	}
	if !fits(config.Width, config.Height) {
		return errNoPicture
	}
	rest := bytes.NewReader(content)
	if _, err := png.Decode(rest); err != nil {
		return err
	}
	if rest.Len() > 0 {
		return errNoPicture
	}
	return nil
}

// sizeOfWebP reads the frame of a WebP file (RFC 9649, sections 2.3 to 2.7): one RIFF
// chunk that is the whole file, and in it the first chunk, which has the size. A
// picture that moves is refused.
func sizeOfWebP(content []byte) (width, height int, ok bool) {
	if len(content) < 30 || string(content[:4]) != "RIFF" || string(content[8:12]) != "WEBP" ||
		uint64(binary.LittleEndian.Uint32(content[4:])) != uint64(len(content)-8) {
		return 0, 0, false
	}
	kind, size, body := string(content[12:16]), uint64(binary.LittleEndian.Uint32(content[16:])), content[20:]
	if size > uint64(len(body)) {
		return 0, 0, false
	}
	switch kind {
	case "VP8 ":
		// A key frame, and its start code (RFC 6386, section 9.1).
		if size < 10 || body[0]&1 != 0 || !bytes.Equal(body[3:6], []byte{0x9d, 0x01, 0x2a}) {
			return 0, 0, false
		}
		return int(binary.LittleEndian.Uint16(body[6:]) & 0x3fff), int(binary.LittleEndian.Uint16(body[8:]) & 0x3fff), true
	case "VP8L":
		if size < 5 || body[0] != 0x2f {
			return 0, 0, false
		}
		bits := binary.LittleEndian.Uint32(body[1:])
		return int(bits&0x3fff) + 1, int(bits>>14&0x3fff) + 1, bits>>29 == 0
	case "VP8X":
		const animated = 0x02
		if size != 10 || body[0]&animated != 0 {
			return 0, 0, false
		}
		three := func(b []byte) int { return int(b[0]) | int(b[1])<<8 | int(b[2])<<16 }
		return three(body[4:]) + 1, three(body[7:]) + 1, true
	}
	return 0, 0, false
}
