package signaling

import (
	"encoding/json"

	"nghitruong/council"
	"nghitruong/sfu"
)

// serverMessage is what the server sends: a flat JSON object whose "type" is messageType.
type serverMessage interface{ messageType() string }

// clientMessage is what a client sends besides the commands of package council.
type clientMessage interface{ messageName() string }

// Answers and views.
type (
	// OK is the answer to an act, sent only after the commit. Seq is the act's place in the sitting's ledger.
	OK struct {
		Re  string `json:"re"`  // id of the act
		Seq uint64 `json:"seq"` // ledger sequence of the act's last event
		At  int64  `json:"at"`  // server's wall clock, Unix milliseconds
	}
	// Error refuses an act or a hello. Kind "internal" and the codes "busy" and "too_fast" leave the act undone and unanswered:
	// it may be repeated with the same id. Any other code is definite.
	Error struct {
		Re   string            `json:"re"` // id of the act; "" = not an answer
		Kind council.ErrorKind `json:"kind"`
		Code string            `json:"code"`
		Data map[string]any    `json:"data,omitempty"` // numbers for the sentence
	}
	// View is a whole document that replaces its topic at the client.
	View struct {
		Topic council.Topic   `json:"topic"`
		Seq   uint64          `json:"seq"` // ledger sequence that the document shows
		Data  json.RawMessage `json:"data"`
	}
)

// Session messages from the client.
type (
	// SessionHello must be the first message, within ten seconds.
	SessionHello struct {
		Door   string     `json:"door"`             // eight letters of the sitting's public door
		Resume *Resume    `json:"resume,omitempty"` // the seat that this page held before its socket broke
		Since  uint64     `json:"since,omitempty"`  // newest ledger sequence that the client has seen
		Boot   string     `json:"boot,omitempty"`   // boot id of that sequence
		Take   bool       `json:"take,omitempty"`   // "Dùng máy này": replace the other device or tab
		Page   string     `json:"page,omitempty"`   // random text kept in the page's memory only: tells a reconnect from a copied tab
		Want   *MediaWant `json:"want,omitempty"`   // what the page shows, as media.want
		Place  string     `json:"place,omitempty"`  // "hall": the device sits in its person's hall (Chế độ tại hội trường)
	}
	// Resume names a seat and proves that it is ours.
	Resume struct {
		SID    string `json:"sid"`
		Secret string `json:"secret"`
	}
	// SessionPing asks for the server's clock.
	SessionPing struct{}
)

// Session messages from the server.
type (
	// SessionWelcome follows a hello that was let in. The secret is kept by the page and sent in hello.resume only.
	SessionWelcome struct {
		Re       string           `json:"re"`
		SID      string           `json:"sid"`
		Secret   string           `json:"secret"`
		Boot     string           `json:"boot"` // changes when the room starts anew
		Seq      uint64           `json:"seq"`  // newest committed ledger sequence
		Now      int64            `json:"now"`  // server's wall clock, Unix milliseconds
		Person   council.PersonID `json:"person"`
		Roles    []council.Role   `json:"roles"`
		Audience council.Audience `json:"audience"`
		GraceMS  int64            `json:"grace_ms"` // how long the seat waits for a broken socket
		RetryMS  int64            `json:"retry_ms"` // as session.window
		Resumed  bool             `json:"resumed"`
		Place    string           `json:"place"` // "online", or the person id of the hall whose loudspeakers this device leaves the sound to
	}
	// SessionElsewhere says that the person is connected on another device or tab; hello with take:true moves here.
	SessionElsewhere struct {
		Re string `json:"re"`
	}
	// SessionReplaced says that this socket lost its person to another one and closes with 4409.
	SessionReplaced struct{}
	// SessionRetry says that the server stops: come back after InMS. The socket closes with 1012.
	SessionRetry struct {
		InMS int64 `json:"in_ms"`
	}
	// SessionWindow tells in advance when to come back should the socket break unannounced: at a random moment within RetryMS.
	SessionWindow struct {
		RetryMS int64 `json:"retry_ms"` // milliseconds; grows with the number of people, so that a restarted server is not overrun
	}
	// SessionPong answers a ping.
	SessionPong struct {
		Re  string `json:"re"`
		Now int64  `json:"now"` // server's wall clock, Unix milliseconds
	}
	// SessionWaiting says that the person waits for the clerk's admission (ahead 0, reason "admission") or for a free place
	// (reason "full"). No media until then.
	SessionWaiting struct {
		Ahead  int    `json:"ahead"`                        // how many wait before this one
		Reason string `json:"reason" enum:"admission,full"` // why
		Re     string `json:"re,omitempty"`                 // the hello, when it is not welcomed yet
	}
)

