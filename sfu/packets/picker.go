package packets

import "time"

// Decision is what a video slot does with a packet.
type Decision uint8

// Decisions of LayerPicker.OnPacket.
const (
	Skip    Decision = iota // not of the layer this slot shows: not for this slot
	Forward                 // Munger.Forward
	Filter                  // Munger.Drop; if that refuses, Munger.Forward
	Switch                  // Munger.SwitchLayer or SwitchSource, then Munger.Forward and Switched
)

// Times of a switch that waits for its keyframe.
const (
	KeyframeRetry = time.Second     // ask again
	SwitchGiveUp  = 3 * time.Second // take any live layer
)

// AllTemporal asks for every temporal layer.
const AllTemporal uint8 = 3

// LayerPicker decides, packet by packet, which layer a video slot shows: another layer only from a keyframe of that layer on,
// and until then the old one; fewer temporal layers from the beginning of a picture, more from a sync point. Layers are the
// caller's non-zero numbers. It belongs to the slot's writer.
type LayerPicker struct {
	cur, want        uint32
	tid, wantTID     uint8
	since, lastAsked int64
	asked            bool
}

// Want sets the layer and the highest temporal layer to show; layer 0 shows nothing from now on.
func (l *LayerPicker) Want(layer uint32, tid uint8, now int64) {
	l.wantTID = tid
	if layer == l.want {
		return
	}
	l.want, l.since, l.asked = layer, now, false
	if layer == 0 {
		l.cur = 0
	}
}

// Current is the layer being forwarded, 0 for none; Target the one wanted.
func (l *LayerPicker) Current() uint32 { return l.cur }

// Target is the wanted layer.
func (l *LayerPicker) Target() uint32 { return l.want }

// Waiting tells whether a keyframe of the wanted layer is awaited.
func (l *LayerPicker) Waiting() bool { return l.want != 0 && l.want != l.cur }

// OnPacket decides about a packet of a layer.
func (l *LayerPicker) OnPacket(layer uint32, p *Packet) Decision {
	switch {
	case layer == 0:
		return Skip
	case layer == l.want && layer != l.cur:
		if p.Key {
			return Switch
		}
		return Skip
	case layer != l.cur:
		return Skip
	}
	if p.Start {
		l.pickTemporal(p)
	}
	if p.TID > l.tid {
		return Filter
	}
	return Forward
}

// pickTemporal moves the temporal layer at the beginning of a picture.
func (l *LayerPicker) pickTemporal(p *Packet) {
	switch {
	case l.wantTID < l.tid:
		l.tid = l.wantTID
	case p.Key:
		l.tid = l.wantTID
	case p.TID > l.tid && p.TID <= l.wantTID && p.Sync:
		l.tid = p.TID
	}
}

// Switched says that the wanted layer is being forwarded now.
func (l *LayerPicker) Switched() {
	l.cur, l.tid, l.asked = l.want, l.wantTID, false
}

// Leave says that the layer shown is forwarded no more: the wanted one begins with its next keyframe.
func (l *LayerPicker) Leave() { l.cur, l.asked = 0, false }

// NeedKeyframe tells, when polled, whether to ask the wanted layer for a keyframe now: at once and then each second.
func (l *LayerPicker) NeedKeyframe(now int64) (layer uint32, ask bool) {
	if !l.Waiting() || l.asked && now-l.lastAsked < int64(KeyframeRetry) {
		return 0, false
	}
	l.asked, l.lastAsked = true, now
	return l.want, true
}

// GaveUp tells that the wanted layer sent no keyframe for 3 s: the caller should want any live layer of the source.
func (l *LayerPicker) GaveUp(now int64) bool {
	return l.Waiting() && now-l.since >= int64(SwitchGiveUp)
}
