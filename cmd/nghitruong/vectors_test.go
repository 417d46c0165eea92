package main

import (
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The exchange of RFC 9725 written out by hand, against the whole program: no WebRTC library speaks here.

const (
	vectorHead = "v=0\r\no=- 5228595038118931041 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1\r\na=extmap-allow-mixed\r\na=msid-semantic: WMS\r\n"
	vectorICE  = "c=IN IP4 0.0.0.0\r\na=rtcp:9 IN IP4 0.0.0.0\r\na=ice-ufrag:EsAw\r\na=ice-pwd:bP+XJMM09aR8AiX1jdukzR6Y\r\na=ice-options:trickle\r\n" +
		"a=fingerprint:sha-256 DA:7B:57:DC:28:CE:04:4F:31:79:85:C4:31:67:EB:27:58:29:ED:77:2A:0D:24:AE:ED:AD:30:BC:BD:F1:9C:02\r\n" +
		"a=setup:actpass\r\na=bundle-only\r\na=sendonly\r\na=msid:- d46fb922-d52a-4e9c-aa87-444eadc1521b\r\na=rtcp-mux\r\na=rtcp-mux-only\r\n"
	vectorAudio = "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n" + vectorICE + "a=mid:0\r\na=rtpmap:111 opus/48000/2\r\na=fmtp:111 minptime=10;useinbandfec=1\r\n"
	vectorVideo = "m=video 9 UDP/TLS/RTP/SAVPF 96 97\r\n" + vectorICE + "a=mid:1\r\na=rtpmap:96 VP8/90000\r\na=rtcp-fb:96 ccm fir\r\na=rtcp-fb:96 nack\r\n" +
		"a=rtcp-fb:96 nack pli\r\na=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\n"
	vectorOffer = vectorHead + vectorAudio + vectorVideo

	vectorTrickle = "a=ice-ufrag:EsAw\r\na=ice-pwd:bP+XJMM09aR8AiX1jdukzR6Y\r\nm=audio 9 RTP/AVP 0\r\na=mid:0\r\n" +
		"a=candidate:1387637174 1 udp 2122260223 192.0.2.1 61764 typ host generation 0 ufrag EsAw network-id 1\r\n" +
		"a=candidate:473322822 1 tcp 1518280447 192.0.2.1 9 typ host tcptype active generation 0 ufrag EsAw network-id 1\r\na=end-of-candidates\r\n"
	vectorRestart = "a=ice-ufrag:ysXw\r\na=ice-pwd:vw5LmwG4y/e6dPP/zAP9Gp5k\r\n"

	sdpType  = "application/sdp"
	fragType = "application/trickle-ice-sdpfrag"
)

// vector is one call and what must come back.
type vector struct {
	name, method, url, token, kind, body string
	match                                string // If-Match, "" = none
	status                               int
}

func (v vector) send(t *testing.T) (http.Header, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), v.method, v.url, strings.NewReader(v.body))
	noError(t, err)
	if v.token != "" {
		r.Header.Set("Authorization", "Bearer "+v.token)
	}
	if v.kind != "" {
		r.Header.Set("Content-Type", v.kind)
	}
	if v.match != "" {
		r.Header.Set("If-Match", v.match)
	}
	return v.check(t, r)
}

func (v vector) check(t *testing.T, r *http.Request) (http.Header, string) {
	t.Helper()
	body := &strings.Builder{}
	resp, err := http.DefaultClient.Do(r)
	noError(t, err)
	defer resp.Body.Close()
	if _, err := io.Copy(body, resp.Body); err != nil {
		t.Fatal(err)
	}
	hd := resp.Header
	if resp.StatusCode != v.status {
		t.Errorf("%s: %d, want %d: %s", v.name, resp.StatusCode, v.status, body)
	}
	if hd.Get("Access-Control-Allow-Origin") != "*" && resp.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("%s: a browser may not read the answer", v.name)
	}
	if resp.StatusCode >= 400 && (hd.Get("Location") != "" || hd.Get("ETag") != "" || len(hd["Link"]) > 0) {
		t.Errorf("%s: a refusal with %v", v.name, hd)
	}
	if resp.StatusCode == http.StatusMethodNotAllowed && hd.Get("Allow") == "" {
		t.Errorf("%s: 405 without Allow", v.name)
	}
	return hd, body.String()
}

