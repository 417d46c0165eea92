package council

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// actors of the random sittings.
var actors = []PersonID{
	"p01", "p02", "p03", "p04", "p05", "p06", "clerk", "clerk2", "guest", "hall1", "tech", "display", "cu1", "cu2", System,
}

// randomCommand draws any command, mostly sensible, by anybody.
func randomCommand(t *rapid.T, h *house) CommandBody {
	person := rapid.SampledFrom(actors[:14]).Draw(t, "person")
	ballot := fmt.Sprintf("b%d", rapid.Uint64Range(1, h.Seq()+1).Draw(t, "some ballot"))
	if n := len(h.ballots); n > 0 && rapid.IntRange(0, 9).Draw(t, "this ballot") > 0 {
		ballot = h.ballots[n-1].open.Ballot
	}
	entry := ""
	if n := len(h.queue); n > 0 && rapid.Bool().Draw(t, "an entry") {
		entry = h.queue[rapid.IntRange(0, n-1).Draw(t, "entry")].id
	}
	choice := rapid.SampledFrom([]string{"for", "against", "not_voting", "none"}).Draw(t, "choice")
	kind := rapid.SampledFrom([]TurnKind{"", TurnSpeak, TurnQuestion, TurnDebate, TurnExplain, TurnCitizen, "song"}).Draw(t, "kind")
	policy := rapid.SampledFrom([]GatePolicy{GateOpen, GateFloor, GateChair, "loud"}).Draw(t, "policy")
	state := rapid.SampledFrom([]PresenceState{
		PresencePresent, PresenceLate, PresenceExcused, PresenceUnexcused, PresenceLeft, PresenceUnknown, "here",
	}).Draw(t, "state")
	on := rapid.Bool().Draw(t, "on")
	reason := rapid.SampledFrom([]string{"", "nhầm"}).Draw(t, "reason")
	all := []CommandBody{
		SittingOpen{}, SittingPause{Minutes: 5}, SittingResume{}, AgendaGoto{"m1"}, AgendaGoto{"m2"}, AgendaGoto{"m9"},
		RollCallOpen{Seconds: 30}, RollCallCheckIn{}, RollCallCheckIn{}, RollCallSet{person, state, reason}, RollCallClose{},
		QueueRaise{Kind: kind}, QueueRaise{Kind: kind, Person: person}, QueueRaise{Label: "cử tri số 4"}, QueueWithdraw{Entry: entry},
		FloorGive{Entry: entry}, FloorGive{Person: person, Kind: kind}, FloorAccept{}, FloorDecline{}, FloorExtend{60}, FloorEnd{},
		GateSet{policy}, GateMute{person}, GateUnmute{person}, GateMuteAll{}, GateUndo{}, GateStopCitizens{on}, StagePin{person},
		BallotOpen{Item: "m2"}, BallotOpen{Template: "hai-phan-ba"}, BallotOpen{Template: "co-mat", Seconds: 60},
		VoteCast{ballot, choice}, VoteCast{ballot, choice}, VoteCast{ballot, choice}, VoteRecord{ballot, person, choice},
		BallotClose{ballot}, BallotRemind{ballot}, MessageSend{To: toAll, Text: "chào"}, MessageSend{To: toClerk, Ref: "r1"},
		MessageSend{To: string(person), Text: "vâng"}, MessageHide{Seq: h.Seq(), Reason: reason},
		AdmissionSet{On: on, Inside: []PersonID{person}}, AdmissionAdmit{Persons: []PersonID{person}}, AdmissionRefuse{person, reason},
		ChairTake{}, ChairReturn{}, ConnectionLost{person}, ConnectionBack{person}, AttendanceCount{Online, 0, 3},
		RecordingStart{Decided: on}, RecordingPause{}, RecordingResume{}, RecordingStop{}, RecordingHalt{}, RecordingReduce{on},
		RecordingSeal{Recording: "r9", Segments: []RecordedSegment{{Src: 1, N: 2}}}, RecordingMiss{Recording: "r9", Why: GapDisk},
	}
	if rapid.IntRange(0, 99).Draw(t, "end") == 0 {
		return SittingClose{}
	}
	return rapid.SampledFrom(all).Draw(t, "command")
}

// startHouse begins a random sitting before the opening, after it with a quorum, or with a ballot open.
func startHouse(rt *rapid.T, t *testing.T) *house {
	at := rapid.IntRange(0, 2).Draw(rt, "start")
	if at == 0 {
		return newHouse(t, assembly(6))
	}
	h := openHouse(t, 6, rapid.IntRange(4, 6).Draw(rt, "present"))
	if at == 2 {
		h.must(t, "p01", BallotOpen{Item: "m2"})
		for i := range rapid.IntRange(0, 4).Draw(rt, "votes") {
			h.must(t, pid(i+1), VoteCast{h.OpenBallot(), "for"})
		}
	}
	return h
}

