package recordings

import "time"

const (
	litFor  = 2 * time.Second // bytes were made durable within this time: the light is on
	slowBar = time.Second     // a round of syncs that takes longer than the time between two of them
)

// Light is what the recording light shows.
type Light string

// Lights.
const (
	LightOn      Light = "on"      // bytes became durable within the last two seconds
	LightQuiet   Light = "quiet"   // nothing arrives that could be written; everything that came is durable
	LightStalled Light = "stalled" // something arrived and is not durable after two seconds
)

// Health is how a take goes.
type Health struct {
	Light  Light
	Age    time.Duration // of what is certainly durable: everything that arrived before it is
	Slow   bool          // the newest round of syncs took longer than a second
	Bytes  uint64        // durable
	Lost   uint64        // packets
	Fault  error         // what the disk refused last, nil after a round that went well
	Length time.Duration // since the take's start
}

// Health tells how the take goes now.
func (r *Recorder) Health() Health {
	now := r.now()
	h := Health{
		Light: LightStalled, Age: time.Duration(now - r.syncedAt.Load()), Slow: r.slow.Load() > int64(slowBar),
		Bytes: r.synced.Load(), Lost: r.lost.Load(), Length: time.Duration(now),
	}
	if f := r.fault.Load(); f != nil {
		h.Fault = *f
	}
	fed := r.fedAt.Load()
	switch {
	case fed > 0 && now-fed < int64(litFor):
		h.Light = LightOn
	case h.Fault == nil && h.Age < litFor:
		h.Light = LightQuiet
	}
	return h
}
