package signaling

import (
	"bytes"
	"strings"
	"testing"

	"nghitruong/council"
)

func TestOutboxKeepsTheNewestView(t *testing.T) {
	o := newOutbox()
	for seq := range uint64(10_000) {
		o.put("ballot", viewFrame(council.TopicBallot, seq, []byte("{}")))
		o.put("queue", viewFrame(council.TopicQueue, seq, []byte("{}")))
	}
	if !o.push(frame{head: []byte(`{"type":"ok"}`)}) {
		t.Fatal("an answer found no room beside views")
	}
	var got []string
	for {
		f, ok, _ := o.take()
		if !ok {
			break
		}
		got = append(got, string(f.head))
	}
	want := []string{
		`{"type":"ok"}`,
		`{"type":"view","topic":"ballot","seq":9999,"data":`,
		`{"type":"view","topic":"queue","seq":9999,"data":`,
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("took %q, want %q", got, want)
	}
}

func TestOutboxOverflowClosesAndKeepsNothing(t *testing.T) {
	tests := []struct {
		name   string
		size   int
		fits   int
		topics bool
	}{
		{"many", 10, queueLength, false},
		{"large", queueBytes / 4, 3, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := newOutbox()
			if tt.topics {
				o.put("self", frame{head: []byte("x")})
			}
			n := 0
			for o.push(frame{head: bytes.Repeat([]byte("x"), tt.size)}) {
				n++
			}
			if n != tt.fits {
				t.Errorf("%d frames fitted, want %d", n, tt.fits)
			}
			if code, _ := o.closing(); code != CloseTooSlow {
				t.Errorf("close code %d", code)
			}
			o.put("self", frame{head: []byte("late")})
			o.close(CloseReplaced, "replaced")
			if f, ok, done := o.take(); ok || !done {
				t.Errorf("a closed outbox gave %q (done %v)", f.head, done)
			}
			if code, _ := o.closing(); code != CloseTooSlow {
				t.Errorf("the first close code was replaced by %d", code)
			}
		})
	}
}

func TestOutboxClosesBehindWhatWaits(t *testing.T) {
	o := newOutbox()
	o.put("self", frame{head: []byte("self")})
	o.push(frame{head: []byte("retry")})
	o.close(CloseRestarting, "restart")
	if o.push(frame{head: []byte("late")}) {
		t.Error("a closing outbox took a message")
	}
	for _, want := range []string{"retry", "self"} {
		f, ok, done := o.take()
		if !ok || done || string(f.head) != want {
			t.Fatalf("took %q, %v, %v; want %q", f.head, ok, done, want)
		}
	}
	if _, ok, done := o.take(); ok || !done {
		t.Error("not done after the last frame")
	}
}
