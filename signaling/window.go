package signaling

import (
	"crypto/rand"
	"log/slog"
	"math/big"
	"time"
)

// returnsPerSecond is how many clients come back in a second: a welcome costs a few milliseconds, and their media, which costs more,
// has a pace of its own.
const returnsPerSecond = 200

// retryWindow is the time over which n clients come back: at least 300 ms.
func retryWindow(n int) time.Duration {
	return max(300*time.Millisecond, time.Duration(n)*time.Second/returnsPerSecond)
}

// retryIn draws a client's moment in the window.
func retryIn(window time.Duration) time.Duration {
	n, err := rand.Int(rand.Reader, big.NewInt(int64(window)))
	if err != nil {
		return window
	}
	return 100*time.Millisecond + time.Duration(n.Int64())
}

func (h *Handler) retryAndClose(s *socket) {
	h.mu.Lock()
	window := retryWindow(len(h.sockets))
	h.mu.Unlock()
	s.send(SessionRetry{InMS: retryIn(window).Milliseconds()})
	s.out.close(CloseRestarting, "restart")
}

// windowTold is the window that clients were told last.
func (h *Handler) windowTold() time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.window
}

// tellWindow tells everybody the window before it is needed: a crash leaves no time for it. Only when the crowd grew by a quarter or
// shrank by a fifth, so that n joins cost about 5n messages in all.
func (h *Handler) tellWindow() {
	h.mu.Lock()
	now := retryWindow(len(h.sockets))
	if now <= h.window+h.window/4 && now >= h.window-h.window/5 {
		h.mu.Unlock()
		return
	}
	h.window = now
	all := make([]*socket, 0, len(h.sockets))
	for s := range h.sockets {
		if s.seat.Load() != nil { // the welcome tells the others
			all = append(all, s)
		}
	}
	h.mu.Unlock()
	b, err := encode(SessionWindow{RetryMS: now.Milliseconds()})
	if err != nil {
		h.log.Error("cannot encode the window", slog.Any("err", err))
		return
	}
	for _, s := range all {
		s.out.put("session.window", frame{head: b})
	}
}
