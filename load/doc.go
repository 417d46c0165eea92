// Package load plays many people against a server. A [Person] does full ICE, DTLS and SRTP through Pion over a socket of its own; a
// [Crowd] sweeps all sockets with recvmmsg each few milliseconds, takes the kernel's time stamps, counts every media packet by
// (SSRC, sequence) and hands one in sixteen to Pion, which decrypts it, so that the send time inside can be compared. [Run] plays
// whole meetings by the server's public protocol and reports what people would have noticed. Linux only.
package load
