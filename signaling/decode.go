package signaling

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"nghitruong/council"
)

// Limits of one message. A message is at most readLimit bytes on the wire (the socket refuses more).
const (
	readLimit  = 64 << 10 // bytes
	maxDepth   = 6        // nested objects and lists
	maxValues  = 2048     // keys and values of one message
	maxText    = 8 << 10  // bytes of one string other than an SDP: 1,000 runes of any script fit
	maxSDP     = 56 << 10 // bytes of an SDP
	maxKey     = 32       // bytes of a key
	idLength   = 36       // a UUID in its usual form
	sdpField   = "sdp"
	typeField  = "type"
	idField    = "id"
	maxCommand = 32 // bytes of a type
)

// malformed is a message that ends its session with 4400; it is also the close reason.
type malformed string

func (m malformed) Error() string { return "signaling: malformed message: " + string(m) }

// Reasons of a 4400 close.
const (
	badJSON      malformed = "bad_json"      // not one JSON object in valid UTF-8
	badDepth     malformed = "too_deep"      // nested more than six deep, or too many values
	badLength    malformed = "too_long"      // a text or key beyond its limit, or the message beyond 64 KiB
	badDuplicate malformed = "duplicate_key" // the same key twice
	badKey       malformed = "bad_key"       // a key that is not lower-case letters, digits and _
	badID        malformed = "bad_id"        // id missing or no UUID
	badType      malformed = "unknown_type"  // type missing, unknown, or not for clients
	badField     malformed = "bad_field"     // a field that the type does not have, or of another JSON type
	badOrder     malformed = "hello_first"   // another message before the hello, or a second welcome asked for
	badFrame     malformed = "not_text"      // a binary frame
	badSilence   malformed = "no_hello"      // no hello within ten seconds
)

// malformedReasons lists them for docs/PROTOCOL.md and its test.
var malformedReasons = []malformed{
	badJSON, badDepth, badLength, badDuplicate, badKey, badID, badType, badField, badOrder, badFrame, badSilence,
}

// message is one decoded message: exactly one of act and own is set. sum identifies its canonical bytes.
type message struct {
	Type string
	ID   string
	act  council.CommandBody
	own  clientMessage
	body []byte // canonical JSON of the fields without type and id
}

// own decoders by type; acts are council.DecodeCommand's.
var ownDecoders = map[string]func(body []byte) (clientMessage, error){
	"session.hello": decodeOwn[SessionHello],
	"session.ping":  decodeOwn[SessionPing],
	"media.offer":   decodeOwn[MediaOffer],
	"media.ice":     decodeOwn[MediaICEAsk],
	"media.want":    decodeOwn[MediaWant],
	"media.stats":   decodeOwn[MediaStats],
	"media.ready":   decodeOwn[MediaReady],
	"media.lines":   decodeOwn[MediaLinesAsk],
}

// actNames are the commands that a client may send.
var actNames = func() map[string]bool {
	out := map[string]bool{}
	for _, c := range commands {
		out[c.CommandName()] = true
	}
	return out
}()

func decodeOwn[M clientMessage](body []byte) (clientMessage, error) {
	var m M
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&m); err != nil {
		return nil, badField
	}
	return m, nil
}

// decode reads one frame. Every error is a malformed, and comes with the message's id if that was read before. The bytes are read once into a canonical form of our own (no duplicate
// keys, texts in NFC, limits kept), and only that form reaches the typed decoders: two parsers can never see two messages.
func decode(raw []byte) (message, error) {
	if len(raw) > readLimit {
		return message{}, badLength
	}
	if !utf8.Valid(raw) {
		return message{}, badJSON
	}
	c := canon{dec: json.NewDecoder(bytes.NewReader(raw))}
	c.dec.UseNumber()
	if err := c.message(); err != nil {
		return message{ID: c.id}, err
	}
	return c.typed()
}

func (c *canon) typed() (message, error) {
	m := message{Type: c.typ, ID: c.id, body: c.out.Bytes()}
	own := ownDecoders[m.Type]
	if own == nil && !actNames[m.Type] {
		return message{ID: c.id}, badType
	}
	if !validID(m.ID) && (m.ID != "" || !unnumbered(m.Type)) {
		return message{}, badID
	}
	var err error
	if own != nil {
		m.own, err = own(m.body)
	} else {
		m.act, err = council.DecodeCommand(m.Type, m.body)
	}
	if err != nil {
		return message{ID: c.id}, badField
	}
	return m, nil
}

