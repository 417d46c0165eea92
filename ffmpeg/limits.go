package ffmpeg

import "time"

// Limits bound one child. Zero values mean no limit of that kind.
type Limits struct {
	CPU      time.Duration // processor time over the child's life, whole seconds
	Memory   int64         // address space, bytes
	FileSize int64         // largest file it may write, bytes
	Files    int           // open descriptors
	Nice     int           // 0 to 19: higher yields more to others

	// NoNetwork puts the child into an empty network of its own. It is for jobs that need none, and it is kept where
	// the kernel allows it only: Child.Isolated tells.
	NoNetwork bool
}
