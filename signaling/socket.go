package signaling

import (
	"context"
	"errors"
	"log/slog"
	"runtime/pprof"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"

	"nghitruong/auth"
)

// workLength bounds the acts of one socket that wait for the room.
const workLength = 64

// work is one thing for a socket's worker.
type work struct {
	msg     message
	recheck bool // look again at the person's right to be here
	admit   bool // a place became free for a waiting hello
	remove  bool // the clerk showed the person out
	wait    bool // the person waits for admission: no media
}

// socket is one WebSocket: a reader, a writer, a worker for acts, and one for offers once the first comes. The reader owns
// limits; the worker owns hello, device and seat changes; seat is read by all.
type socket struct {
	h      *Handler
	conn   *websocket.Conn
	device auth.Device
	out    *outbox
	log    *slog.Logger

	ctx     context.Context // ends with the reader
	cancel  context.CancelFunc
	work    chan work
	offers  offerBox
	looking atomic.Bool // at media.lines, one at a time
	wg      sync.WaitGroup

	greeted func()  // the hello was answered, or never will be; again is harmless
	limits  *limits // reader only
	hailed  bool    // reader only: a hello was read

	seat    atomic.Pointer[seat]
	page    atomic.Pointer[string] // hello's page
	waiting waitingHello           // worker only

	heardMu sync.Mutex
	heard   []chan struct{} // closed at the next sign of life
}

func newSocket(h *Handler, conn *websocket.Conn, d auth.Device) *socket {
	s := &socket{
		h: h, conn: conn, device: d, out: newOutbox(), limits: newLimits(), work: make(chan work, workLength),
		log: h.log.With(slog.String("device", d.ID)),
	}
	s.greeted = h.pace.greet()
	s.offers.wake = make(chan struct{}, 1)
	s.ctx, s.cancel = context.WithCancel(h.ctx)
	return s
}

// serve runs the socket to its end and waits for its goroutines.
func (s *socket) serve() {
	s.h.metrics.sockets.Inc()
	defer s.h.metrics.sockets.Dec()
	s.start("writer", s.write)
	s.start("worker", s.labour)
	s.h.guard(s, "reader", s.read)
	s.greeted()
	s.cancel()
	s.out.close(websocket.CloseNormalClosure, "")
	s.wg.Wait()
	s.leaveLobby()
	if seat := s.seat.Load(); seat != nil {
		seat.release(s, false) // a seat taken while the reader ended
	}
	s.hangUp()
}

// hangUp cuts the connection; that it was cut already is no error.
func (s *socket) hangUp() { _ = s.conn.Close() }

func (s *socket) start(what string, f func()) {
	s.wg.Add(1)
	go func() {
		defer s.wg.Done()
		pprof.Do(s.ctx, pprof.Labels("session", what), func(context.Context) { s.h.guard(s, what, f) })
	}()
}

// read takes frames until the socket ends, then gives the seat back to its grace time.
func (s *socket) read() {
	hello := time.AfterFunc(s.h.times.hello, func() { s.endMalformed(badSilence) })
	defer hello.Stop()
	s.conn.SetReadLimit(readLimit)
	alive := func() {
		_ = s.conn.SetReadDeadline(time.Now().Add(s.h.times.read))
		s.signOfLife()
	}
	alive()
	s.conn.SetPongHandler(func(string) error { alive(); return nil })
	for {
		kind, raw, err := s.conn.ReadMessage()
		if err != nil {
			s.ended(err)
			return
		}
		alive()
		if kind != websocket.TextMessage {
			s.endMalformed(badFrame)
			continue
		}
		if code, _ := s.out.closing(); code != 0 {
			continue // closing: nothing is taken any more
		}
		msg, err := decode(raw)
		if err != nil {
			s.refuseMalformed(msg, err)
			continue
		}
		if !s.hailed {
			if msg.Type != "session.hello" {
				s.endMalformed(badOrder)
				continue
			}
			s.hailed = true
			hello.Stop()
		}
		s.take(msg)
	}
}

// ended gives the seat back: at once when the client closed on purpose, else after the grace time.
func (s *socket) ended(err error) {
	left := websocket.IsCloseError(err, websocket.CloseNormalClosure)
	if errors.Is(err, websocket.ErrReadLimit) {
		s.h.metrics.malformed.WithLabelValues(string(badLength)).Inc()
	}
	if seat := s.seat.Load(); seat != nil {
		seat.release(s, left)
	}
}

// take handles a message in the reader, or hands it to the goroutine that may wait.
func (s *socket) take(msg message) {
	if ok, ended := s.limits.allow(msg, time.Now()); !ok {
		s.h.metrics.tooFast.Inc()
		if ended {
			s.out.close(CloseTooFast, "too_fast")
			return
		}
		s.tooFast(msg)
		return
	}
	switch own := msg.own.(type) {
	case nil, SessionHello, MediaReady:
		s.enqueue(work{msg: msg})
	case SessionPing:
		s.send(SessionPong{Re: msg.ID, Now: time.Now().UnixMilli()})
	default:
		s.takeMedia(msg, own)
	}
}

// enqueue hands work to the worker; beyond 64 waiting acts the client is told to repeat.
func (s *socket) enqueue(w work) {
	select {
	case s.work <- w:
	default:
		if w.msg.ID != "" {
			s.send(busy(w.msg.ID, time.Second))
		}
	}
}