// Media messages from the client.
type (
	// MediaOffer is a client's SDP offer for one of its two PeerConnections.
	MediaOffer struct {
		PC      sfu.PC      `json:"pc"`
		Gen     int         `json:"gen"` // rises with each offer of this PC in this page, from 1
		Profile sfu.Profile `json:"profile,omitempty"`
		Restart bool        `json:"restart,omitempty"` // ICE restart of the standing PeerConnection
		SDP     string      `json:"sdp"`               // at most 56 KiB
	}
	// MediaICEAsk asks for relay servers, before every new PeerConnection and ICE restart (type "media.ice").
	MediaICEAsk struct{}
	// MediaWant says what the page shows; the newest counts; no answer.
	MediaWant struct {
		Step     string `json:"step" enum:"full,speaker,audio"`
		Pin      uint32 `json:"pin,omitempty"`       // source to show on stage here only; 0 = none
		Page     int    `json:"page,omitempty"`      // grid page, from 0
		Tiles    int    `json:"tiles,omitempty"`     // grid tiles shown, 0 to 28
		TilePx   int    `json:"tile_px,omitempty"`   // height of a tile in device pixels
		ScreenPx int    `json:"screen_px,omitempty"` // height of the stage in device pixels
		Visible  bool   `json:"visible"`             // false: video stops after 5 s
		Saver    bool   `json:"saver,omitempty"`     // battery or data saver: at most the middle layer
	}
	// MediaStats is what the page measured since its last report, every 5 s; no answer. Ratios are 0 to 1.
	MediaStats struct {
		RTTMs     float64 `json:"rtt_ms,omitempty"`
		Loss      float64 `json:"loss,omitempty"`      // packets lost of those expected, receiving
		JitterMs  float64 `json:"jitter_ms,omitempty"` // of the worst audio line
		Concealed float64 `json:"concealed,omitempty"` // audio samples concealed of all
		FPS       float64 `json:"fps,omitempty"`       // frames decoded a second on stage
		Freezes   int     `json:"freezes,omitempty"`
		FreezeMs  int     `json:"freeze_ms,omitempty"`
		InBps     float64 `json:"in_bps,omitempty"`  // bit/s received
		OutBps    float64 `json:"out_bps,omitempty"` // bit/s sent
		Height    int     `json:"height,omitempty"`  // of the stage's picture, pixels
		Codec     string  `json:"codec,omitempty"`   // name of the decoder or encoder implementation
		Path      string  `json:"path,omitempty"`    // "udp", "tcp" or "relay"
	}
	// MediaLinesAsk asks how everybody's lines are (type "media.lines"); for chair, clerk and technicians.
	MediaLinesAsk struct{}
	// MediaReady is a hall's "Sẵn sàng"; no answer.
	MediaReady struct {
		Ready bool `json:"ready"`
	}
)

