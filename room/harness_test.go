package room_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"nghitruong/council"
	"nghitruong/room"
)

func TestMain(m *testing.M) {
	if childMain() {
		return
	}
	goleak.VerifyTestMain(m)
}

const (
	sittingID = "sitting-a"
	councilID = "council-a"
	chair     = council.PersonID("d01")
	clerk     = council.PersonID("clerk")
	hall      = council.PersonID("hall1")
)

// deputy is the id of a deputy by seat; the chair is the first.
func deputy(seat int) council.PersonID { return council.PersonID(fmt.Sprintf("d%02d", seat)) }

// published is a sitting of n deputies, a clerk, a guest, a hall and a display.
func published(n int) council.Published {
	p := council.Published{
		Council: councilID, CouncilName: "HĐND xã Đông Cuông", Unit: "xa", Kind: "ky-hop-thuong-le",
		KindName: "Kỳ họp thường lệ", Title: "Kỳ họp thứ 2", PlannedAt: time.UnixMilli(1_790_000_000_000).UTC(),
		Public: true, Hamlets: []string{"Thôn 1", "Thôn 2"},
		Agenda: []council.AgendaItem{{ID: "i1", Title: "Khai mạc"}, {ID: "i2", Title: "Thông qua nghị quyết"}},
		Votes: []council.VoteTemplate{{
			ID: "thong-qua", Name: "Thông qua nghị quyết", Question: "Thông qua nghị quyết?",
			Options: []council.Option{
				{ID: "for", Label: "Tán thành"}, {ID: "against", Label: "Không tán thành"}, {ID: "not_voting", Label: "Không biểu quyết"},
			},
			Base: council.BaseAll, Threshold: council.Fraction{Num: 1, Den: 2, Strict: true}, RequiresQuorum: true, Announce: "Nghị quyết",
		}},
		Rules: council.Rules{
			Elected: n, InOffice: n, Quorum: council.Fraction{Num: 2, Den: 3}, QuorumBase: council.BaseAll,
			TurnSeconds: map[council.TurnKind]int{council.TurnSpeak: 420, council.TurnCitizen: 180}, SecondTurn: 180,
			RollCall: true, GraceSeconds: 60, GatePolicy: council.GateFloor,
		},
	}
	for seat := 1; seat <= n; seat++ {
		roles := []council.Role{council.RoleDeputy}
		if seat == 1 {
			roles = []council.Role{council.RoleChair, council.RoleDeputy}
		}
		p.People = append(p.People, council.Person{
			ID: deputy(seat), Name: fmt.Sprintf("Đại biểu số %02d", seat), Label: fmt.Sprintf("ĐB %02d", seat), Seat: seat, Roles: roles,
		})
	}
	p.People = append(p.People,
		council.Person{ID: clerk, Name: "Thư ký", Label: "Thư ký", Roles: []council.Role{council.RoleClerk}},
		council.Person{ID: "guest", Name: "Khách mời", Label: "Khách mời", Roles: []council.Role{council.RoleGuest}},
		council.Person{ID: hall, Name: "Điểm cầu 1", Label: "ĐC1", Roles: []council.Role{council.RoleHall}},
		council.Person{ID: "display", Name: "Màn hình", Label: "Màn hình", Roles: []council.Role{council.RoleDisplay}},
	)
	return p
}

// permits is a small table with the shape of the real one.
func permits(roles []council.Role, command string) bool {
	area, _, _ := strings.Cut(command, ".")
	for _, r := range roles {
		switch r {
		case council.RoleChair, council.RoleClerk:
			return true
		case council.RoleDeputy:
			if slices.Contains([]string{"rollcall.checkin", "vote.cast", "floor.accept", "floor.decline"}, command) || slices.Contains([]string{"queue", "message"}, area) {
				return true
			}
		case council.RoleCitizen, council.RoleGuest:
			if command == "message.send" || area == "queue" || command == "floor.accept" {
				return true
			}
		default:
		}
	}
	return false
}

// memory is a ledger in memory whose faults a test sets.
type memory struct {
	mu     sync.Mutex
	logs   map[string][]council.Record
	append func(records []council.Record) (store bool, err error) // nil: store
	load   func() error                                           // nil: fine
	head   func() error                                           // nil: fine
	hang   bool                                                   // appends answer only when their patience ends
}

