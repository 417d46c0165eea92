package signaling

import (
	"encoding/json"
	"fmt"
	"sync"

	"nghitruong/council"
)

// Bounds of what one socket may hold unsent: answers and messages as a queue, views and slot maps as the newest only.
const (
	queueLength = 256
	queueBytes  = 1 << 20
)

// frame is one message to write; a view shares its document with every other socket of its audience.
type frame struct {
	head []byte // the whole message, or its part before doc
	doc  []byte // nil for a whole message; then "}" follows
}

func (f frame) size() int { return len(f.head) + len(f.doc) + 1 }

// encode writes a server message flat: {"type":…, fields…}.
func encode(m serverMessage) ([]byte, error) {
	fields, err := json.Marshal(m)
	if err != nil {
		return nil, fmt.Errorf("signaling: encode %s: %w", m.messageType(), err)
	}
	out := append([]byte(`{"type":"`), m.messageType()...)
	out = append(out, '"')
	if len(fields) > 2 {
		out = append(out, ',')
	}
	return append(out, fields[1:]...), nil
}

// viewFrame puts a document that was encoded once for its audience into a view message.
func viewFrame(topic council.Topic, seq uint64, doc []byte) frame {
	return frame{head: fmt.Appendf(nil, `{"type":"view","topic":%q,"seq":%d,"data":`, topic, seq), doc: doc}
}

// outbox is what one socket still has to write. Producers never wait; the writer takes. Overflow closes it.
type outbox struct {
	wake chan struct{} // capacity 1: something to take, or closed

	mu     sync.Mutex
	queue  []frame
	bytes  int
	slots  map[string]frame // newest unsent by topic
	order  []string         // topics in slots, oldest first
	code   int              // close code, when closing
	reason string
}

func newOutbox() *outbox {
	return &outbox{wake: make(chan struct{}, 1), slots: map[string]frame{}}
}

func (o *outbox) signal() {
	select {
	case o.wake <- struct{}{}:
	default:
	}
}

// push queues a message that must arrive; false = the queue overflowed and the socket closes as too slow.
func (o *outbox) push(f frame) bool {
	o.mu.Lock()
	if o.code != 0 {
		o.mu.Unlock()
		return false
	}
	full := len(o.queue) >= queueLength || o.bytes+f.size() > queueBytes
	if full {
		o.code, o.reason = CloseTooSlow, "too_slow"
		o.queue, o.slots, o.order, o.bytes = nil, map[string]frame{}, nil, 0
	} else {
		o.queue = append(o.queue, f)
		o.bytes += f.size()
	}
	o.mu.Unlock()
	o.signal()
	return !full
}

// put keeps only the newest frame of a topic; it never overflows.
func (o *outbox) put(topic string, f frame) {
	o.mu.Lock()
	if o.code == 0 {
		if _, waits := o.slots[topic]; !waits {
			o.order = append(o.order, topic)
		}
		o.slots[topic] = f
	}
	o.mu.Unlock()
	o.signal()
}

// close lets what is queued go out, then the close frame. The first close counts.
func (o *outbox) close(code int, reason string) {
	o.mu.Lock()
	if o.code == 0 {
		o.code, o.reason = code, reason
	}
	o.mu.Unlock()
	o.signal()
}

// take gives the next frame. Queued messages go first, then views in the order in which their topics began to wait.
// done = nothing is left and the socket closes with the code.
func (o *outbox) take() (f frame, ok, done bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case len(o.queue) > 0:
		f, o.queue = o.queue[0], o.queue[1:]
		o.bytes -= f.size()
		if len(o.queue) == 0 {
			o.queue = nil // give the grown array back
		}
		return f, true, false
	case len(o.order) > 0:
		topic := o.order[0]
		o.order = o.order[1:]
		f = o.slots[topic]
		delete(o.slots, topic)
		return f, true, false
	}
	return frame{}, false, o.code != 0
}

// closing gives the close code and reason; 0 = open.
func (o *outbox) closing() (int, string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.code, o.reason
}