// labour does what may wait for the room or the store, one after the other: the order of a client's acts is kept.
func (s *socket) labour() {
	check := time.NewTicker(s.h.times.check)
	defer check.Stop()
	for {
		select {
		case <-s.ctx.Done():
			return
		case w := <-s.work:
			s.do(w)
		case <-check.C:
			s.recheck()
		}
	}
}

func (s *socket) do(w work) {
	switch {
	case w.recheck:
		s.recheck()
	case w.admit:
		s.admitted()
	case w.remove:
		s.removed()
	case w.wait:
		s.endMedia()
	case w.msg.act != nil:
		s.act(w.msg)
	default:
		s.doOwn(w.msg)
	}
}

func (s *socket) doOwn(msg message) {
	switch m := msg.own.(type) {
	case SessionHello:
		s.hello(msg.ID, m)
		s.greeted()
	case MediaReady:
		s.ready(m.Ready)
	}
}

// send queues a message; the error of an unencodable one is ours and ends the socket.
func (s *socket) send(m serverMessage) {
	b, err := encode(m)
	if err != nil {
		s.log.Error("cannot encode a message", slog.Any("err", err))
		s.out.close(websocket.CloseInternalServerErr, "internal")
		return
	}
	s.push(frame{head: b})
}

func (s *socket) push(f frame) {
	if !s.out.push(f) {
		if code, _ := s.out.closing(); code == CloseTooSlow {
			s.h.metrics.slow.Inc()
		}
	}
}

// endMalformed closes this socket for a reason of ours; nobody else notices.
func (s *socket) endMalformed(why malformed) {
	s.h.metrics.malformed.WithLabelValues(string(why)).Inc()
	s.out.close(CloseMalformed, string(why))
}

// refuseMalformed answers an act that cannot be read, so that the client stops repeating it, and closes.
func (s *socket) refuseMalformed(m message, err error) {
	why := badJSON
	errors.As(err, &why)
	if validID(m.ID) {
		s.send(Error{Re: m.ID, Kind: "invalid", Code: "malformed", Data: map[string]any{"why": string(why)}})
	}
	s.endMalformed(why)
}

// write sends what the outbox holds and pings; a reader that takes longer than times.write for a frame is dropped.
func (s *socket) write() {
	defer s.hangUp()
	ping := time.NewTicker(s.h.times.ping)
	defer ping.Stop()
	for {
		f, ok, done := s.out.take()
		switch {
		case ok:
			if err := s.writeFrame(f); err != nil {
				s.dropped(err)
				return
			}
			continue
		case done:
			s.writeClose()
			return
		}
		select {
		case <-s.out.wake:
		case <-ping.C:
			if err := s.conn.WriteControl(websocket.PingMessage, nil, time.Now().Add(s.h.times.write)); err != nil {
				s.dropped(err)
				return
			}
		}
	}
}

func (s *socket) writeFrame(f frame) error {
	if err := s.conn.SetWriteDeadline(time.Now().Add(s.h.times.write)); err != nil {
		return err
	}
	w, err := s.conn.NextWriter(websocket.TextMessage)
	if err != nil {
		return err
	}
	if _, err := w.Write(f.head); err != nil {
		return err
	}
	if f.doc != nil {
		if _, err := w.Write(f.doc); err != nil {
			return err
		}
		if _, err := w.Write([]byte{'}'}); err != nil {
			return err
		}
	}
	return w.Close()
}

// dropped ends the socket of a client that does not read; the client comes back by itself.
func (s *socket) dropped(err error) {
	if s.ctx.Err() != nil {
		return
	}
	var timeout interface{ Timeout() bool }
	if errors.As(err, &timeout) && timeout.Timeout() {
		s.h.metrics.slow.Inc()
	}
	s.out.close(CloseTooSlow, "too_slow")
}

// writeClose sends the close frame and gives the client a moment to answer it; the reader ends with the connection.
func (s *socket) writeClose() {
	code, reason := s.out.closing()
	deadline := time.Now().Add(s.h.times.write)
	if err := s.conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, reason), deadline); err != nil {
		return
	}
	linger := time.NewTimer(s.h.times.probe)
	defer linger.Stop()
	select {
	case <-s.ctx.Done():
	case <-linger.C:
	}
}

// signOfLife wakes those who wait to know whether this socket still lives.
func (s *socket) signOfLife() {
	s.heardMu.Lock()
	waiting := s.heard
	s.heard = nil
	s.heardMu.Unlock()
	for _, c := range waiting {
		close(c)
	}
}

// lives asks the client's browser for a pong and waits at most times.probe.
func (s *socket) lives(ctx context.Context) bool {
	heard := make(chan struct{})
	s.heardMu.Lock()
	s.heard = append(s.heard, heard)
	s.heardMu.Unlock()
	if s.conn.WriteControl(websocket.PingMessage, nil, time.Now().Add(s.h.times.probe)) != nil {
		return false
	}
	timer := time.NewTimer(s.h.times.probe)
	defer timer.Stop()
	select {
	case <-heard:
		return true
	case <-timer.C:
		return false
	case <-s.ctx.Done():
		return false
	case <-ctx.Done():
		return false
	}
}