var errStale = errors.New("stale")

func newMemory() *memory { return &memory{logs: map[string][]council.Record{}} }

func (m *memory) Append(ctx context.Context, councilID, log string, after uint64, records []council.Record) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	key := councilID + "/" + log
	if uint64(len(m.logs[key])) != after {
		return errStale
	}
	keep, err := true, error(nil)
	if m.append != nil {
		keep, err = m.append(records)
	}
	if keep {
		m.logs[key] = append(m.logs[key], records...)
	}
	if m.hang {
		<-ctx.Done()
		return ctx.Err()
	}
	return err
}

func (m *memory) Head(ctx context.Context, councilID, log string) (uint64, [32]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if ctx.Err() != nil {
		return 0, [32]byte{}, ctx.Err()
	}
	if m.head != nil {
		if err := m.head(); err != nil {
			return 0, [32]byte{}, err
		}
	}
	list := m.logs[councilID+"/"+log]
	if len(list) == 0 {
		return 0, [32]byte{}, nil
	}
	last := list[len(list)-1]
	return last.Seq, last.Hash, nil
}

func (m *memory) Load(ctx context.Context, councilID, log string, after uint64, fn func(council.Record) error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	m.mu.Lock()
	if m.load != nil {
		if err := m.load(); err != nil {
			m.mu.Unlock()
			return err
		}
	}
	list := slices.Clone(m.logs[councilID+"/"+log])
	m.mu.Unlock()
	for _, r := range list {
		if r.Seq > after {
			if err := fn(r); err != nil {
				return err
			}
		}
	}
	return nil
}

func (m *memory) records() []council.Record {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.logs[councilID+"/"+sittingID])
}

func (m *memory) fault(fn func([]council.Record) (bool, error)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.append = fn
}

func (m *memory) CouncilOf(_ context.Context, sitting string) (string, error) {
	if sitting != sittingID {
		return "", missing{}
	}
	return councilID, nil
}

type missing struct{}

func (missing) Error() string  { return "no such sitting" }
func (missing) NotFound() bool { return true }

// side is a side table in memory.
type side struct {
	mu    sync.Mutex
	texts map[string]string
	names map[council.PersonID]council.CitizenName
}

func newSide() *side {
	return &side{texts: map[string]string{}, names: map[council.PersonID]council.CitizenName{}}
}

func (s *side) PutText(_ context.Context, _, _ string, person council.PersonID, text string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	ref := fmt.Sprintf("ref-%s-%d", person, len(s.texts))
	s.texts[ref] = text
	return ref, nil
}

func (s *side) Texts(context.Context, string, string) (map[string]string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.texts), nil
}

func (s *side) Citizen(_ context.Context, _, _ string, person council.PersonID) (council.CitizenName, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n, ok := s.names[person]
	return n, ok, nil
}

func (s *side) Citizens(context.Context, string, string) (map[council.PersonID]council.CitizenName, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.names), nil
}

// ledger is what the tests need of a real or a memory ledger.
type ledger interface {
	room.Ledger
	room.Directory
}

// stage is a published sitting with its registry.
type stage struct {
	t    testing.TB
	reg  *room.Registry
	room *room.Room
	side room.SideTable
	name string // of this start, so that its keys are fresh
	keys int
}

// open starts a registry over a ledger, publishing first if the log is empty.
func open(t testing.TB, l ledger, s room.SideTable, n int) *stage {
	t.Helper()
	reg, err := room.NewRegistry(room.Config{Ledger: l, Permits: room.PermitsFunc(permits), Side: s, Directory: l})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(reg.Close)
	if err := reg.Publish(t.Context(), sittingID, published(n), clerk); err != nil {
		t.Fatalf("publish: %v", err)
	}
	r, err := reg.Room(t.Context(), sittingID)
	if err != nil {
		t.Fatalf("room: %v", err)
	}
	return &stage{t: t, reg: reg, room: r, side: s, name: rand.Text()}
}

// do acts with a fresh key.
func (s *stage) do(person council.PersonID, body council.CommandBody) (room.Answer, error) {
	s.keys++
	return s.room.Do(s.t.Context(), command(person, fmt.Sprintf("%s-%d", s.name, s.keys), body))
}

