package room_test

import (
	"bytes"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"nghitruong/council"
	"nghitruong/room"
)

// step lets the bubble's clock run.
func step(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func TestAttachGivesEverythingOnce(t *testing.T) {
	s := open(t, newMemory(), newSide(), 5)
	_, o := s.attach(deputy(2))
	want := slices.Sorted(slices.Values(council.Topics))
	if got := o.topics(); !slices.Equal(got, want) {
		t.Errorf("topics %v, want %v", got, want)
	}
	self := newest[council.SelfView](t, o, council.TopicSelf)
	if self.Person != deputy(2) || !self.Voter || self.Audience != council.AudienceDeputy || !slices.Contains(self.May, "vote.cast") || slices.Contains(self.May, "sitting.open") {
		t.Errorf("self %+v", self)
	}
	if st := o.standing(); st.Audience != council.AudienceDeputy || st.Waiting || st.Out {
		t.Errorf("standing %+v", st)
	}
	if head := newest[council.AgendaView](t, o, council.TopicAgenda).Sitting; head.ID != sittingID {
		t.Errorf("head %+v", head)
	}
	if _, err := s.room.Attach(t.Context(), room.Attachment{Person: "stranger", Roles: []council.Role{council.RoleClerk}}, newOutlet()); code(err) != room.CodeNotAllowed {
		t.Errorf("a stranger who claims to be the clerk: %v", err)
	}
}

func TestResumeGetsOnlyWhatIsNewer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, newMemory(), newSide(), 5)
		s.gather(5)
		sub, o := s.attach(deputy(2))
		step(time.Second)
		sub.Detach()
		since := s.room.Seq()
		s.must(deputy(3), council.QueueRaise{Kind: council.TurnSpeak})
		back := newOutlet()
		if _, err := s.room.Attach(t.Context(), room.Attachment{Person: deputy(2), Since: since + 1, Boot: s.room.Boot(), Place: council.Online}, back); err != nil {
			t.Fatal(err)
		}
		got := back.topics()
		if !slices.Contains(got, council.TopicQueue) || !slices.Contains(got, council.TopicSelf) || slices.Contains(got, council.TopicRollCall) || slices.Contains(got, council.TopicBallot) {
			t.Errorf("resume got %v", got)
		}
		other := newOutlet()
		if _, err := s.room.Attach(t.Context(), room.Attachment{Person: deputy(4), Since: since + 1, Boot: "another start", Place: council.Online}, other); err != nil {
			t.Fatal(err)
		}
		if got := other.topics(); len(got) != len(council.Topics) {
			t.Errorf("after another start of the server: %v", got)
		}
		_ = o
		s.reg.Close()
	})
}

// Bursts are coalesced: at most ten documents of a topic a second to members, four to citizens, and the last one always.
func TestViewsAreCoalesced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, newMemory(), newSide(), 40)
		s.gather(40)
		ballot := s.ballot()
		_, member := s.attach(deputy(40))
		_, citizen := s.attach("c1", council.RoleCitizen)
		step(time.Second)
		member.reset()
		citizen.reset()
		for i := range 200 { // 200 votes in two seconds
			s.must(deputy(1+i%39), council.VoteCast{Ballot: ballot, Choice: []string{"for", "against", "not_voting"}[i%3]})
			step(10 * time.Millisecond)
		}
		if n := member.counted(council.TopicBallot); n < 5 || n > 21 {
			t.Errorf("a member got %d ballot documents in two seconds", n)
		}
		if n := citizen.counted(council.TopicBallot); n < 2 || n > 9 {
			t.Errorf("a citizen got %d ballot documents in two seconds", n)
		}
		step(time.Second)
		for name, o := range map[string]*outlet{"member": member, "citizen": citizen} {
			if v := newest[council.BallotView](t, o, council.TopicBallot); v.Ballot == nil || v.Ballot.Pressed != 39 || v.Ballot.Result != nil {
				t.Errorf("the %s's last document: %+v", name, v.Ballot)
			}
			if n := o.counted(council.TopicAgenda); n > 2 {
				t.Errorf("the %s got %d agendas that no vote changes", name, n)
			}
		}
		member.reset()
		s.must(chair, council.BallotClose{Ballot: ballot})
		if v := newest[council.BallotView](t, member, council.TopicBallot); v.Ballot == nil || v.Ballot.Result == nil {
			t.Error("the close was not shown at once")
		}
		s.reg.Close()
	})
}

