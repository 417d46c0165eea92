package council

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write the golden files")

// scenario is one file testdata/<name>.jsonl: the publication, commands, and what is live at the end. In commands "@ballot" is the
// last ballot and "@message" the last message's sequence. The golden views are what the client's tests render.
type scenarioLine struct {
	At        time.Time       `json:"at"`
	By        PersonID        `json:"by"`
	ID        string          `json:"id"`
	Roles     []Role          `json:"roles"`
	Place     string          `json:"place"`
	System    bool            `json:"system"`
	Ref       string          `json:"ref"`
	Inside    []PersonID      `json:"inside"`
	Command   json.RawMessage `json:"command"`
	Published *Published      `json:"published"`
	Live      *scenarioLive   `json:"live"`
}

type scenarioLive struct {
	Online         []PersonID               `json:"online"`
	OnlineCitizens []PersonID               `json:"online_citizens"`
	Ready          []PersonID               `json:"ready"`
	Citizens       map[PersonID]CitizenName `json:"citizens"`
	Waiting        []PersonID               `json:"waiting"`
	CitizensOnline int                      `json:"citizens_online"`
	Texts          map[string]string        `json:"texts"`
	Head           string                   `json:"head"`
}

func (l scenarioLive) live() *Live {
	out := &Live{
		Online: map[PersonID]bool{}, Ready: map[PersonID]bool{}, Citizens: l.Citizens, Waiting: l.Waiting,
		Texts: l.Texts, CitizensOnline: l.CitizensOnline, Head: l.Head,
	}
	for _, id := range append(l.Online, l.OnlineCitizens...) {
		out.Online[id] = true
	}
	for _, id := range l.Ready {
		out.Ready[id] = true
	}
	return out
}

// play runs a scenario; every command of it succeeds.
func play(t testing.TB, name string) (*house, *Live) {
	t.Helper()
	file, err := os.Open(filepath.Join("testdata", name+".jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	var h *house
	var live *Live
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for n := 1; lines.Scan(); n++ {
		var l scenarioLine
		if err := json.Unmarshal(lines.Bytes(), &l); err != nil {
			t.Fatalf("%s:%d: %v", name, n, err)
		}
		switch {
		case l.Published != nil:
			h = newHouse(t, *l.Published)
		case l.Live != nil:
			live = l.Live.live()
		default:
			h.line(t, fmt.Sprintf("%s:%d", name, n), l)
		}
	}
	return h, live
}

func (h *house) line(t testing.TB, where string, l scenarioLine) {
	t.Helper()
	raw := l.Command
	if n := len(h.ballots); n > 0 {
		raw = bytes.ReplaceAll(raw, []byte("@ballot"), []byte(h.ballots[n-1].open.Ballot))
	}
	if n := len(h.messages); n > 0 {
		raw = bytes.ReplaceAll(raw, []byte(`"@message"`), strconv.AppendUint(nil, h.messages[n-1].seq, 10))
	}
	var head struct{ Type string }
	if err := json.Unmarshal(raw, &head); err != nil {
		t.Fatalf("%s: %v", where, err)
	}
	decode := DecodeCommand
	if l.System {
		decode = func(name string, fields json.RawMessage) (CommandBody, error) {
			bare, err := withoutEnvelope(fields)
			if err != nil {
				return nil, err
			}
			return systemCommands[name](bare)
		}
	}
	body, err := decode(head.Type, raw)
	if err != nil {
		t.Fatalf("%s: %v", where, err)
	}
	switch c := body.(type) {
	case MessageSend:
		c.Ref = l.Ref
		body = c
	case AdmissionSet:
		c.Inside = l.Inside
		body = c
	}
	place := l.Place
	if place == "" {
		place = Online
	}
	actor := Actor{Person: l.By, Roles: l.Roles, Place: place, System: l.System}
	h.now = l.At
	events, err := h.Decide(Command{Actor: actor, ID: l.ID, At: l.At, Body: body})
	if err != nil {
		t.Fatalf("%s: %v %v", where, err, asError(err).Data)
	}
	if len(events) == 0 {
		t.Fatalf("%s: %s changes nothing", where, head.Type)
	}
	for _, e := range events {
		h.record(t, actor, "", e)
	}
}

// scenarios and the persons whose own view is written.
var scenarios = map[string][]PersonID{
	"ky-hop":   {"p01", "p14", "p03", "p09", "p25", "p29", "clerk", "guest", "hall1", "display", "cu1"},
	"ket-qua":  {"p01", "p06", "p25", "p26", "clerk", "hall1"},
	"tiep-xuc": {"chair", "clerk", "p02", "hall1", "cu1", "cu2", "cu5", "cu6"},
}

func TestGoldenViews(t *testing.T) {
	for name, persons := range scenarios {
		t.Run(name, func(t *testing.T) {
			h, live := play(t, name)
			for _, a := range Audiences {
				for _, topic := range Topics {
					if view := h.View(topic, a, live); view != nil {
						golden(t, name, fmt.Sprintf("%s.%s.json", a, topic), view)
					}
				}
			}
			for _, id := range persons {
				golden(t, name, fmt.Sprintf("self.%s.json", id), h.Self(id, live))
			}
			golden(t, name, "media.json", h.Media(live))
		})
	}
}

func golden(t *testing.T, scenario, file string, view any) {
	t.Helper()
	path := filepath.Join("testdata", "golden", scenario, file)
	var got bytes.Buffer
	enc := json.NewEncoder(&got)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	if err := enc.Encode(view); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Bytes(), want) {
		t.Errorf("%s differs from what the sitting shows; run with -update and read the difference\n%s", path, got.String())
	}
}
