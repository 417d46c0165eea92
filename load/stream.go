//go:build linux

package load

const recent = 1024 // sequence numbers within which a repetition is told from a new packet

// stream counts the packets of one SSRC: every number between the first and the highest that did not come is lost.
type stream struct {
	any      bool
	first    int64 // where the window begins, extended
	highest  int64 // extended sequence number
	received int64 // distinct, since first
	end      int64 // the last one that counts; 0 = no end yet
	seen     [recent]int64
	gaps     []gap // what a person that loses asks for
	asks     bool  // gaps are noted
}

// take notes a sequence number. One that comes twice, or from before the window, counts once or not at all.
func (l *stream) take(sn uint16) {
	if !l.any {
		l.any, l.first, l.highest = true, int64(sn)+1<<16, int64(sn)+1<<16-1
	}
	ext := l.highest + int64(int16(sn-uint16(l.highest)))
	slot := &l.seen[ext&(recent-1)]
	if ext < l.first || ext <= l.highest-recent || *slot == ext || l.end != 0 && ext > l.end {
		return
	}
	*slot = ext
	l.received++
	if l.asks {
		l.miss(l.highest+1, ext)
	}
	l.highest = max(l.highest, ext)
}

// has tells whether one of the recent packets came.
func (l *stream) has(sn uint16) bool {
	ext := l.highest + int64(int16(sn-uint16(l.highest)))
	return l.seen[ext&(recent-1)] == ext
}

// seal ends what counts: later packets are ignored, late ones still count.
func (l *stream) seal() { l.end = l.highest }

// window forgets what was counted so far.
func (l *stream) window() { l.first, l.received = l.highest+1, 0 }

// counts gives the packets that came and those that did not.
func (l *stream) counts() (received, lost int64) {
	return l.received, l.highest - l.first + 1 - l.received
}
