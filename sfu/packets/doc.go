// Package packets rewrites, caches and orders RTP packets without a network.
//
// Everything here is pure: no sockets, no goroutines, no clock. Time is a parameter, in nanoseconds of one monotonic
// clock of the caller (named now or arrival, int64) or a time.Duration. Unless a type says otherwise it belongs to one
// goroutine at a time; only Packet's reference count, Pool and Ring may be shared.
//
// Extended sequence numbers and timestamps are uint64 values whose low 16 or 32 bits are the RTP field (RFC 3550 A.1).
// Rates are bit/s, audio levels are -dBov (0 is loudest, 127 silence), RTP clock values are named TS.
package packets
