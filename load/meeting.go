//go:build linux

package load

import (
	"archive/zip"
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// Lines of the two kinds of people: audio, video.
const (
	memberVoices, memberPictures     = 4, 9
	audienceVoices, audiencePictures = 2, 2
	recordMax                        = 1 << 20 // bytes of a ledger's record
)

// meeting is one sitting under load. Of a standing meeting only run and door are known.
type meeting struct {
	run      *run
	door     string
	id       string
	office   *device
	deputies []*deputy // the first one presides
	ballot   string

	mu    sync.Mutex
	acked map[string]bool // ids of the votes that were acknowledged
}

// deputy is one person on a made meeting's list.
type deputy struct {
	m       *meeting
	link    string
	code    string
	person  string
	voice   bool
	picture bool

	session *session
}

// convene makes, publishes and opens a meeting. A meeting that was published is given also beside an error: it must be closed.
func (r *run) convene(ctx context.Context, n int) (*meeting, error) {
	office := newDevice(r.wire)
	if err := office.call(ctx, http.MethodPost, "/api/login", map[string]any{"name": r.plan.Account, "password": r.plan.Password}, nil); err != nil {
		return nil, fmt.Errorf("sign in: %w", err)
	}
	var draft struct {
		ID      string         `json:"id"`
		Version int            `json:"version"`
		Doc     map[string]any `json:"doc"`
	}
	title := fmt.Sprintf("Thử tải %d – %s", n+1, time.Now().Format("15:04:05"))
	if err := office.call(ctx, http.MethodPost, "/api/office/sittings", map[string]any{
		"template": "ky-hop-thuong-le", "title": title, "planned_at": time.Now().UTC().Format(time.RFC3339),
	}, &draft); err != nil {
		return nil, fmt.Errorf("make a draft: %w", err)
	}
	fillIn(draft.Doc, r.plan.Deputies)
	path := "/api/office/sittings/" + draft.ID
	if err := office.call(ctx, http.MethodPut, path, map[string]any{"version": draft.Version, "doc": draft.Doc}, &draft); err != nil {
		return nil, fmt.Errorf("save the draft: %w", err)
	}
	var out struct {
		Door  string
		Links []struct {
			Person, URL, Code string
			Roles             []string
		}
	}
	if err := office.call(ctx, http.MethodPost, path+"/publish", map[string]any{"version": draft.Version}, &out); err != nil {
		return nil, fmt.Errorf("publish: %w", err)
	}
	m := &meeting{run: r, door: out.Door, id: draft.ID, office: office, acked: map[string]bool{}}
	for _, l := range out.Links {
		if i := len(m.deputies); slices.Contains(l.Roles, "deputy") { // the office's own clerk is on the list too
			m.deputies = append(m.deputies, &deputy{m: m, link: l.URL, code: l.Code, person: l.Person, voice: i < r.plan.Speakers, picture: i == 0})
		}
	}
	if len(m.deputies) == 0 {
		return m, errors.New("the server gave no links")
	}
	return m, m.open(ctx)
}

// fillIn puts n deputies by seat into a draft; the first one presides. Citizens may come.
func fillIn(doc map[string]any, n int) {
	var people []map[string]any
	for i := range n {
		roles := []string{"deputy"}
		if i == 0 {
			roles = []string{"chair", "deputy"}
		}
		people = append(people, map[string]any{
			"id": "", "name": fmt.Sprintf("Đại biểu số %02d", i+1), "label": fmt.Sprintf("Đại biểu %02d", i+1), "seat": i + 1, "roles": roles,
		})
	}
	doc["people"], doc["public"] = people, true
	if rules, ok := doc["rules"].(map[string]any); ok {
		rules["elected"], rules["in_office"] = n, n
	}
}

// open lets the chair in and opens the meeting with all microphones.
func (m *meeting) open(ctx context.Context) error {
	chair := m.deputies[0]
	if err := chair.enter(ctx); err != nil {
		return fmt.Errorf("the chair: %w", err)
	}
	if err := chair.do(ctx, "sitting.open", nil); err != nil {
		return err
	}
	if err := chair.do(ctx, "gate.set", map[string]any{"policy": "open"}); err != nil {
		return err
	}
	return chair.do(ctx, "stage.pin", map[string]any{"person": chair.person})
}

// begin starts hands and votes of those deputies who came.
func (m *meeting) begin(ctx, acting context.Context) error {
	if m.office == nil || !m.run.plan.Hands && !m.run.plan.Votes || ctx.Err() != nil {
		return nil
	}
	chair := m.deputies[0]
	if m.run.plan.Votes {
		if err := m.openBallot(ctx); err != nil {
			return fmt.Errorf("load: open a ballot: %w", err)
		}
	}
	for _, d := range m.deputies {
		if d.session == nil {
			continue
		}
		if m.run.plan.Votes {
			m.run.acts.Go(func() { m.vote(acting, d.session) })
		}
		if m.run.plan.Hands && d != chair {
			m.run.acts.Go(func() { m.run.raise(acting, d.session) })
		}
	}
	return nil
}

// openBallot calls the roll and opens a public vote.
func (m *meeting) openBallot(ctx context.Context) error {
	chair := m.deputies[0]
	if err := chair.do(ctx, "rollcall.open", nil); err != nil {
		return err
	}
	for _, d := range m.deputies {
		if d.session != nil {
			if err := d.do(ctx, "rollcall.checkin", nil); err != nil {
				return err
			}
		}
	}
	if err := chair.do(ctx, "rollcall.close", nil); err != nil {
		return err
	}
	if err := chair.do(ctx, "ballot.open", map[string]any{"question": "Biểu quyết thử tải", "template": "thong-qua-nghi-quyet"}); err != nil {
		return err
	}
	var err error
	m.ballot, err = chair.session.openBallot(ctx)
	return err
}

// vote changes one deputy's choice again and again.
func (m *meeting) vote(ctx context.Context, s *session) {
	choices := []string{"for", "against", "not_voting"}
	for n := 0; idle(ctx, s, voteEvery); n++ {
		id, begun := newID(), time.Now()
		err := act(ctx, s, "vote.cast", map[string]any{"id": id, "ballot": m.ballot, "choice": choices[n%len(choices)]})
		m.run.note(&m.run.votes, begun, err)
		if err == nil {
			m.mu.Lock()
			m.acked[id] = true
			m.mu.Unlock()
		}
	}
}

// raise puts a person's hand up and down.
func (r *run) raise(ctx context.Context, s *session) {
	for n := 0; idle(ctx, s, handEvery); n++ {
		kind := "queue.raise"
		if n%2 == 1 {
			kind = "queue.withdraw"
		}
		begun := time.Now()
		err := act(ctx, s, kind, nil)
		r.note(&r.hands, begun, err)
	}
}

// act is sent whole: the end of the load waits for its answer.
func act(ctx context.Context, s *session, kind string, fields map[string]any) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), actPatience)
	defer cancel()
	_, err := s.ask(ctx, kind, fields)
	return err
}