var strongTag = regexp.MustCompile(`^"([A-Za-z0-9+/]{4,256})"$`)

// opened sends an offer that is taken and checks the answer's form (RFC 9725 section 4.2).
func (v vector) opened(t *testing.T) (session, tag string) {
	t.Helper()
	v.method, v.kind, v.status = http.MethodPost, sdpType, http.StatusCreated
	hd, answer := v.send(t)
	session, tag = hd.Get("Location"), hd.Get("ETag")
	m := strongTag.FindStringSubmatch(tag)
	if m == nil || !strings.Contains(answer, "a=ice-ufrag:"+m[1]+"\r\n") {
		t.Fatalf("%s: tag %s names no ICE session of\n%s", v.name, tag, answer)
	}
	if !strings.HasPrefix(session, v.url+"/") || hd.Get("Content-Type") != sdpType || hd.Get("Accept-Patch") != fragType || len(relaysOf(t, hd)) == 0 {
		t.Errorf("%s: %v", v.name, hd)
	}
	direction := "a=recvonly\r\n"
	if strings.Contains(v.body, direction) {
		direction = "a=sendonly\r\n"
	}
	for _, must := range []string{"a=group:BUNDLE 0 1\r\n", direction, "a=rtcp-mux\r\n", "a=candidate:", "a=end-of-candidates", "a=fingerprint:sha-256 ", "a=mid:0\r\n", "a=mid:1\r\n"} {
		if !strings.Contains(answer, must) {
			t.Errorf("%s: no %q in\n%s", v.name, must, answer)
		}
	}
	if strings.Contains(answer, "actpass") || strings.Contains(answer, "m=video 0") || strings.Contains(answer, "m=audio 0") {
		t.Errorf("%s: a line is refused, or no DTLS role chosen:\n%s", v.name, answer)
	}
	return session, tag
}

func TestVectorsOfRFC9725(t *testing.T) {
	s, l := demoWithLinks(t)
	for _, door := range []struct {
		link  linkStream
		offer string
	}{{l.Ingest[0], vectorOffer}, {l.Egress[1], strings.ReplaceAll(vectorOffer, "sendonly", "recvonly")}} {
		url, token := door.link.URL, door.link.Token
		endpoint := vectorsOfEndpoint(url, token, door.offer)
		for _, v := range endpoint {
			v.send(t)
		}
		preflight(t, url)
		session, tag := vector{name: "the offer of the RFC", url: url, token: token, body: door.offer}.opened(t)
		preflight(t, session)
		tag = vectorsOfSession(t, session, token, tag)

		again, newTag := vector{name: "the offer again", url: url, token: token, body: door.offer}.opened(t)
		if again == session || newTag == tag {
			t.Errorf("%s and %s are one session", again, session)
		}
		old := http.StatusNoContent // players stand beside each other
		if strings.Contains(url, "/whip/") {
			old = http.StatusNotFound // an encoder that comes anew takes the place of the one before it, never 409
		}
		vector{"the session before it", "PATCH", session, token, fragType, vectorTrickle, tag, old}.send(t)
		vector{"DELETE looks at no tag", "DELETE", again, token, "", "", `"stale"`, http.StatusOK}.send(t)
		vector{"DELETE again", "DELETE", again, token, "", "", "", http.StatusNotFound}.send(t)
		vector{"PATCH after DELETE", "PATCH", again, token, fragType, vectorTrickle, newTag, http.StatusNotFound}.send(t)
	}
	first, _ := vector{name: "only a DTLS client", url: l.Ingest[1].URL, token: l.Ingest[1].Token, body: strings.ReplaceAll(vectorOffer, "actpass", "active")}.opened(t)
	vector{"another key", "DELETE", first, l.Ingest[0].Token, "", "", "", http.StatusForbidden}.send(t)
	vector{"a player's key", "DELETE", first, l.Egress[2].Token, "", "", "", http.StatusForbidden}.send(t)
	vector{"its own key", "DELETE", first, l.Ingest[1].Token, "", "", "", http.StatusOK}.send(t)
	if err := s.stop(); err != nil {
		t.Error(err)
	}
}

