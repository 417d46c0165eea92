//go:build !linux

package sfu

// segmentsAtFirst: only Linux splits a large write into packets.
const segmentsAtFirst = false

func newSegmentControl() []byte { return nil }

func segmentControl(b []byte, _ int) []byte { return b }