// What must go at once goes before the answer's sender can ask again, however fresh the last documents are.
func TestUrgentViewsDoNotWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, newMemory(), newSide(), 5)
		s.gather(5)
		_, o := s.attach("c1", council.RoleCitizen)
		step(time.Second)
		// Each act comes at the very instant of the one before: nothing is due by time.
		s.must(deputy(2), council.QueueRaise{Kind: council.TurnSpeak})
		s.must(chair, council.FloorGive{Person: deputy(3)})
		s.must(deputy(3), council.FloorAccept{})
		for _, c := range []struct {
			body council.CommandBody
			ok   func() bool
		}{
			{council.GateSet{Policy: council.GateOpen}, func() bool {
				return newest[council.FloorView](t, o, council.TopicFloor).Policy == council.GateOpen
			}},
			{council.FloorEnd{}, func() bool { return newest[council.FloorView](t, o, council.TopicFloor).Holder == nil }},
			{council.BallotOpen{Template: "thong-qua"}, func() bool { return newest[council.BallotView](t, o, council.TopicBallot).Ballot != nil }},
		} {
			s.must(chair, c.body)
			if !c.ok() {
				t.Errorf("%s was not shown at once", c.body.CommandName())
			}
		}
		s.reg.Close()
	})
}

// A citizen's name goes to chair and clerk only; a vote's choice to nobody but the voter while the ballot is open.
func TestWhoSeesWhat(t *testing.T) {
	names := newSide()
	names.names["c1"] = council.CitizenName{Name: "Tên Cử Tri Bí Mật", Hamlet: "Thôn 1"}
	l := newMemory()
	s := open(t, l, names, 5)
	s.gather(5)
	outlets := map[council.PersonID]*outlet{}
	for person, role := range map[council.PersonID]council.Role{
		deputy(2): "", deputy(3): "", clerk: "", hall: "", "display": "", "guest": "", "c1": council.RoleCitizen, "c2": council.RoleCitizen,
	} {
		_, outlets[person] = s.attach(person, role)
	}
	const text = "Lời nhắn riêng của cử tri"
	s.must(chair, council.FloorGive{Person: "c1"})
	if _, err := s.room.Do(t.Context(), command("c1", "m", council.MessageSend{To: "clerk", Text: text})); code(err) != room.CodeNotAllowed {
		t.Errorf("a person without roles sent a message: %v", err)
	}
	cmd := command("c1", "m", council.MessageSend{To: "clerk", Text: text})
	cmd.Actor.Roles = []council.Role{council.RoleCitizen}
	first, err := s.room.Do(t.Context(), cmd)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := s.room.Do(t.Context(), cmd); err != nil || again.Seq != first.Seq {
		t.Errorf("the message again: %+v, %v", again, err)
	}
	ballot := s.ballot()
	s.must(deputy(2), council.VoteCast{Ballot: ballot, Choice: "not_voting"})
	for person, o := range outlets {
		o.mu.Lock()
		all := bytes.Join([][]byte{o.docs[council.TopicFloor], o.docs[council.TopicQueue], o.docs[council.TopicPeople], o.docs[council.TopicMessages], o.docs[council.TopicBallot]}, nil)
		self := o.docs[council.TopicSelf]
		o.mu.Unlock()
		if seen := bytes.Contains(all, []byte("Bí Mật")); seen != (person == clerk) {
			t.Errorf("%s sees the citizen's name: %v", person, seen)
		}
		if seen := bytes.Contains(append(all, self...), []byte(text)); seen != (person == clerk || person == "c1") {
			t.Errorf("%s sees the citizen's message: %v", person, seen)
		}
		if seen := bytes.Contains(self, []byte(`"choice":"not_voting"`)); seen != (person == deputy(2)) {
			t.Errorf("%s sees the choice in self: %v", person, seen)
		}
		if bytes.Contains(all, []byte(`"choice":"not_voting"`)) {
			t.Errorf("%s sees the choice", person)
		}
	}
	for _, r := range l.records() {
		if bytes.Contains(r.Body, []byte("Bí Mật")) || bytes.Contains(r.Body, []byte(text)) {
			t.Errorf("record %d holds personal data: %s", r.Seq, r.Body)
		}
	}
	names.mu.Lock()
	clear(names.texts)
	clear(names.names)
	names.mu.Unlock()
	if err := s.room.Forget(t.Context(), "c1"); err != nil {
		t.Fatal(err)
	}
	outlets[clerk].mu.Lock()
	defer outlets[clerk].mu.Unlock()
	for topic, doc := range outlets[clerk].docs {
		if bytes.Contains(doc, []byte("Bí Mật")) || bytes.Contains(doc, []byte(text)) {
			t.Errorf("%s shows the clerk the erased citizen", topic)
		}
	}
}

