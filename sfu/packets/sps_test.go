package packets

import (
	"encoding/hex"
	"testing"
)

// parameterSets are what x264 writes for known sizes.
var parameterSets = []struct {
	name string
	hex  string
	w, h int
}{
	{"baseline", "6742c01ed900a02ff97011000003000100000300320f162e48", 640, 360},
	{"main, cropped", "674d4028eca03c0113f2e022000003000200000300641e30632c", 1920, 1080},
	{"high", "6764001facd9405005bb011000000300100000030320f1831960", 1280, 720},
	{"no multiple of 16", "6742c00dd901519e226c0440000003004000000c83c50a92", 322, 182},
	{"4:2:2", "677a001ebcd940a03db011000003000100000300320f162d96", 640, 480},
	{"interlaced", "6764001eacd940b424d8088000000300800000190f8a14cb", 720, 576},
}

func TestSPSSize(t *testing.T) {
	for _, c := range parameterSets {
		nal, err := hex.DecodeString(c.hex)
		if err != nil {
			t.Fatal(err)
		}
		if w, h, ok := SPSSize(nal); w != c.w || h != c.h || !ok {
			t.Errorf("%s: %d×%d %v, want %d×%d", c.name, w, h, ok, c.w, c.h)
		}
		for n := range nal { // cut short: no size, or the right one where only what follows the size is missing
			if w, h, ok := SPSSize(nal[:n]); ok && (w != c.w || h != c.h) {
				t.Errorf("%s cut to %d bytes: %d×%d", c.name, n, w, h)
			}
		}
	}
	for name, nal := range map[string][]byte{
		"nothing": nil, "a picture": {0x65, 66, 0, 30, 0xFF}, "zeros": make([]byte, 40),
		"scaling lists": {0x67, 100, 0, 30, 0b1_010_1_1_0_1, 0xFF, 0xFF, 0xFF}, "huge": {0x67, 66, 0, 30, 0xFC, 0, 0x20, 0, 0x40, 0, 0xFF},
	} {
		if w, h, ok := SPSSize(nal); ok {
			t.Errorf("%s: %d×%d", name, w, h)
		}
	}
}