// idle waits between two acts; false = there are no more.
func idle(ctx context.Context, s *session, d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-s.ended:
	case <-ctx.Done():
	}
	return false
}

// enter exchanges the link and opens the socket.
func (d *deputy) enter(ctx context.Context) error {
	u, err := url.Parse(d.link)
	if err != nil {
		return fmt.Errorf("load: a link: %w", err)
	}
	token, _, _ := strings.Cut(u.Fragment, ".")
	own := newDevice(d.m.run.wire)
	if err := own.call(ctx, http.MethodPost, "/api/doors/"+d.m.door+"/link", map[string]any{"token": token, "code": d.code}, nil); err != nil {
		return err
	}
	d.session, err = openSession(ctx, own, d.m.door)
	return err
}

// join opens what a deputy's page opens; the chair's socket stands already.
func (d *deputy) join(ctx context.Context, s *seat) (err error) {
	if d.session == nil {
		if err := d.enter(ctx); err != nil {
			return err
		}
	}
	if err := s.listen(ctx, d.session, d.m.run.crowd, "member", memberVoices, memberPictures); err != nil || !d.voice {
		return err
	}
	if s.mouth, err = d.m.run.crowd.NewPerson(d.session.offers("pub", "member")); err != nil {
		return err
	}
	_, err = s.mouth.Publish(ctx, Camera{Off: !d.picture, Layers: d.picture, Browser: true})
	return err
}