func TestWaitingRoom(t *testing.T) {
	names := newSide()
	for i, hamlet := range []string{"Thôn 1", "Thôn 2", "Thôn 1", "Thôn 2"} {
		names.names[council.PersonID(fmt.Sprint("c", i+1))] = council.CitizenName{Name: "X", Hamlet: hamlet}
	}
	s := open(t, newMemory(), names, 5)
	s.must(chair, council.SittingOpen{})
	_, early := s.attach("c1", council.RoleCitizen)
	s.must(clerk, council.AdmissionSet{On: true})
	if early.standing().Waiting {
		t.Error("who was inside must wait now")
	}
	waiting := map[string]*outlet{}
	for _, id := range []string{"c2", "c3", "c4"} {
		_, waiting[id] = s.attach(council.PersonID(id), council.RoleCitizen)
	}
	_, member := s.attach(deputy(2))
	if member.standing().Waiting {
		t.Error("a deputy waits")
	}
	for i, id := range []string{"c2", "c3", "c4"} {
		o := waiting[id]
		if got := o.topics(); !slices.Equal(got, []council.Topic{council.TopicAgenda, council.TopicSelf}) {
			t.Errorf("%s, who waits, got %v", id, got)
		}
		if st := o.standing(); !st.Waiting || st.Ahead != i {
			t.Errorf("%s: %+v", id, st)
		}
	}
	cmd := command("c2", "k", council.QueueRaise{})
	cmd.Actor.Roles = []council.Role{council.RoleCitizen}
	if _, err := s.room.Do(t.Context(), cmd); code(err) != council.CodeWaiting {
		t.Errorf("who waits raised a hand: %v", err)
	}
	s.must(clerk, council.AdmissionAdmit{Hamlet: "Thôn 2"})
	for id, in := range map[string]bool{"c2": true, "c3": false, "c4": true} {
		if st := waiting[id].standing(); st.Waiting == in {
			t.Errorf("%s after Thôn 2 was admitted: %+v", id, st)
		}
	}
	if got := waiting["c2"].topics(); len(got) != len(council.Topics) {
		t.Errorf("c2, now inside, got %v", got)
	}
	if st := waiting["c3"].standing(); st.Ahead != 0 {
		t.Errorf("c3 is first now: %+v", st)
	}
	s.must(clerk, council.AdmissionAdmit{All: true})
	if waiting["c3"].standing().Waiting {
		t.Error("c3 waits after all were admitted")
	}
	s.must(clerk, council.AdmissionRefuse{Person: "c4", Reason: "gây rối"})
	if st := waiting["c4"].standing(); !st.Out || st.Reason != "gây rối" {
		t.Errorf("c4 was shown out: %+v", st)
	}
	waiting["c4"].reset()
	s.must(chair, council.GateSet{Policy: council.GateOpen})
	if got := waiting["c4"].topics(); len(got) != 0 {
		t.Errorf("c4, who is out, got %v", got)
	}
}

func TestDirections(t *testing.T) {
	s := open(t, newMemory(), newSide(), 5)
	var got []council.MediaDirection
	if err := s.room.OnDirection(t.Context(), func(d council.MediaDirection) { got = append(got, d) }); err != nil {
		t.Fatal(err)
	}
	look := func() council.MediaDirection {
		t.Helper()
		var d council.MediaDirection
		if err := s.room.Look(t.Context(), func(*council.Sitting) { d = got[len(got)-1] }); err != nil {
			t.Fatal(err)
		}
		return d
	}
	if look().Mic[deputy(2)] {
		t.Error("a deputy's microphone is open before the opening")
	}
	s.must(chair, council.SittingOpen{})
	s.must(chair, council.GateSet{Policy: council.GateOpen})
	if !look().Mic[deputy(2)] {
		t.Error("the policy is open, the microphone is not")
	}
	s.must(chair, council.GateMute{Person: deputy(2)})
	if d := look(); d.Mic[deputy(2)] || !d.Mic[deputy(3)] {
		t.Errorf("after the mute: %+v", d.Mic)
	}
	before := len(got)
	s.must(deputy(3), council.QueueRaise{})
	look()
	if len(got) != before {
		t.Error("a raised hand directs the media")
	}
}

func TestHallReady(t *testing.T) {
	s := open(t, newMemory(), newSide(), 5)
	_, o := s.attach(clerk)
	ready := func() int { return newest[council.PeopleView](t, o, council.TopicPeople).Counts.HallsReady }
	if err := s.room.SetReady(t.Context(), hall, true); err != nil || ready() != 0 {
		t.Errorf("a hall without a session is ready: %v", err)
	}
	sub, _ := s.attach(hall)
	if err := s.room.SetReady(t.Context(), hall, true); err != nil {
		t.Fatal(err)
	}
	o.until(t, "the hall is ready", func() bool { return ready() == 1 })
	sub.Detach()
	sub.Detach()
	o.until(t, "the hall is gone", func() bool { return ready() == 0 })
}