// Whatever is asked by whom: what the events are replayed from the records gives an equal sitting with equal views, votes count once
// each, a closed ballot never changes, the queue is ordered by sequence, and no choice is seen before the close.
func TestRandomSittings(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		h := startHouse(rt, t)
		h.chairOn = rapid.Bool().Draw(rt, "chair online")
		closed := map[string]string{}
		for range rapid.IntRange(1, 60).Draw(rt, "length") {
			by := rapid.SampledFrom(actors).Draw(rt, "by")
			before := encode(t, h.everything())
			_, err := h.try(t, by, randomCommand(rt, h))
			if err != nil {
				if e := asError(err); e == nil {
					rt.Fatalf("not a refusal: %v", err)
				} else {
					checkCode(t, e)
				}
				if encode(t, h.everything()) != before {
					rt.Fatal("a refused command changed what is seen")
				}
			}
			h.checkQueue(rt)
			h.checkBallots(rt, closed)
			h.checkSecrecy(rt)
		}
		h.checkReplay(rt)
	})
}

// everything is all that anybody sees.
func (h *house) everything() map[string]any {
	live := &Live{Online: map[PersonID]bool{"p01": true}, Citizens: map[PersonID]CitizenName{"cu1": {Name: "Tên"}}}
	out := map[string]any{"media": h.Media(live), "minutes": h.Minutes()}
	for _, a := range Audiences {
		for _, topic := range Topics {
			out[string(a)+"."+string(topic)] = h.View(topic, a, live)
		}
	}
	for _, id := range actors[:14] {
		out[string(id)] = h.Self(id, live)
	}
	return out
}

func (h *house) checkReplay(t *rapid.T) {
	again := NewSitting(h.ID())
	for i := range h.log {
		e, err := h.log[i].Event()
		if err != nil {
			t.Fatalf("replay: %v", err)
		}
		again.Apply(e)
	}
	if !reflect.DeepEqual(again, h.Sitting) {
		t.Fatalf("replay differs:\n%+v\n%+v", again, h.Sitting)
	}
	last, err := VerifyChain(h.ID(), func(yield func(Record, error) bool) {
		for _, r := range h.log {
			if !yield(r, nil) {
				return
			}
		}
	})
	if err != nil || last.Seq != h.Seq() {
		t.Fatalf("chain: %v at %d of %d", err, last.Seq, h.Seq())
	}
}

func (h *house) checkQueue(t *rapid.T) {
	if !slices.IsSortedFunc(h.queue, func(a, b hand) int { return int(a.seq) - int(b.seq) }) {
		t.Fatalf("queue out of order: %v", h.order())
	}
	order := h.order()
	slices.Sort(order)
	if len(slices.Compact(order)) != len(h.queue) {
		t.Fatalf("somebody is in the queue twice: %v", h.order())
	}
}

func (h *house) checkBallots(t *rapid.T, closed map[string]string) {
	open := 0
	for _, b := range h.ballots {
		if b.result == nil {
			open++
			continue
		}
		doc := fmt.Sprintf("%+v %+v %d", b.result, b.votes, b.closedAt)
		if was, ok := closed[b.open.Ballot]; ok && was != doc {
			t.Fatalf("a closed ballot changed:\n%s\n%s", was, doc)
		}
		closed[b.open.Ballot] = doc
		sum := b.result.NotPressed
		for _, o := range b.result.Options {
			sum += o.Count
		}
		if sum != b.result.Present || len(b.votes) > b.result.Present || len(b.result.ByName) != b.result.Present {
			t.Fatalf("the sum is %d of %d present, %d votes", sum, b.result.Present, len(b.votes))
		}
	}
	if open > 1 {
		t.Fatal("two ballots are open")
	}
}

// checkSecrecy changes every vote of the open ballot but one person's to something else: nobody sees a difference but the voter
// whose vote it is.
func (h *house) checkSecrecy(t *rapid.T) {
	b := h.openBallot()
	if b == nil {
		return
	}
	before := h.everything()
	was := make(map[PersonID]vote, len(b.votes))
	for id, v := range b.votes {
		was[id] = v
		v.choice = "something else"
		b.votes[id] = v
	}
	after := h.everything()
	for id, v := range was {
		b.votes[id] = v
	}
	for name, doc := range before {
		if _, voter := was[PersonID(name)]; voter {
			continue
		}
		if !reflect.DeepEqual(doc, after[name]) {
			t.Fatalf("%s shows a choice before the close", name)
		}
	}
	for id := range was {
		if !strings.Contains(fmt.Sprint(after[string(id)]), "something else") {
			t.Fatalf("%s does not see the own choice", id)
		}
	}
}
