package sfu

import (
	"os"
	"runtime/debug"
)

const collectAt = 50 // percent of the live memory that may be allocated before it is collected; Go's own value is 100

// SaveMemory lets this process collect its garbage earlier than usual, unless the environment sets GOGC. A media server allocates
// at joins and hardly at all per packet, so that costs little, and a quarter of the memory per viewer was garbage. For main packages.
func SaveMemory() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(collectAt)
	}
}
