// Package sfu moves RTP from publishers to viewers.
//
// A [Server] owns the sockets and the egress workers. A [Conference] is the media of one sitting; a [Peer] is one
// person in it. A client has at most two PeerConnections: "sub" with a fixed number of receive slots and "pub" with
// the lines microphone, camera and screen. The client offers, the server answers. Which [Source] fills which slot is
// decided by the conference and told to the client through [Sink]; every forwarded packet carries the source's id as
// its only CSRC, so that a picture and its name cannot disagree.
//
// The way of a packet, where it can go past Pion (direct path): the reader of a media socket takes a batch of datagrams; packets of
// known publishers are opened and judged (parse, gate, ring, taps), then for each viewer rewritten by the slot (sequence, timestamp
// and picture ids) and sealed into the worker's outbox, which leaves in a few system calls before the next batch is read.
// Everything else is Pion's (plain path): ICE, DTLS, RTCP, streams that begin, TCP, other SRTP profiles, addresses that
// change. Whoever holds a worker's lock owns its slots. Nothing is allocated per forwarded packet.
package sfu
