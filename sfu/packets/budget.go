package packets

// Budget is a bucket that fills steadily: it bounds what one peer may cause. The zero value is full at its first use. It belongs
// to one goroutine.
type Budget struct {
	left float64
	at   int64
	used bool
}

// Take takes n from a bucket that holds at most most and fills by rate a second; false, taking nothing, when there is not as much.
// now is in monotonic ns.
func (b *Budget) Take(n, rate, most float64, now int64) bool {
	if !b.used {
		b.used, b.left = true, most
	} else {
		b.left = min(most, b.left+rate*float64(max(0, now-b.at))/float64(nanosPerSec))
	}
	b.at = now
	if b.left < n {
		return false
	}
	b.left -= n
	return true
}