// Media messages from the server.
type (
	// MediaAnswer is the SDP answer; the client drops one whose gen is not its last.
	MediaAnswer struct {
		Re  string `json:"re"`
		PC  sfu.PC `json:"pc"`
		Gen int    `json:"gen"`
		SDP string `json:"sdp"`
	}
	// MediaWaiting says that an offer waits for its turn, because many connect at once; the answer follows by itself.
	MediaWaiting struct {
		Re    string `json:"re"`
		PC    sfu.PC `json:"pc"`
		Ahead int    `json:"ahead"` // how many go before this one
	}
	// MediaRefused refuses an offer; nothing else of the session changes.
	MediaRefused struct {
		Re      string `json:"re"`
		PC      sfu.PC `json:"pc"`
		Gen     int    `json:"gen"`
		Code    string `json:"code" enum:"not_allowed,bad_offer,busy,stale"`
		RetryMS int64  `json:"retry_ms"` // 0 = an equal offer would be refused again
	}
	// MediaICE lists relay servers (type "media.ice"); empty on a server that relays nothing.
	MediaICE struct {
		Re      string      `json:"re"`
		Servers []ICEServer `json:"servers"`
		Expires int64       `json:"expires_s"` // seconds until the credentials end; 0 = never
	}
	// ICEServer is one relay, in the shape of the browser's RTCIceServer.
	ICEServer struct {
		URLs       []string `json:"urls"`
		Username   string   `json:"username"`
		Credential string   `json:"credential"`
	}
	// MediaSources adds and removes sources; after a hello the first one is whole.
	MediaSources struct {
		Add []sfu.SourceInfo `json:"add"`
		Del []uint32         `json:"del"`
	}
	// MediaSlots is the whole assignment of the receive slots.
	MediaSlots struct {
		Epoch uint64          `json:"epoch"`
		A     []uint32        `json:"a"` // source or 0 of each audio slot
		V     []sfu.VideoSlot `json:"v"`
	}
	// MediaLayers tells a publisher which layers of an own source somebody wants.
	MediaLayers struct {
		Src uint32   `json:"src"`
		On  []string `json:"on"` // of "q", "h", "f"
	}
	// MediaGate tells a publisher that the gate of an own source opened or closed.
	MediaGate struct {
		Src  uint32 `json:"src"`
		Open bool   `json:"open"`
		Why  string `json:"why"` // "chair", "floor" or "policy"
	}
	// MediaLines tells how everybody's lines are (type "media.lines"), as of at most a second ago.
	MediaLines struct {
		Re    string     `json:"re"`
		At    int64      `json:"at"`    // Unix milliseconds
		Total int        `json:"total"` // people in the sitting; Lines holds the first 300: listed persons, then the most troubled citizens
		Lines []Line     `json:"lines"`
		Halls []HallLine `json:"halls"` // those that were here since the server started
	}
	// Line is one person's lines. Down is from the server to the person. Ratios are 0 to 1.
	Line struct {
		Key         string           `json:"key"`              // names the line while its session lasts, nothing else
		Person      council.PersonID `json:"person,omitempty"` // of citizens to chair and clerk only
		Label       string           `json:"label,omitempty"`
		Roles       []council.Role   `json:"roles"`
		Online      bool             `json:"online"`              // the WebSocket stands
		Connected   bool             `json:"connected,omitempty"` // media to the person
		Path        string           `json:"path,omitempty"`      // "udp", "tcp" or "relay"
		Direct      bool             `json:"direct,omitempty"`    // forwarded on the server's direct path
		RTTMs       float64          `json:"rtt_ms,omitempty"`
		Lost        float64          `json:"lost,omitempty"`         // on the way to the person, as receiver reports say
		EstimateBps uint64           `json:"estimate_bps,omitempty"` // bit/s that the way to the person is thought to carry
		Layer       string           `json:"layer,omitempty"`        // of the stage's picture: "q", "h" or "f"
		Why         sfu.Why          `json:"why,omitempty"`          // what the stage's picture does
		UpPath      string           `json:"up_path,omitempty"`      // as path, of what the person sends
		UpRTTMs     float64          `json:"up_rtt_ms,omitempty"`
		Up          []UpLine         `json:"up"`               // what the person sends
		Client      *MediaStats      `json:"client,omitempty"` // what the page measured within the last 15 s
	}
	// UpLine is one source on its way to the server, looked at before the chair's gate.
	UpLine struct {
		Kind     sfu.Kind `json:"kind"`
		Codec    string   `json:"codec,omitempty"`
		Outside  bool     `json:"outside,omitempty"` // sent by an encoder or a camera instead of the page
		Open     bool     `json:"open,omitempty"`    // others get it
		Lost     float64  `json:"lost,omitempty"`    // on the way to the server, counted there, before repairs
		JitterMs float64  `json:"jitter_ms,omitempty"`
		QuietMs  int64    `json:"quiet_ms"`         // since the newest packet; -1 = none came
		Level    int      `json:"level"`            // loudest moment of the last second, -dBov: 0 loudest, 127 silence
		HeardMs  int64    `json:"heard_ms"`         // since a microphone gave more than a quiet room; -1 = never
		Layers   []string `json:"layers,omitempty"` // of a picture that arrive, low to high
		W        int      `json:"w,omitempty"`
		H        int      `json:"h,omitempty"`
		FPS      float64  `json:"fps,omitempty"`
	}
	// HallLine is what a hall did last.
	HallLine struct {
		Person council.PersonID `json:"person"`
		Online bool             `json:"online"`
		Ready  bool             `json:"ready"` // "Sẵn sàng" was pressed and holds
		Since  int64            `json:"since"` // when one of these changed, Unix milliseconds
	}
	// MediaFailed says that a PeerConnection ended for good: the client offers anew.
	MediaFailed struct {
		PC sfu.PC `json:"pc"`
	}
)

