package room_test

import (
	"testing"
	"testing/synctest"
	"time"

	"nghitruong/council"
)

// TestReturnsOfManyAreShownTogether: a large sitting that comes back costs everybody one list of people a second, not one for each
// return; what somebody does is shown as fast as ever, with the connections of the moment.
func TestReturnsOfManyAreShownTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const n = 200
		s := open(t, newMemory(), newSide(), n)
		s.gather(n)
		_, o := s.attach(deputy(1))
		for i := 2; i <= n-1; i++ {
			s.attach(deputy(i))
		}
		step(2 * time.Second)
		o.reset()
		last, _ := s.attach(deputy(n))
		for range 100 { // one second of comings and goings
			step(10 * time.Millisecond)
			last.Detach()
			last, _ = s.attach(deputy(n))
		}
		if got := o.counted(council.TopicPeople); got > 2 {
			t.Errorf("%d lists of people in a second", got)
		}
		step(time.Second)
		if !here(t, o, deputy(n)) {
			t.Error("who came last is not shown")
		}
		last.Detach()
		s.must(deputy(3), council.QueueRaise{Kind: council.TurnSpeak})
		step(150 * time.Millisecond)
		if here(t, o, deputy(n)) {
			t.Error("an act is shown with connections of before")
		}
		s.reg.Close()
	})
}

// TestReturnsOfFewAreShownAtOnce: in a small sitting a return is seen within the rhythm of the members.
func TestReturnsOfFewAreShownAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, newMemory(), newSide(), 5)
		s.gather(5)
		_, o := s.attach(deputy(1))
		step(time.Second)
		sub, _ := s.attach(deputy(2))
		step(110 * time.Millisecond)
		if !here(t, o, deputy(2)) {
			t.Error("the return is not shown")
		}
		sub.Detach()
		step(110 * time.Millisecond)
		if here(t, o, deputy(2)) {
			t.Error("the loss is not shown")
		}
		s.reg.Close()
	})
}

func here(t *testing.T, o *outlet, id council.PersonID) bool {
	t.Helper()
	for _, p := range newest[council.PeopleView](t, o, council.TopicPeople).People {
		if p.ID == id {
			return p.Online
		}
	}
	t.Fatalf("%s is on no list", id)
	return false
}
