package sfu

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"sync"

	"github.com/pion/dtls/v3"
	"github.com/pion/dtls/v3/pkg/crypto/prf"
	"github.com/pion/dtls/v3/pkg/protocol/extension"
	"github.com/pion/dtls/v3/pkg/protocol/handshake"
	"github.com/pion/webrtc/v4"
)

// Sizes of AEAD_AES_128_GCM (RFC 7714 section 12).
const (
	srtpKeyLen  = 16
	srtpSaltLen = 12
	srtpTagLen  = 16
)

// Labels of the SRTP key derivation (RFC 3711 section 4.3.2).
const (
	labelRTPKey  = 0
	labelRTPSalt = 2
)

// keyTap learns the SRTP keys of one PeerConnection, in which the server is the DTLS server, from the two places where Pion
// shows what they are made of: the server's hello (its random and the chosen profile) and the key log (the client's
// random and the master secret). Pion's own SRTP session has the same keys; the two never use a number of one stream
// twice (slot.write, inbound). Reading the keys from hooks keeps all of Pion's negotiation; an own transport of ICE, DTLS and SRTP
// would have to repeat it.
type keyTap struct {
	mu     sync.Mutex
	server [handshake.RandomLength]byte
	suite  uint16
	gcm    bool
	client []byte
	master []byte
}

// watch makes the settings of one PeerConnection show its keys to t.
func (t *keyTap) watch(e *webrtc.SettingEngine) error {
	e.SetDTLSKeyLogWriter(t)
	e.SetDTLSServerHelloMessageHook(t.onServerHello)
	return e.SetAnsweringDTLSRole(webrtc.DTLSRoleServer)
}

func (t *keyTap) onServerHello(m handshake.MessageServerHello) handshake.Message {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.server = m.Random.MarshalFixed()
	if m.CipherSuiteID != nil {
		t.suite = *m.CipherSuiteID
	}
	t.gcm = false
	for _, e := range m.Extensions {
		if use, ok := e.(*extension.UseSRTP); ok && len(use.ProtectionProfiles) == 1 {
			t.gcm = use.ProtectionProfiles[0] == dtls.SRTP_AEAD_AES_128_GCM && len(use.MasterKeyIdentifier) == 0
		}
	}
	return &m
}

// Write implements io.Writer for one line of a key log: "CLIENT_RANDOM", the client's random, the master secret.
func (t *keyTap) Write(line []byte) (int, error) {
	f := bytes.Fields(line)
	if len(f) != 3 || string(f[0]) != "CLIENT_RANDOM" {
		return len(line), nil
	}
	client, master := make([]byte, hex.DecodedLen(len(f[1]))), make([]byte, hex.DecodedLen(len(f[2])))
	_, err1 := hex.Decode(client, f[1])
	_, err2 := hex.Decode(master, f[2])
	t.mu.Lock()
	defer t.mu.Unlock()
	if err1 == nil && err2 == nil {
		t.client, t.master = client, master
	}
	return len(line), nil
}

// keys derives both directions' keys and forgets the secret; ok is false before the handshake ended, for another profile
// than AEAD_AES_128_GCM and for a cipher suite whose hash is not known here. Then the plain path serves.
func (t *keyTap) keys() (send, receive *srtpKey, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.gcm || len(t.client) != handshake.RandomLength || len(t.master) == 0 {
		return nil, nil, false
	}
	hash := prf.HashFunc(sha256.New)
	switch dtls.CipherSuiteID(t.suite) {
	case dtls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, dtls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256:
	case dtls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, dtls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384:
		hash = sha512.New384
	default:
		return nil, nil, false
	}
	seed := append([]byte("EXTRACTOR-dtls_srtp"), t.client...) // RFC 5764 section 4.2
	seed = append(seed, t.server[:]...)
	raw, err := prf.PHash(t.master, seed, 2*(srtpKeyLen+srtpSaltLen), hash)
	clear(t.master)
	t.master = nil
	if err != nil {
		return nil, nil, false
	}
	ck, sk := raw[:srtpKeyLen], raw[srtpKeyLen:2*srtpKeyLen]
	cs, ss := raw[2*srtpKeyLen:2*srtpKeyLen+srtpSaltLen], raw[2*srtpKeyLen+srtpSaltLen:]
	send, err1 := newSRTPKey(sk, ss)
	receive, err2 := newSRTPKey(ck, cs)
	return send, receive, err1 == nil && err2 == nil
}

// srtpKey seals or opens the RTP packets of one direction of one PeerConnection with AEAD_AES_128_GCM (RFC 7714). It belongs
// to one goroutine at a time and allocates nothing.
type srtpKey struct {
	aead  cipher.AEAD
	salt  [srtpSaltLen]byte
	nonce [srtpSaltLen]byte
}

func newSRTPKey(master, salt []byte) (*srtpKey, error) {
	block, err := aes.NewCipher(deriveSRTP(labelRTPKey, master, salt, srtpKeyLen))
	if err != nil {
		return nil, fmt.Errorf("sfu: SRTP key: %w", err)
	}
	k := &srtpKey{}
	if k.aead, err = cipher.NewGCM(block); err != nil {
		return nil, fmt.Errorf("sfu: SRTP cipher: %w", err)
	}
	copy(k.salt[:], deriveSRTP(labelRTPSalt, master, salt, srtpSaltLen))
	return k, nil
}

// deriveSRTP is the key derivation of RFC 3711 section 4.3 with AES-CM and rate 0; n is at most one block.
func deriveSRTP(label byte, master, salt []byte, n int) []byte {
	var in, out [aes.BlockSize]byte
	copy(in[:], salt)
	in[7] ^= label
	block, err := aes.NewCipher(master)
	if err != nil {
		return nil // the length is fixed: newSRTPKey reports it
	}
	block.Encrypt(out[:], in[:])
	return out[:n]
}

// vector is the initialization vector of a packet (RFC 7714 section 8.1).
func (k *srtpKey) vector(ssrc, roc uint32, sn uint16) []byte {
	k.nonce = k.salt
	var iv [srtpSaltLen]byte
	binary.BigEndian.PutUint32(iv[2:], ssrc)
	binary.BigEndian.PutUint32(iv[6:], roc)
	binary.BigEndian.PutUint16(iv[10:], sn)
	for i, b := range iv {
		k.nonce[i] ^= b
	}
	return k.nonce[:]
}

// seal appends header, encrypted payload and tag to dst, which has room for them.
func (k *srtpKey) seal(dst, header, payload []byte, ssrc, roc uint32, sn uint16) []byte {
	at := len(dst)
	dst = append(dst, header...)
	return k.aead.Seal(dst, k.vector(ssrc, roc, sn), payload, dst[at:])
}

// open appends the payload of a packet to dst, which holds its header and has room; an error means a false tag.
func (k *srtpKey) open(dst, sealed []byte, ssrc, roc uint32, sn uint16) ([]byte, error) {
	return k.aead.Open(dst, k.vector(ssrc, roc, sn), sealed, dst)
}