func (d *deputy) do(ctx context.Context, kind string, fields map[string]any) error {
	ctx, cancel := context.WithTimeout(ctx, joinPatience)
	defer cancel()
	if _, err := d.session.ask(ctx, kind, fields); err != nil {
		return fmt.Errorf("%s: %w", kind, err)
	}
	return nil
}

// visit is a citizen's way in.
func (m *meeting) visit(ctx context.Context, s *seat) error {
	own := newDevice(m.run.wire)
	if err := own.call(ctx, http.MethodPost, "/api/doors/"+m.door+"/enter", map[string]any{"name": "Cử tri thử tải"}, nil); err != nil {
		return err
	}
	var err error
	if s.session, err = openSession(ctx, own, m.door); err != nil {
		return err
	}
	return s.listen(ctx, s.session, m.run.crowd, "audience", audienceVoices, audiencePictures)
}

// listen opens the receiving connection of a session.
func (s *seat) listen(ctx context.Context, own *session, c *Crowd, profile string, voices, pictures int) (err error) {
	if s.ears, err = c.NewPerson(own.offers("sub", profile)); err != nil {
		return err
	}
	_, err = s.ears.Listen(ctx, voices, pictures)
	return err
}

// end closes the made meetings and looks for the acknowledged votes in their ledgers.
func (r *run) end(ctx context.Context) (counted int, err error) {
	acked := 0
	var all error
	for _, m := range r.meetings {
		if m.office == nil {
			continue
		}
		n, err := m.end(ctx)
		if err != nil {
			all = errors.Join(all, fmt.Errorf("load: end the meeting %s: %w", m.door, err))
		}
		counted, acked = counted+n, acked+len(m.acked)
	}
	if all == nil && counted != acked {
		all = fmt.Errorf("load: %d of %d acknowledged votes are not in the ledger", acked-counted, acked)
	}
	return counted, all
}

func (m *meeting) end(ctx context.Context) (counted int, err error) {
	chair := m.deputies[0]
	if chair.session == nil {
		return 0, errors.New("the chair is not there")
	}
	if m.ballot != "" {
		if err := chair.do(ctx, "ballot.close", map[string]any{"ballot": m.ballot}); err != nil {
			return 0, err
		}
	}
	if err := chair.do(ctx, "sitting.close", nil); err != nil || len(m.acked) == 0 {
		return 0, err
	}
	var raw []byte
	if err := m.office.call(ctx, http.MethodGet, "/api/office/sittings/"+m.id+"/ledger.zip", nil, &raw); err != nil {
		return 0, fmt.Errorf("read the ledger: %w", err)
	}
	return votesIn(raw, m.acked)
}

// votesIn counts the votes of a ledger's bundle that were acknowledged.
func votesIn(bundle []byte, acked map[string]bool) (n int, err error) {
	z, err := zip.NewReader(bytes.NewReader(bundle), int64(len(bundle)))
	if err != nil {
		return 0, fmt.Errorf("read the ledger: %w", err)
	}
	seen := map[string]bool{}
	for _, f := range z.File {
		if filepath.Ext(f.Name) != ".jsonl" {
			continue
		}
		r, err := f.Open()
		if err != nil {
			return 0, fmt.Errorf("read the ledger: %w", err)
		}
		lines := bufio.NewScanner(r)
		lines.Buffer(nil, recordMax)
		for lines.Scan() {
			var rec struct {
				Type string `json:"type"`
				Key  string `json:"idem_key"`
			}
			if err := json.Unmarshal(lines.Bytes(), &rec); err != nil {
				r.Close()
				return 0, fmt.Errorf("read the ledger: %w", err)
			}
			if rec.Type == "VoteReceived" && acked[rec.Key] {
				seen[rec.Key] = true
			}
		}
		r.Close()
		if err := lines.Err(); err != nil {
			return 0, fmt.Errorf("read the ledger: %w", err)
		}
	}
	return len(seen), nil
}