// messageType gives the "type" of a server's message.
func (OK) messageType() string               { return "ok" }
func (Error) messageType() string            { return "error" }
func (View) messageType() string             { return "view" }
func (SessionWelcome) messageType() string   { return "session.welcome" }
func (SessionElsewhere) messageType() string { return "session.elsewhere" }
func (SessionReplaced) messageType() string  { return "session.replaced" }
func (SessionRetry) messageType() string     { return "session.retry" }
func (SessionWindow) messageType() string    { return "session.window" }
func (SessionPong) messageType() string      { return "session.pong" }
func (SessionWaiting) messageType() string   { return "session.waiting" }
func (MediaAnswer) messageType() string      { return "media.answer" }
func (MediaWaiting) messageType() string     { return "media.waiting" }
func (MediaRefused) messageType() string     { return "media.refused" }
func (MediaICE) messageType() string         { return "media.ice" }
func (MediaSources) messageType() string     { return "media.sources" }
func (MediaSlots) messageType() string       { return "media.slots" }
func (MediaLayers) messageType() string      { return "media.layers" }
func (MediaGate) messageType() string        { return "media.gate" }
func (MediaFailed) messageType() string      { return "media.failed" }
func (MediaLines) messageType() string       { return "media.lines" }

func (SessionHello) messageName() string  { return "session.hello" }
func (SessionPing) messageName() string   { return "session.ping" }
func (MediaOffer) messageName() string    { return "media.offer" }
func (MediaICEAsk) messageName() string   { return "media.ice" }
func (MediaWant) messageName() string     { return "media.want" }
func (MediaStats) messageName() string    { return "media.stats" }
func (MediaReady) messageName() string    { return "media.ready" }
func (MediaLinesAsk) messageName() string { return "media.lines" }

// serverMessages lists every message that the server sends.
var serverMessages = []serverMessage{
	OK{}, Error{}, View{}, SessionWelcome{}, SessionElsewhere{}, SessionReplaced{}, SessionRetry{}, SessionWindow{}, SessionPong{}, SessionWaiting{},
	MediaAnswer{}, MediaWaiting{}, MediaRefused{}, MediaICE{}, MediaSources{}, MediaSlots{}, MediaLayers{}, MediaGate{}, MediaFailed{}, MediaLines{},
}

// clientMessages lists every message that a client sends besides the commands; unnumbered ones need no id and get no answer.
var clientMessages = []clientMessage{
	SessionHello{}, SessionPing{}, MediaOffer{}, MediaICEAsk{}, MediaWant{}, MediaStats{}, MediaReady{}, MediaLinesAsk{},
}

// unnumbered says that a message may come without an id: nothing answers it.
func unnumbered(name string) bool {
	return name == "media.want" || name == "media.stats" || name == "media.ready"
}

// Close codes of the WebSocket, besides those of RFC 6455.
const (
	CloseMalformed  = 4400 // the reason is the code: "unknown_type", "bad_json", "duplicate_key", …
	CloseNoSession  = 4401 // cookie gone, or its right to the sitting was revoked
	CloseRefused    = 4403 // the clerk removed the person
	CloseNoSitting  = 4404 // no such door
	CloseTooSlow    = 4408 // the client did not read; come back at once
	CloseReplaced   = 4409 // another device took over
	CloseTooFast    = 4429 // too many messages, after warnings
	CloseRestarting = 1012 // RFC 6455 registry: service restart
)

// closeCodes names every close code for docs/PROTOCOL.md and its test.
var closeCodes = []int{
	CloseMalformed, CloseNoSession, CloseRefused, CloseNoSitting, CloseTooSlow, CloseReplaced, CloseTooFast, CloseRestarting,
}