// vectorsOfEndpoint are the calls at the address for offers that are refused (RFC 9725 sections 4.2, 4.4 and 4.7).
func vectorsOfEndpoint(url, token, offer string) (out []vector) {
	post := func(name, token, kind, body string, status int) {
		out = append(out, vector{name: name, method: "POST", url: url, token: token, kind: kind, body: body, status: status})
	}
	for _, method := range []string{"GET", "HEAD", "PUT", "PATCH", "DELETE"} {
		out = append(out, vector{name: method, method: method, url: url, token: token, kind: sdpType, body: "", status: http.StatusMethodNotAllowed})
	}
	other := map[bool]string{true: "recvonly", false: "sendonly"}[strings.Contains(offer, "sendonly")]
	way := map[string]string{"recvonly": "sendonly", "sendonly": "recvonly"}[other]
	video := strings.ReplaceAll(vectorVideo, "sendonly", way)
	post("no key", "", sdpType, offer, http.StatusUnauthorized)
	post("no key that we know", strings.Repeat("a", 43), sdpType, offer, http.StatusUnauthorized)
	post("JSON", token, "application/json", offer, http.StatusUnsupportedMediaType)
	post("no type", token, "", offer, http.StatusUnsupportedMediaType)
	post("a fragment", token, fragType, offer, http.StatusUnsupportedMediaType)
	post("too large", token, sdpType, strings.Repeat("a", 65<<10), http.StatusRequestEntityTooLarge)
	post("empty", token, sdpType, "", http.StatusBadRequest)
	post("no SDP", token, sdpType, "hello", http.StatusBadRequest)
	post("no ICE", token, sdpType, regexp.MustCompile(`a=ice-ufrag:\S+\r\n`).ReplaceAllString(offer, ""), http.StatusBadRequest)
	post("no lines", token, sdpType, vectorHead, http.StatusNotAcceptable)
	post("two pictures", token, sdpType, strings.Replace(offer, "BUNDLE 0 1", "BUNDLE 0 1 2", 1)+strings.Replace(video, "mid:1", "mid:2", 1), http.StatusNotAcceptable)
	post("not bundled", token, sdpType, strings.Replace(offer, "BUNDLE 0 1", "BUNDLE 0", 1), http.StatusNotAcceptable)
	post("no rtcp-mux", token, sdpType, strings.ReplaceAll(offer, "a=rtcp-mux\r\n", ""), http.StatusNotAcceptable)
	post("the other way", token, sdpType, strings.ReplaceAll(offer, way, other), http.StatusNotAcceptable)
	post("G.711", token, sdpType, strings.ReplaceAll(offer, "opus/48000/2", "PCMU/8000"), http.StatusNotAcceptable)
	post("AV1", token, sdpType, strings.ReplaceAll(offer, "VP8/90000", "AV1/90000"), http.StatusNotAcceptable)
	return out
}

