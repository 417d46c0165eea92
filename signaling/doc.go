// Package signaling speaks the protocol of docs/PROTOCOL.md on one WebSocket and joins a person to a room and a peer.
package signaling
