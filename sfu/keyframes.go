package sfu

import "github.com/pion/rtcp"

// requestKeyframe merges a viewer's wish with all others of the layer.
func (l *Layer) requestKeyframe(now int64) {
	l.kfMu.Lock()
	send := l.kf.Request(now)
	l.kfMu.Unlock()
	if send {
		l.sendPLI()
	}
}

// tickKeyframe sends a PLI that had to wait.
func (l *Layer) tickKeyframe(now int64) {
	l.kfMu.Lock()
	send := l.kf.Tick(now)
	l.kfMu.Unlock()
	if send {
		l.sendPLI()
	}
}

// keyframePending tells whether a keyframe is on its way.
func (l *Layer) keyframePending() bool {
	l.kfMu.Lock()
	defer l.kfMu.Unlock()
	return l.kf.Pending()
}

func (l *Layer) sendPLI() {
	l.s.metrics.plisOut.Add(1)
	if l.check != nil {
		l.check.ask(l.s.now())
	}
	l.pub.writeRTCP(&rtcp.PictureLossIndication{SenderSSRC: l.pub.ssrc, MediaSSRC: l.ssrc})
}