// must acts and waits until what goes at once was shown: the answer comes before the views.
func (s *stage) must(person council.PersonID, body council.CommandBody) room.Answer {
	s.t.Helper()
	a, err := s.do(person, body)
	if err != nil {
		s.t.Fatalf("%s by %s: %v", body.CommandName(), person, err)
	}
	if err := s.room.Look(s.t.Context(), func(*council.Sitting) {}); err != nil {
		s.t.Fatal(err)
	}
	return a
}

func command(person council.PersonID, key string, body council.CommandBody) council.Command {
	return council.Command{Actor: council.Actor{Person: person, Place: council.Online}, ID: key, Body: body}
}

// gather opens the sitting and has the first n deputies check in.
func (s *stage) gather(n int) {
	s.t.Helper()
	s.must(chair, council.SittingOpen{})
	s.must(clerk, council.RollCallOpen{})
	for seat := 1; seat <= n; seat++ {
		s.must(deputy(seat), council.RollCallCheckIn{})
	}
	s.must(clerk, council.RollCallClose{})
}

// ballot opens a vote and gives its id.
func (s *stage) ballot() string {
	s.t.Helper()
	s.must(chair, council.BallotOpen{Template: "thong-qua"})
	var id string
	if err := s.room.Look(s.t.Context(), func(st *council.Sitting) { id = st.OpenBallot() }); err != nil || id == "" {
		s.t.Fatalf("no open ballot: %v", err)
	}
	return id
}

// outlet records what a session was handed.
type outlet struct {
	mu    sync.Mutex
	docs  map[council.Topic]json.RawMessage
	seqs  map[council.Topic]uint64
	count map[council.Topic]int
	stand []room.Standing
	news  chan struct{} // holds one: something came
}

func newOutlet() *outlet {
	return &outlet{
		docs: map[council.Topic]json.RawMessage{}, seqs: map[council.Topic]uint64{}, count: map[council.Topic]int{},
		news: make(chan struct{}, 1),
	}
}

func (o *outlet) View(t council.Topic, seq uint64, doc []byte) {
	o.mu.Lock()
	o.docs[t], o.seqs[t] = doc, seq
	o.count[t]++
	o.mu.Unlock()
	o.tell()
}

func (o *outlet) Standing(s room.Standing) {
	o.mu.Lock()
	o.stand = append(o.stand, s)
	o.mu.Unlock()
	o.tell()
}

func (o *outlet) tell() {
	select {
	case o.news <- struct{}{}:
	default:
	}
}

// topics lists what came so far, and reset forgets it.
func (o *outlet) topics() []council.Topic {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Sorted(maps.Keys(o.docs))
}

func (o *outlet) reset() {
	o.mu.Lock()
	defer o.mu.Unlock()
	clear(o.docs)
	clear(o.count)
	o.stand = nil
}

func (o *outlet) counted(t council.Topic) int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.count[t]
}

func (o *outlet) standing() room.Standing {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.stand) == 0 {
		return room.Standing{}
	}
	return o.stand[len(o.stand)-1]
}

// newest decodes the newest document of a topic; zero when none came.
func newest[T any](t *testing.T, o *outlet, topic council.Topic) T {
	t.Helper()
	o.mu.Lock()
	defer o.mu.Unlock()
	var v T
	if doc, ok := o.docs[topic]; ok {
		if err := json.Unmarshal(doc, &v); err != nil {
			t.Fatalf("view %s: %v", topic, err)
		}
	}
	return v
}

// until waits for something to become true at an outlet.
func (o *outlet) until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.NewTimer(5 * time.Second)
	defer deadline.Stop()
	for !ok() {
		select {
		case <-o.news:
		case <-deadline.C:
			t.Fatalf("never came: %s", what)
		}
	}
}

func (s *stage) attach(person council.PersonID, roles ...council.Role) (*room.Subscriber, *outlet) {
	s.t.Helper()
	o := newOutlet()
	sub, err := s.room.Attach(s.t.Context(), room.Attachment{Person: person, Roles: roles, Place: council.Online}, o)
	if err != nil {
		s.t.Fatalf("attach %s: %v", person, err)
	}
	return sub, o
}

// code is the code of a refusal, or the error's text.
func code(err error) string {
	var e *council.Error
	switch {
	case err == nil:
		return ""
	case errors.As(err, &e):
		return e.Code
	default:
		return err.Error()
	}
}