// vectorsOfSession are the calls at a session's address (RFC 9725 section 4.3); it gives the newest tag.
func vectorsOfSession(t *testing.T, session, token, tag string) string {
	t.Helper()
	patch := func(name, match, kind, body string, status int) (http.Header, string) {
		t.Helper()
		return vector{name, "PATCH", session, token, kind, body, match, status}.send(t)
	}
	for _, method := range []string{"GET", "HEAD", "PUT", "POST"} {
		vector{method + " of a session", method, session, token, sdpType, vectorOffer, "", http.StatusMethodNotAllowed}.send(t)
	}
	vector{"no key", "PATCH", session, "", fragType, vectorTrickle, tag, http.StatusUnauthorized}.send(t)
	vector{"no such session", "PATCH", session + "0", token, fragType, vectorTrickle, tag, http.StatusNotFound}.send(t)
	if hd, body := patch("trickle", tag, fragType, vectorTrickle, http.StatusNoContent); body != "" || hd.Get("ETag") != "" {
		t.Errorf("trickle: %v %q", hd, body)
	}
	patch("an address that nobody can resolve", tag, fragType, strings.ReplaceAll(vectorTrickle, "192.0.2.1", "nowhere.invalid"), http.StatusNoContent)
	patch("SDP", tag, sdpType, vectorTrickle, http.StatusUnsupportedMediaType)
	patch("no fragment", tag, fragType, "hello", http.StatusBadRequest)
	patch("too large", tag, fragType, strings.Repeat("a", 65<<10), http.StatusRequestEntityTooLarge)
	patch("no If-Match", "", fragType, vectorTrickle, http.StatusPreconditionRequired)
	patch("another ICE session", `"xyzzy"`, fragType, vectorTrickle, http.StatusPreconditionFailed)
	patch("a weak tag", "W/"+tag, fragType, vectorTrickle, http.StatusPreconditionFailed)
	patch("a restart without credentials", "*", fragType, "a=mid:0\r\n", http.StatusBadRequest)
	patch("a restart with a short password", "*", fragType, "a=ice-ufrag:ysXw\r\na=ice-pwd:short\r\n", http.StatusBadRequest)
	patch("the session lives after refused restarts", tag, fragType, vectorTrickle, http.StatusNoContent)
	tags := []string{tag}
	for _, name := range []string{"restart", "second restart"} {
		ufrag := map[string]string{"restart": "ysXw", "second restart": "zsXw"}[name]
		hd, frag := patch(name, "*", fragType, strings.Replace(vectorRestart, "ysXw", ufrag, 1), http.StatusOK)
		now := hd.Get("ETag")
		m := strongTag.FindStringSubmatch(now)
		if m == nil || slices.Contains(tags, now) || hd.Get("Content-Type") != fragType ||
			!strings.Contains(frag, "a=ice-ufrag:"+m[1]+"\r\n") || !strings.Contains(frag, "a=ice-pwd:") || !strings.Contains(frag, "a=candidate:") {
			t.Fatalf("%s: %v\n%s", name, hd, frag)
		}
		patch("the ICE session before the "+name, tags[len(tags)-1], fragType, vectorTrickle, http.StatusPreconditionFailed)
		patch("the ICE session after the "+name, now, fragType, vectorTrickle, http.StatusNoContent)
		tags = append(tags, now)
	}
	return tags[len(tags)-1]
}

// preflight is a browser's question before it calls: no key, no relays.
func preflight(t *testing.T, url string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodOptions, url, nil)
	noError(t, err)
	r.Header.Set("Origin", "https://encoder.example")
	r.Header.Set("Access-Control-Request-Method", "POST")
	r.Header.Set("Access-Control-Request-Headers", "authorization, content-type, if-match")
	hd, _ := vector{name: "preflight", status: http.StatusNoContent}.check(t, r)
	if hd.Get("Accept-Post") != sdpType || len(hd["Link"]) > 0 {
		t.Errorf("preflight: %v", hd)
	}
	for _, want := range []string{"POST", "PATCH", "DELETE"} {
		if !strings.Contains(hd.Get("Access-Control-Allow-Methods"), want) {
			t.Errorf("preflight: %s is not allowed", want)
		}
	}
	for _, want := range []string{"Authorization", "Content-Type", "If-Match"} {
		if !strings.Contains(hd.Get("Access-Control-Allow-Headers"), want) {
			t.Errorf("preflight: %s is not allowed", want)
		}
	}
	for _, want := range []string{"Location", "ETag", "Link"} {
		if !strings.Contains(hd.Get("Access-Control-Expose-Headers"), want) {
			t.Errorf("preflight: %s is not shown", want)
		}
	}
}
