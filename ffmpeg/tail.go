package ffmpeg

import (
	"bytes"
	"strings"
	"sync"
)

// tailSize is how much of a child's last words is kept, in bytes.
const tailSize = 8 << 10

// hidden stands for a secret in a child's words.
const hidden = "***"

// tail keeps the end of what is written to it.
type tail struct {
	secrets []string // never shown

	mu  sync.Mutex
	buf []byte
	cut bool // the beginning was dropped
}

// Write never fails: a child that talks too much loses the beginning of its words.
func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.buf = append(t.buf, p...)
	if over := len(t.buf) - tailSize; over > 0 {
		t.buf = append(t.buf[:0], t.buf[over:]...)
		t.cut = true
	}
	return len(p), nil
}

// String is the kept text from the first whole line on, with the secrets hidden.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	b := t.buf
	if t.cut { // a secret may be cut in the middle in the first line
		_, b, _ = bytes.Cut(b, []byte("\n"))
	}
	return hide(string(b), t.secrets)
}

func hide(s string, secrets []string) string {
	for _, secret := range secrets {
		if secret != "" {
			s = strings.ReplaceAll(s, secret, hidden)
		}
	}
	return strings.TrimSpace(s)
}

// lastLine is the last line of a text, what an error message quotes.
func lastLine(s string) string {
	return s[strings.LastIndexByte(s, '\n')+1:]
}
