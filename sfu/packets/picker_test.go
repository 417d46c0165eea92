package packets

import (
	"testing"
	"time"
)

func TestLayerPicker(t *testing.T) {
	type event struct {
		layer uint32
		p     *Packet
		want  Decision
	}
	base := &Packet{Start: true}
	cont := &Packet{}
	key := &Packet{Start: true, Key: true}
	up := &Packet{Start: true, TID: 1}
	upSync := &Packet{Start: true, TID: 1, Sync: true}
	upCont := &Packet{TID: 1}
	tests := []struct {
		name   string
		do     func(l *LayerPicker)
		events []event
	}{
		{"waits for the keyframe", func(l *LayerPicker) { l.Want(1, AllTemporal, 0) }, []event{
			{1, base, Skip},
			{2, key, Skip},
			{1, key, Switch},
			{1, cont, Forward},
			{1, up, Forward},
		}},
		{"keeps the old layer until then", func(l *LayerPicker) { l.Want(1, AllTemporal, 0); l.Switched(); l.Want(2, AllTemporal, 1) }, []event{
			{1, base, Forward},
			{2, base, Skip},
			{1, key, Forward},
			{2, key, Switch},
			{1, base, Skip},
			{2, cont, Forward},
		}},
		{"temporal down at a picture's start", func(l *LayerPicker) { l.Want(1, AllTemporal, 0); l.Switched(); l.Want(1, 0, 1) }, []event{
			{1, upCont, Forward},
			{1, base, Forward},
			{1, up, Filter},
			{1, upCont, Filter},
			{1, base, Forward},
		}},
		{"temporal up on the sync bit", func(l *LayerPicker) { l.Want(1, 0, 0); l.Switched(); l.Want(1, 2, 1) }, []event{
			{1, up, Filter},
			{1, base, Forward},
			{1, upSync, Forward},
			{1, up, Forward},
			{1, &Packet{Start: true, TID: 2}, Filter},
			{1, &Packet{Start: true, TID: 2, Sync: true}, Forward},
		}},
		{"temporal up on a keyframe", func(l *LayerPicker) { l.Want(1, 0, 0); l.Switched(); l.Want(1, 2, 1) }, []event{
			{1, key, Forward},
			{1, up, Forward},
		}},
		{"paused", func(l *LayerPicker) { l.Want(1, 0, 0); l.Switched(); l.Want(0, 0, 1) }, []event{
			{1, key, Skip},
			{0, key, Skip},
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var l LayerPicker
			tt.do(&l)
			for i, e := range tt.events {
				got := l.OnPacket(e.layer, e.p)
				if got != e.want {
					t.Fatalf("event %d: %v, want %v", i, got, e.want)
				}
				if got == Switch {
					l.Switched()
				}
			}
		})
	}
}

func TestLayerPickerAsksForKeyframes(t *testing.T) {
	var l LayerPicker
	asks := 0
	l.Want(7, 0, 0)
	for ms := int64(0); ms <= 3000; ms += 50 {
		now := ms * 1e6
		if layer, ask := l.NeedKeyframe(now); ask {
			asks++
			if layer != 7 {
				t.Fatalf("asks layer %d", layer)
			}
		}
		if l.GaveUp(now) != (ms >= 3000) {
			t.Fatalf("gave up after %d ms", ms)
		}
	}
	if asks != 4 {
		t.Errorf("%d requests in 3 s, want 4", asks)
	}
	l.Switched()
	if _, ask := l.NeedKeyframe(int64(10 * time.Second)); ask || l.GaveUp(int64(time.Minute)) || l.Current() != 7 || l.Waiting() {
		t.Error("still waits after the switch")
	}
}

// TestPickerLeaves checks that a layer which was left is not taken up again without a keyframe.
func TestPickerLeaves(t *testing.T) {
	var l LayerPicker
	l.Want(1, AllTemporal, 0)
	l.Switched()
	l.Leave()
	if got := l.OnPacket(1, &Packet{Start: true}); got != Skip {
		t.Errorf("goes on: %v", got)
	}
	if layer, ask := l.NeedKeyframe(1); layer != 1 || !ask {
		t.Error("asks for no keyframe")
	}
	if got := l.OnPacket(1, &Packet{Start: true, Key: true}); got != Switch {
		t.Errorf("a keyframe is no beginning: %v", got)
	}
}
