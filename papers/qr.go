package papers

import (
	"fmt"
	"strings"

	"github.com/skip2/go-qrcode"
)

// quiet is the empty border that scanners need, in modules (ISO/IEC 18004).
const quiet = 4

// QR draws a text as a QR code in one SVG element without script, style or outside reference: one path of dark modules on
// white, error correction M. It scales to any paper.
func QR(text string) (string, error) {
	code, err := qrcode.New(text, qrcode.Medium)
	if err != nil {
		return "", fmt.Errorf("papers: draw a qr code: %w", err)
	}
	code.DisableBorder = true
	grid := code.Bitmap()
	size := len(grid) + 2*quiet
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" shape-rendering="crispEdges" role="img">`, size, size)
	fmt.Fprintf(&b, `<path fill="#fff" d="M0 0h%dv%dH0z"/><path fill="#000" d="`, size, size)
	for y, row := range grid {
		for x := 0; x < len(row); {
			if !row[x] {
				x++
				continue
			}
			run := x
			for run < len(row) && row[run] {
				run++
			}
			fmt.Fprintf(&b, "M%d %dh%dv1h-%dz", x+quiet, y+quiet, run-x, run-x)
			x = run
		}
	}
	b.WriteString(`"/></svg>`)
	return b.String(), nil
}
