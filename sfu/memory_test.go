package sfu

import (
	"runtime/debug"
	"testing"
)

// TestSaveMemory checks that garbage is collected earlier, and that the administrator's own value stands.
func TestSaveMemory(t *testing.T) {
	before := debug.SetGCPercent(100)
	defer debug.SetGCPercent(before)
	t.Setenv("GOGC", "200")
	SaveMemory()
	if got := debug.SetGCPercent(100); got != 100 {
		t.Errorf("the administrator's value became %d", got)
	}
	t.Setenv("GOGC", "")
	SaveMemory()
	if got := debug.SetGCPercent(100); got != collectAt {
		t.Errorf("collects at %d %%, want %d", got, collectAt)
	}
}
