package signaling

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"nghitruong/auth"
	"nghitruong/council"
	"nghitruong/sfu"
)

// lines asks for everybody's lines and gives them by label.
func (c *client) lines() (m map[string]any, byLabel map[string]map[string]any) {
	c.t.Helper()
	m = c.answer(c.send("media.lines", nil))
	byLabel = map[string]map[string]any{}
	if m["type"] != "media.lines" {
		return m, byLabel
	}
	for _, l := range m["lines"].([]any) {
		line := l.(map[string]any)
		label, _ := line["label"].(string)
		byLabel[label] = line
	}
	return m, byLabel
}

// eventuallyLines asks until the lines are as wanted, within the rate of the questions.
func (c *client) eventuallyLines(what string, ok func(m map[string]any, byLabel map[string]map[string]any) bool) {
	c.t.Helper()
	tick := time.NewTicker(1100 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(2 * patience); ; <-tick.C {
		m, by := c.lines()
		if m["type"] == "media.lines" && ok(m, by) {
			return
		}
		if time.Now().After(deadline) {
			c.t.Fatalf("not seen: %s; the last answer is %v", what, m)
		}
	}
}

func TestLinesAreForTechniciansAndSteer(t *testing.T) {
	h := newHouse(t)
	for _, p := range []council.PersonID{"p01", "clerk", "tech"} {
		if m, _ := h.join(p).lines(); m["type"] != "media.lines" {
			t.Errorf("%s: %v", p, m)
		}
	}
	for _, p := range []council.PersonID{"p02", "guest", "hall1"} {
		if m, _ := h.join(p).lines(); m["type"] != "error" || m["kind"] != "not_allowed" {
			t.Errorf("%s: %v", p, m)
		}
	}
	citizen := h.dial(h.device("cu1", council.RoleCitizen))
	citizen.hello(map[string]any{"page": "c"})
	if m, _ := citizen.lines(); m["type"] != "error" || m["kind"] != "not_allowed" {
		t.Errorf("a citizen: %v", m)
	}
}

func TestLinesTellCitizensToSteerOnly(t *testing.T) {
	h := newHouse(t)
	clerk, tech := h.join("clerk"), h.join("tech")
	citizen := h.dial(h.device("cu1", council.RoleCitizen))
	citizen.hello(map[string]any{"page": "c"})
	if m, _ := clerk.lines(); m["total"] != 3.0 || !strings.Contains(text(t, m), `"cu1"`) {
		t.Errorf("the clerk is told %v", m)
	}
	m, _ := tech.lines()
	if m["total"] != 3.0 || len(m["lines"].([]any)) != 3 {
		t.Fatalf("the technician is told %v", m)
	}
	last := m["lines"].([]any)[2].(map[string]any) // citizens come after the list
	if strings.Contains(text(t, m), "cu1") || last["key"] == "" || last["roles"].([]any)[0] != "citizen" {
		t.Errorf("the technician is told %v", last)
	}
}

func text(t *testing.T, m map[string]any) string {
	t.Helper()
	b, err := json.Marshal(m)
	must(t, err)
	return string(b)
}

func TestLinesShowMediaAndWhatThePageMeasured(t *testing.T) {
	h := newHouse(t)
	tech, p := h.join("tech"), h.join("p02")
	conf := h.media.Conference(sitting1)
	conf.Direct(sfu.Direction{Mic: map[string]bool{"p02": true}, Cam: map[string]bool{"p02": true}})
	speaker(t, p)
	p.sendRaw(`{"type":"media.stats","loss":0.25,"concealed":0.031,"fps":12,"freezes":2,"freeze_ms":900,"codec":"libvpx","path":"udp"}`)
	tech.eventuallyLines("a microphone that is heard, and the page's figures", func(_ map[string]any, by map[string]map[string]any) bool {
		for _, l := range by {
			client, _ := l["client"].(map[string]any)
			up, _ := l["up"].([]any)
			if l["person"] == "p02" && client["loss"] == .25 && client["freezes"] == 2.0 && len(up) == 1 {
				mic := up[0].(map[string]any)
				return mic["kind"] == "mic" && mic["codec"] == "opus" && mic["level"] == 10.0 && mic["heard_ms"].(float64) >= 0 && l["up_path"] == "udp"
			}
		}
		return false
	})
}

func TestOneLookServesASecond(t *testing.T) {
	st := &sitting{seats: map[seatKey]*seat{}}
	at := time.Now()
	first := st.lines(at)
	st.seats[seatKey{person: "a"}] = &seat{sid: "s", person: auth.Person{ID: "a"}, st: st}
	if again := st.lines(at.Add(linesFresh / 2)); again.Total != 0 || again.At != first.At {
		t.Errorf("within the second: %+v", again)
	}
	if later := st.lines(at.Add(linesFresh)); later.Total != 1 || later.Lines[0].Person != "a" {
		t.Errorf("after it: %+v", later)
	}
}

func TestLinesAreBoundedAndOrdered(t *testing.T) {
	st := &sitting{seats: map[seatKey]*seat{}}
	add := func(id string, roles []council.Role, loss float64) {
		st.seats[seatKey{person: council.PersonID(id)}] = &seat{
			sid: id, st: st, person: auth.Person{ID: council.PersonID(id), Roles: roles}, stats: &MediaStats{Loss: loss}, statsAt: time.Now(),
		}
	}
	for i := range maxLines + 50 {
		add("c"+string(rune('A'+i%26))+newID(), []council.Role{council.RoleCitizen}, float64(i)/1000)
	}
	add("deputy", []council.Role{council.RoleDeputy}, 0)
	add("hall", []council.Role{council.RoleHall}, .5)
	m := st.lines(time.Now())
	if m.Total != maxLines+52 || len(m.Lines) != maxLines || m.Lines[0].Person != "hall" || m.Lines[1].Person != "deputy" {
		t.Fatalf("%d of %d, first %v, %v", len(m.Lines), m.Total, m.Lines[0].Person, m.Lines[1].Person)
	}
	if first, last := m.Lines[2].Client.Loss, m.Lines[maxLines-1].Client.Loss; first != .349 || last >= first {
		t.Errorf("citizens by trouble: %v … %v", first, last)
	}
	for _, l := range withoutCitizens(m.Lines) {
		if listed(l.Roles) != (l.Person != "") {
			t.Fatalf("%+v", l)
		}
	}
	if m.Lines[2].Person == "" {
		t.Error("the kept lines lost their persons")
	}
}

func TestOldMeasurementsAreForgotten(t *testing.T) {
	var l Line
	now := time.Now()
	l.client(&seat{stats: &MediaStats{FPS: 3}, statsAt: now.Add(-statsOld)}, now)
	if l.Client != nil {
		t.Error("measurements of 15 s ago are shown")
	}
}

func TestAnEncoderStandsForItsHall(t *testing.T) {
	l := Line{Up: []UpLine{}}
	l.take(sfu.PeerStats{Who: "hall1", Connected: true, Path: sfu.PathTCP, Lost: .0314, RTTMs: 12.6})
	l.take(sfu.PeerStats{Who: "hall1", Outside: true, UpPath: sfu.PathUDP, Up: []sfu.SourceStats{{Kind: sfu.KindCam, Codec: "H264", Lost: .08, Layers: []string{"f"}, FPS: 24.7}}})
	if l.Path != sfu.PathTCP || !l.Connected || l.RTTMs != 13 || l.Lost != .031 || l.UpPath != sfu.PathUDP {
		t.Errorf("%+v", l)
	}
	if len(l.Up) != 1 || !l.Up[0].Outside || l.Up[0].FPS != 25 || l.trouble() != .08 {
		t.Errorf("%+v", l.Up)
	}
}

func TestHallsOnTheBoard(t *testing.T) {
	h := newHouse(t)
	clerk, hall := h.join("clerk"), h.join("hall1")
	board := func(m map[string]any) map[string]any {
		halls := m["halls"].([]any)
		if len(halls) != 1 {
			return map[string]any{}
		}
		return halls[0].(map[string]any)
	}
	var since float64
	clerk.eventuallyLines("the hall came", func(m map[string]any, _ map[string]map[string]any) bool {
		b := board(m)
		since, _ = b["since"].(float64)
		return b["person"] == "hall1" && b["online"] == true && b["ready"] == false
	})
	hall.sendRaw(`{"type":"media.ready","ready":true}`)
	clerk.eventuallyLines("the hall is ready", func(m map[string]any, _ map[string]map[string]any) bool {
		b := board(m)
		return b["ready"] == true && b["since"].(float64) >= since
	})
	hall.cut()
	clerk.eventuallyLines("the hall is gone, and with it its readiness", func(m map[string]any, _ map[string]map[string]any) bool {
		return board(m)["online"] == false && board(m)["ready"] == false
	})
}

func TestImpossibleMeasurementsAreDropped(t *testing.T) {
	for name, m := range map[string]MediaStats{
		"loss above 1":       {Loss: 1.1},
		"negative":           {Concealed: -.1},
		"endless freezes":    {Freezes: 1001},
		"rtt of a day":       {RTTMs: 1e8},
		"an unknown path":    {Path: "pigeon"},
		"a novel of a codec": {Codec: strings.Repeat("x", maxImpl+1)},
		"negative height":    {Height: -1},
		"frames backwards":   {FPS: -1},
	} {
		if m.valid() {
			t.Errorf("%s: accepted", name)
		}
	}
	if !(MediaStats{Loss: 1, Concealed: 1, FPS: 60, Path: "relay", Codec: "libvpx", Height: 1080}).valid() {
		t.Error("possible ones are dropped")
	}
}
