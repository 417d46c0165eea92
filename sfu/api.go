package sfu

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
)

// Errors that Peer.Answer and the doors return; everything else is internal.
var (
	// ErrBadOffer: the SDP breaks a rule of docs/PROTOCOL.md (media.offer); it costs only this peer.
	ErrBadOffer = errors.New("sfu: bad offer")
	// ErrUnfit: a door's offer can be read but has lines that this server cannot take as they are; it is an ErrBadOffer too.
	ErrUnfit = fmt.Errorf("%w: not acceptable", ErrBadOffer)
	// ErrClosed: the sitting has ended; no encoder and no player is let in.
	ErrClosed = errors.New("sfu: the sitting has ended")
	// ErrNotAllowed: the person may not publish now (no gate of theirs has ever been opened).
	ErrNotAllowed = errors.New("sfu: not allowed")
	// ErrBusy: another negotiation of the same PeerConnection runs, or the server drains.
	ErrBusy = errors.New("sfu: busy")
	// ErrStale: a newer generation of this PeerConnection was already offered.
	ErrStale = errors.New("sfu: stale offer")
)

// Config is what a Server needs. The zero value listens on a free UDP port of every interface.
type Config struct {
	Listen          netip.Addr                     // address to bind; zero = all; a loopback address admits loopback peers
	UDPPort         int                            // one port for all media; 0 = a free one
	TCPPort         int                            // ICE-TCP; 0 = a free one; negative = off
	PublicAddresses []netip.Addr                   // replace the host candidates (1:1 NAT); empty = the bound addresses
	Relayed         func(from netip.AddrPort) bool // whether a remote address is our own relay's; nil = there is none
	PlainPath       bool                           // every packet by Pion: to find out whether the direct path is at fault
	Log             *slog.Logger                   // nil = discard
}

// Kind tells what a source shows.
type Kind string

// Kinds of sources. A hall is a person whose microphone and camera are of these kinds.
const (
	KindMic    Kind = "mic"
	KindCam    Kind = "cam"
	KindScreen Kind = "screen"
)

// Profile fixes the receive slots of a sub PeerConnection.
type Profile string

// Profiles: member 4 audio + 9 video slots, audience 2 + 2, audio = the same audio lines with every video slot paused.
const (
	ProfileMember   Profile = "member"
	ProfileAudience Profile = "audience"
)

// PC names one of the two PeerConnections of a client.
type PC string

// The two PeerConnections: sub receives always, pub publishes while the person may speak.
const (
	PCSub PC = "sub"
	PCPub PC = "pub"
)

// Offer is a client's SDP offer. Gen rises with each offer of the same PC.
type Offer struct {
	PC      PC
	Gen     int
	Restart bool // ICE restart of the standing PeerConnection
	SDP     string
}

// Participant is a person or device that joins a conference.
type Participant struct {
	ID       string  // person id in the sitting: the who of its sources
	Profile  Profile // receive slots
	Priority bool    // chair, hall microphone, interpreter: the priority audio slot, until Direction.Priority says more
	Silent   bool    // device inside a hall: its audio slots stay empty, so that it does not howl
}

// SourceInfo describes a source to clients. Src is random, non-zero and fixed per (person, kind) for the sitting;
// it is the CSRC of every packet that carries the source.
type SourceInfo struct {
	Src   uint32 `json:"src"`
	Kind  Kind   `json:"kind"`
	Who   string `json:"who"`
	Codec string `json:"codec"` // "opus", "VP8", "H264"
	W     int    `json:"w"`
	H     int    `json:"h"`
}

// Why says what a video slot does.
type Why string

// States of a video slot.
const (
	WhyLive       Why = "live"
	WhyPausedBW   Why = "paused_bw"
	WhyPausedSrc  Why = "paused_src"
	WhyPausedUser Why = "paused_user"
	WhyNoCodec    Why = "no_codec"
	WhyEmpty      Why = "empty"
)

// VideoSlot is the state of one video slot; Src is 0 when empty; Layer is "q", "h", "f" or "".
type VideoSlot struct {
	Src   uint32 `json:"src"`
	Layer string `json:"layer"`
	Why   Why    `json:"why"`
}

// SlotMap is the whole assignment of a peer's slots; A holds a source or 0 per audio slot.
type SlotMap struct {
	Epoch uint64      `json:"epoch"`
	A     []uint32    `json:"a"`
	V     []VideoSlot `json:"v"`
}

// Sink is told what a peer's client must know. Calls never block (implementations queue) and may come from any goroutine.
type Sink interface {
	Sources(add []SourceInfo, del []uint32)
	Slots(m SlotMap)
	Layers(src uint32, on []string)         // to a publisher: the layers somebody wants
	Gate(src uint32, open bool, why string) // to a publisher: the gate of an own source changed
	Failed(pc PC, err error)                // a PeerConnection ended for good: the client must offer anew
}

// Want is what a client asks to see.
type Want struct {
	Step     string // "full", "speaker" or "audio"
	Pin      uint32 // source to show on stage for this client only; 0 = none
	Page     int    // grid page, from 0
	Tiles    int    // grid tiles shown (0..7)
	TilePx   int    // height of a grid tile in device pixels
	ScreenPx int    // height of the stage in device pixels
	Visible  bool   // false: video stops after 5 s
	Saver    bool   // battery or data saver: at most h
}

// Direction is the room's will; the conference obeys within one packet for gates.
type Direction struct {
	Stage    string          // person on stage (floor holder or chair's pin); "" = dominant speaker
	Chair    string          // person shown to the audience when nothing else is
	Mic      map[string]bool // persons whose microphone gate is open; absent = closed
	Cam      map[string]bool // persons whose camera gate is open
	Screen   map[string]bool // persons whose screen gate is open
	Why      string          // "chair", "floor" or "policy": told to publishers whose gate changed
	ScreenOf string          // person whose screen is shown in the screen slot; "" = the newest screen
	Priority map[string]bool // persons of the priority audio slot, whatever their Participant says; nil = the Participants decide
	Closed   bool            // the sitting has ended: doors and feeds end, and none is let in; people stay
}

// Media is the part of a Server that signaling uses.
type Media interface {
	// Conference returns the media of a sitting, made at first use.
	Conference(sitting string) *Conference
	// Addresses are the host candidates that clients are given, as ip:port.
	Addresses() []netip.AddrPort
	// Close ends all conferences and waits for their goroutines.
	Close(ctx context.Context) error
}