// validID holds that s is a UUID in its usual form, lower case (RFC 9562, section 4).
func validID(s string) bool {
	if len(s) != idLength {
		return false
	}
	for i := range len(s) {
		c := s[i]
		dash := i == 8 || i == 13 || i == 18 || i == 23
		hex := c >= '0' && c <= '9' || c >= 'a' && c <= 'f'
		if dash != (c == '-') || !dash && !hex {
			return false
		}
	}
	return true
}

// canon rewrites one JSON object token by token; the top level's type and id are taken out.
type canon struct {
	dec    *json.Decoder
	out    bytes.Buffer
	values int
	typ    string
	id     string
}

func (c *canon) message() error {
	tok, err := c.token()
	if err != nil {
		return err
	}
	if tok != json.Delim('{') {
		return badJSON
	}
	if err := c.object(1); err != nil {
		return err
	}
	if _, err := c.dec.Token(); !errors.Is(err, io.EOF) {
		return badJSON
	}
	return nil
}

func (c *canon) token() (json.Token, error) {
	tok, err := c.dec.Token()
	if err != nil {
		return nil, badJSON
	}
	if c.values++; c.values > maxValues {
		return nil, badDepth
	}
	return tok, nil
}

func (c *canon) object(depth int) error {
	if depth > maxDepth {
		return badDepth
	}
	seen := map[string]bool{}
	c.out.WriteByte('{')
	for c.dec.More() {
		key, err := c.key(seen)
		if err != nil {
			return err
		}
		if depth == 1 && (key == typeField || key == idField) {
			if err := c.head(key); err != nil {
				return err
			}
			continue
		}
		if b := c.out.Bytes(); b[len(b)-1] != '{' {
			c.out.WriteByte(',')
		}
		c.out.WriteByte('"')
		c.out.WriteString(key)
		c.out.WriteString(`":`)
		if err := c.value(depth, depth == 1 && key == sdpField); err != nil {
			return err
		}
	}
	c.out.WriteByte('}')
	_, err := c.token() // the closing brace
	return err
}

// key reads a key. All keys of the protocol are lower-case ASCII, so a decoder that ignores case cannot be given two.
func (c *canon) key(seen map[string]bool) (string, error) {
	tok, err := c.token()
	if err != nil {
		return "", err
	}
	key, ok := tok.(string)
	if !ok {
		return "", badJSON
	}
	if len(key) > maxKey {
		return "", badLength
	}
	if key == "" {
		return "", badKey
	}
	for _, r := range []byte(key) {
		if (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '_' {
			return "", badKey
		}
	}
	if seen[key] {
		return "", badDuplicate
	}
	seen[key] = true
	return key, nil
}

// head takes the message's type or id.
func (c *canon) head(key string) error {
	tok, err := c.token()
	if err != nil {
		return err
	}
	s, ok := tok.(string)
	switch {
	case !ok && key == typeField:
		return badType
	case !ok:
		return badID
	case key == typeField && len(s) > maxCommand:
		return badType
	case key == typeField:
		c.typ = s
	default:
		c.id = s
	}
	return nil
}

func (c *canon) value(depth int, sdp bool) error {
	tok, err := c.token()
	if err != nil {
		return err
	}
	switch v := tok.(type) {
	case json.Delim:
		if v == '{' {
			return c.object(depth + 1)
		}
		return c.list(depth + 1)
	case string:
		return c.text(v, sdp)
	case json.Number:
		c.out.WriteString(v.String())
	case bool:
		fmt.Fprintf(&c.out, "%t", v)
	default:
		return badField // null: a field is given or left out
	}
	return nil
}

func (c *canon) list(depth int) error {
	if depth > maxDepth {
		return badDepth
	}
	c.out.WriteByte('[')
	for first := true; c.dec.More(); first = false {
		if !first {
			c.out.WriteByte(',')
		}
		if err := c.value(depth, false); err != nil {
			return err
		}
	}
	c.out.WriteByte(']')
	_, err := c.token() // the closing bracket
	return err
}

func (c *canon) text(s string, sdp bool) error {
	limit := maxText
	if sdp {
		limit = maxSDP
	}
	if len(s) > limit {
		return badLength
	}
	if !sdp {
		s = norm.NFC.String(s)
	}
	b, err := json.Marshal(s)
	if err != nil {
		return badJSON
	}
	c.out.Write(b)
	return nil
}
