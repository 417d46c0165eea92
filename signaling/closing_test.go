package signaling

import (
	"errors"
	"testing"
	"time"

	"github.com/pion/webrtc/v4"

	"nghitruong/sfu"
)

// TestTheCloseEndsPlayers: the room's close reaches the doors of encoders and players.
func TestTheCloseEndsPlayers(t *testing.T) {
	h := newHouse(t)
	clerk := h.join("clerk")
	clerk.act("sitting.open", nil)
	conf, err := h.handler.Media(t.Context(), sitting1)
	must(t, err)
	pc, err := webrtc.NewPeerConnection(webrtc.Configuration{})
	must(t, err)
	defer func() { must(t, pc.GracefulClose()) }()
	_, err = pc.AddTransceiverFromKind(webrtc.RTPCodecTypeAudio, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly})
	must(t, err)
	offer, err := pc.CreateOffer(nil)
	must(t, err)
	door, err := conf.Watch(t.Context(), "", offer.SDP)
	must(t, err)
	clerk.act("sitting.close", nil)
	select {
	case <-door.Done():
	case <-time.After(patience):
		t.Fatal("a player watches on after the close")
	}
	if door.Reason() != sfu.EndConfClose {
		t.Errorf("reason %q", door.Reason())
	}
	if _, err := conf.Watch(t.Context(), "", offer.SDP); !errors.Is(err, sfu.ErrClosed) {
		t.Errorf("after the close: %v", err)
	}
}
