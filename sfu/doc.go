// Package sfu moves RTP from publishers to viewers.
//
// A [Server] owns the sockets and the egress workers. A [Conference] is the media of one sitting; a [Peer] is one
// person in it. A client has at most two PeerConnections: "sub" with a fixed number of receive slots and "pub" with
// the lines microphone, camera and screen. The client offers, the server answers. Which [Source] fills which slot is
// decided by the conference and told to the client through [Sink]; every forwarded packet carries the source's id as
// its only CSRC, so that a picture and its name cannot disagree.
//
// The way of a packet: browser, one UDP port, Pion (ICE, DTLS, SRTP), the layer's reader (parse, gate, ring, taps),
// the workers that serve viewers of this layer, the slot (sequence, timestamp and picture ids rewritten), SRTP, UDP.
// A reader takes two short locks of its own layer (ring, keyframe control); workers share none, and no lock is held
// over a write. Nothing is allocated per forwarded packet.
package sfu
