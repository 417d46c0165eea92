package sfu

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pion/sdp/v3"
)

// Limits of an offer; an SDP must fit a 64 KiB WebSocket message after JSON escaped its line ends.
const (
	maxSDPBytes = 56 << 10
	maxMLines   = 64
	maxVideo    = 24 // grid slots of a member
	pubLines    = 3  // mic, cam, screen
)

// slotCounts gives the audio slots and the least and most video slots of a profile.
func slotCounts(p Profile) (audio, minVideo, maxVideoSlots int) {
	if p == ProfileMember {
		return 4, 9, maxVideo
	}
	return 2, 2, 2
}

// checkedOffer is an offer that obeys the rules, with its candidates deleted.
type checkedOffer struct {
	sdp   string
	mids  []string // in m-line order
	kinds []string // "audio" or "video" per line
	ufrag string
}

func badOffer(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrBadOffer, fmt.Sprintf(format, args...))
}

// checkOffer parses a client's SDP, applies the rules that hold for every offer and those of its PeerConnection,
// and deletes remote candidates: peers become known by their own authenticated checks alone.
func checkOffer(raw string, pc PC, profile Profile) (checkedOffer, error) {
	if len(raw) > maxSDPBytes {
		return checkedOffer{}, badOffer("%d bytes", len(raw))
	}
	var d sdp.SessionDescription
	if err := d.UnmarshalString(raw); err != nil {
		return checkedOffer{}, badOffer("%v", err)
	}
	if n := len(d.MediaDescriptions); n == 0 || n > maxMLines {
		return checkedOffer{}, badOffer("%d m-lines", n)
	}
	o := checkedOffer{}
	d.Attributes = withoutCandidates(d.Attributes)
	bundle := bundled(&d)
	for i, m := range d.MediaDescriptions {
		m.Attributes = withoutCandidates(m.Attributes)
		keepCodecs(m)
		mid, err := checkLine(&d, m, i, pc, bundle)
		if err != nil {
			return checkedOffer{}, err
		}
		if slices.Contains(o.mids, mid) {
			return checkedOffer{}, badOffer("mid %q twice", mid)
		}
		o.mids = append(o.mids, mid)
		o.kinds = append(o.kinds, m.MediaName.Media)
	}
	if err := checkOrder(o.kinds, pc, profile); err != nil {
		return checkedOffer{}, err
	}
	o.ufrag, _ = attribute(&d, d.MediaDescriptions[0], "ice-ufrag")
	if o.ufrag == "" {
		return checkedOffer{}, badOffer("no ice-ufrag")
	}
	out, err := d.Marshal()
	if err != nil {
		return checkedOffer{}, badOffer("%v", err)
	}
	o.sdp = string(out)
	return o, nil
}

// checkLine checks one media section and returns its mid.
func checkLine(d *sdp.SessionDescription, m *sdp.MediaDescription, i int, pc PC, bundle map[string]bool) (string, error) {
	mid, _ := m.Attribute("mid")
	want := "recvonly"
	if pc == PCPub {
		want = "sendonly"
	}
	_, ok := attribute(d, m, want)
	switch {
	case m.MediaName.Media != "audio" && m.MediaName.Media != "video":
		return "", badOffer("line %d is %q", i, m.MediaName.Media)
	case mid == "" || !bundle[mid]:
		return "", badOffer("line %d is not bundled", i)
	case !ok:
		return "", badOffer("line %d is not %s", i, want)
	}
	for _, other := range []string{"sendrecv", "sendonly", "recvonly", "inactive"} {
		if _, has := m.Attribute(other); has && other != want {
			return "", badOffer("line %d is %s", i, other)
		}
	}
	if _, ok := m.Attribute("rtcp-mux"); !ok {
		return "", badOffer("line %d has no rtcp-mux", i)
	}
	rids := 0
	for _, a := range m.Attributes {
		if a.Key == "rid" {
			rids++
		}
	}
	if rids > len(layerRIDs) {
		return "", badOffer("line %d has %d rids", i, rids)
	}
	return mid, nil
}

// checkOrder checks the number and order of lines: audio before video in sub; mic, cam, screen in pub.
func checkOrder(kinds []string, pc PC, profile Profile) error {
	if pc == PCPub {
		if len(kinds) != pubLines || kinds[0] != "audio" || kinds[1] != "video" || kinds[2] != "video" {
			return badOffer("pub lines are %v", kinds)
		}
		return nil
	}
	audio, lo, hi := slotCounts(profile)
	if video := len(kinds) - audio; video < lo || video > hi {
		return badOffer("%d lines for profile %s", len(kinds), profile)
	}
	for i, k := range kinds {
		if (k == "audio") != (i < audio) {
			return badOffer("line %d is %s", i, k)
		}
	}
	return nil
}

func withoutCandidates(attrs []sdp.Attribute) []sdp.Attribute {
	out := attrs[:0]
	for _, a := range attrs {
		if a.Key != "candidate" && a.Key != "end-of-candidates" && a.Key != "remote-candidates" {
			out = append(out, a)
		}
	}
	return out
}

// keepCodecs takes out of a media section the payload types that the server cannot forward, and their repairs: browsers offer some
// forty in each section, and Pion would compare each with each. A section in which nothing would be left stays as it is.
func keepCodecs(m *sdp.MediaDescription) {
	keep := map[string]bool{}
	for _, a := range m.Attributes {
		pt, codec, _ := strings.Cut(a.Value, " ")
		name, _, _ := strings.Cut(codec, "/")
		if a.Key == "rtpmap" && codecName(m.MediaName.Media+"/"+name) != "" {
			keep[pt] = true
		}
	}
	if len(keep) == 0 {
		return
	}
	for _, a := range m.Attributes {
		pt, params, _ := strings.Cut(a.Value, " ")
		if of, ok := strings.CutPrefix(params, "apt="); ok && a.Key == "fmtp" && keep[of] {
			keep[pt] = true
		}
	}
	m.MediaName.Formats = slices.DeleteFunc(m.MediaName.Formats, func(pt string) bool { return !keep[pt] })
	m.Attributes = slices.DeleteFunc(m.Attributes, func(a sdp.Attribute) bool {
		pt, _, _ := strings.Cut(a.Value, " ")
		return (a.Key == "rtpmap" || a.Key == "fmtp" || a.Key == "rtcp-fb") && pt != "*" && !keep[pt]
	})
}

// bundled gives the mids of the first BUNDLE group.
func bundled(d *sdp.SessionDescription) map[string]bool {
	mids := map[string]bool{}
	if v, ok := d.Attribute("group"); ok {
		if f := strings.Fields(v); len(f) > 0 && f[0] == "BUNDLE" {
			for _, mid := range f[1:] {
				mids[mid] = true
			}
		}
	}
	return mids
}

// attribute looks in the media section first, then in the session.
func attribute(d *sdp.SessionDescription, m *sdp.MediaDescription, key string) (string, bool) {
	if v, ok := m.Attribute(key); ok {
		return v, true
	}
	return d.Attribute(key)
}
