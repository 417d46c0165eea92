package room_test

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"nghitruong/council"
)

// types lists the types of the log's events, without the first n.
func types(l *memory, skip int) []string {
	var out []string
	for _, r := range l.records()[skip:] {
		out = append(out, r.Type)
	}
	return out
}

func TestGrace(t *testing.T) {
	for _, c := range []struct {
		name   string
		person council.PersonID
		role   council.Role
		ballot bool
		away   time.Duration
		want   []string
	}{
		{"back within the minute", deputy(2), "", false, 59 * time.Second, nil},
		{"away for longer", deputy(2), "", false, 61 * time.Second, []string{"PersonLost", "PersonBack"}},
		{"a ballot gives a deputy two minutes", deputy(2), "", true, 119 * time.Second, nil},
		{"and not more", deputy(2), "", true, 121 * time.Second, []string{"PersonLost", "PersonBack"}},
		{"a ballot does not concern the clerk", clerk, "", true, 61 * time.Second, []string{"PersonLost", "PersonBack"}},
		{"a citizen is not recorded", "c1", council.RoleCitizen, false, time.Hour, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newMemory()
				s := open(t, l, newSide(), 5)
				s.gather(5)
				if c.ballot {
					s.ballot()
				}
				sub, _ := s.attach(c.person, c.role)
				_, o := s.attach(chair)
				before := len(l.records())
				sub.Detach()
				step(200 * time.Millisecond)
				if slices.ContainsFunc(newest[council.PeopleView](t, o, council.TopicPeople).People, func(p council.PersonView) bool { return p.ID == c.person && p.Online }) {
					t.Error("shown online while away")
				}
				step(c.away - 200*time.Millisecond)
				s.attach(c.person, c.role)
				got := slices.DeleteFunc(types(l, before), func(s string) bool { return s == "AttendanceCounted" })
				if !slices.Equal(got, c.want) && (len(got) > 0 || len(c.want) > 0) {
					t.Errorf("events %v, want %v", got, c.want)
				}
				s.reg.Close()
			})
		})
	}
}

// Two sessions of one person: the first one's end is no absence.
func TestSecondSessionKeepsThePersonHere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newMemory()
		s := open(t, l, newSide(), 5)
		s.gather(5)
		one, _ := s.attach(deputy(2))
		s.attach(deputy(2))
		before := len(l.records())
		one.Detach()
		step(5 * time.Minute)
		if got := types(l, before); len(got) != 0 {
			t.Errorf("events %v", got)
		}
		s.reg.Close()
	})
}

// The event waits for a ledger that fails at the moment.
func TestLostIsSavedLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newMemory()
		s := open(t, l, newSide(), 5)
		s.gather(5)
		sub, _ := s.attach(deputy(2))
		before := len(l.records())
		sub.Detach()
		l.fault(func([]council.Record) (bool, error) { return false, errDisk })
		step(90 * time.Second)
		if got := types(l, before); len(got) != 0 {
			t.Fatalf("events %v", got)
		}
		l.fault(nil)
		step(2 * time.Second)
		if got := types(l, before); !slices.Equal(got, []string{"PersonLost"}) {
			t.Errorf("events %v", got)
		}
		s.reg.Close()
	})
}

// After a restart those who were present online are expected back; who stays away is lost, once.
func TestExpectedAfterRestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newMemory()
		s := open(t, l, newSide(), 5)
		s.gather(3)
		s.reg.Close()
		before := len(l.records())
		again := open(t, l, newSide(), 5)
		again.attach(deputy(2))
		step(3 * time.Minute)
		var lost []string
		for _, r := range l.records()[before:] {
			if r.Type == "PersonLost" {
				lost = append(lost, string(r.Body))
			}
		}
		want := []string{`{"person":"d01"}`, `{"person":"d03"}`}
		if slices.Sort(lost); !slices.Equal(lost, want) {
			t.Errorf("lost %v, want %v", lost, want)
		}
		again.reg.Close()
	})
}

func TestAttendanceIsCountedWhileOpen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newMemory()
		s := open(t, l, newSide(), 5)
		for _, id := range []council.PersonID{"c1", "c2", "c3"} {
			s.attach(id, council.RoleCitizen)
		}
		step(30 * time.Minute)
		if n := len(l.records()); n != 1 {
			t.Fatalf("%d events before the opening", n)
		}
		s.must(chair, council.SittingOpen{})
		step(21 * time.Minute)
		var online []string
		for _, r := range l.records() {
			if r.Type == "AttendanceCounted" {
				online = append(online, string(r.Body))
			}
		}
		one := []string{`{"place":"online","hall":0,"online":3}`, `{"place":"hall1","hall":0,"online":0}`}
		if !slices.Equal(online, append(slices.Clone(one), one...)) {
			t.Errorf("counts %v", online)
		}
		s.must(chair, council.SittingPause{})
		n := len(l.records())
		step(30 * time.Minute)
		if got := len(l.records()); got != n {
			t.Errorf("%d events during the pause", got-n)
		}
		s.reg.Close()
	})
}

// A clerk presides only while no chair is connected, within the time of grace included.
func TestChairTake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, newMemory(), newSide(), 5)
		s.must(chair, council.SittingOpen{})
		sub, _ := s.attach(chair)
		if _, err := s.do(clerk, council.ChairTake{}); code(err) != council.CodeChairOnline {
			t.Errorf("with the chair connected: %v", err)
		}
		sub.Detach()
		step(30 * time.Second)
		if _, err := s.do(clerk, council.ChairTake{}); code(err) != council.CodeChairOnline {
			t.Errorf("within the time of grace: %v", err)
		}
		step(31 * time.Second)
		if _, err := s.do(clerk, council.ChairTake{}); err != nil {
			t.Errorf("after the time of grace: %v", err)
		}
		s.reg.Close()
	})
}
