//go:build linux

package load

import "testing"

// TestStreamCounts checks loss, repetition, order and the wrap of sequence numbers.
func TestStreamCounts(t *testing.T) {
	for _, c := range []struct {
		name           string
		sns            []uint16
		received, lost int64
	}{
		{"in order", []uint16{5, 6, 7}, 3, 0},
		{"one missing", []uint16{5, 7}, 2, 1},
		{"repaired late", []uint16{5, 7, 6}, 3, 0},
		{"twice", []uint16{5, 6, 6, 7}, 3, 0},
		{"wrap", []uint16{65534, 65535, 0, 1}, 4, 0},
		{"loss at the wrap", []uint16{65534, 1}, 2, 2},
		{"before the window", []uint16{5, 4, 6}, 2, 0},
		{"from zero", []uint16{0, 1, 2}, 3, 0},
	} {
		var l stream
		for _, sn := range c.sns {
			l.take(sn)
		}
		if r, lost := l.counts(); r != c.received || lost != c.lost {
			t.Errorf("%s: %d received, %d lost; want %d, %d", c.name, r, lost, c.received, c.lost)
		}
	}
}

// TestStreamWindow checks that a window begins with nothing and counts what comes after it.
func TestStreamWindow(t *testing.T) {
	var l stream
	l.take(1)
	l.take(3)
	l.window()
	if r, lost := l.counts(); r != 0 || lost != 0 {
		t.Errorf("%d received, %d lost at the window's beginning", r, lost)
	}
	l.take(5)
	if r, lost := l.counts(); r != 1 || lost != 1 {
		t.Errorf("%d received, %d lost, want 1 and 1", r, lost)
	}
}
