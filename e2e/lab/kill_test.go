package lab

import (
	"archive/zip"
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Sizes of the test in `make test` and, with TORTURE=1, of the promise it stands for.
const (
	killVoters      = 50
	killRoundsShort = 5
	killRoundsFull  = 20
)

// journal is what one voter was told.
type journal struct {
	mu    sync.Mutex
	acked map[string]uint64 // idempotency key → sequence
	last  map[string]string // person → choice of the last accepted vote
}

// TestKillWhileVoting ends the server by SIGKILL again and again while fifty deputies vote in a loop: no acknowledged vote is
// lost, none is counted twice, and everybody is back by himself.
func TestKillWhileVoting(t *testing.T) {
	rounds := killRoundsShort
	if os.Getenv("TORTURE") != "" {
		rounds = killRoundsFull
	}
	ctx, cancel := context.WithTimeout(context.Background(), 8*time.Minute)
	defer cancel()
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d, %d rounds, %d voters", seed, rounds, killVoters)
	dice := rand.New(rand.NewPCG(seed, 1))

	binary, err := Build(ctx, filepath.Join("..", ".."), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	data := t.TempDir()
	server, err := Serve(ctx, binary, data)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { server.Stop(syscall.SIGTERM) }()
	office, err := Setup(ctx, server, "HĐND xã Đông Cuông")
	if err != nil {
		t.Fatal(err)
	}
	sitting, err := Publish(ctx, office, killVoters)
	if err != nil {
		t.Fatal(err)
	}
	people := joinAll(ctx, t, server.Base, sitting)
	defer func() {
		for _, p := range people {
			p.Leave()
		}
	}()
	chair := people[0]
	must(ctx, t, chair, "sitting.open", nil)
	must(ctx, t, chair, "rollcall.open", nil)
	for _, p := range people {
		must(ctx, t, p, "rollcall.checkin", nil)
	}
	must(ctx, t, chair, "rollcall.close", nil)
	must(ctx, t, chair, "ballot.open", map[string]any{"question": "Thông qua Nghị quyết thử", "template": "thong-qua-nghi-quyet"})
	ballot := openBallot(ctx, t, chair)

	j := &journal{acked: map[string]uint64{}, last: map[string]string{}}
	stop := make(chan struct{})
	var voting sync.WaitGroup
	for i, p := range people {
		voting.Go(func() { voteInALoop(ctx, t, p, ballot, uint64(i), j, stop) })
	}
	for range rounds {
		wait := time.Duration(50+dice.IntN(450)) * time.Millisecond
		<-time.After(wait) // the fault's own random instant
		server.Stop(syscall.SIGKILL)
		if err := server.Start(ctx); err != nil {
			t.Fatal(err)
		}
		for _, p := range people {
			if err := p.backSince(ctx, server); err != nil {
				t.Fatal(err)
			}
		}
	}
	close(stop)
	voting.Wait()
	must(ctx, t, chair, "ballot.close", map[string]any{"ballot": ballot})

	checkLedger(ctx, t, office, sitting, j, ballot)
	if out, err := exec.Command(binary, "ledger", "verify", "--data", data).CombinedOutput(); err == nil {
		t.Errorf("ledger verify opened a folder that a running server holds: %s", out)
	}
	server.Stop(syscall.SIGTERM)
	if out, err := exec.Command(binary, "ledger", "verify", "--data", data).CombinedOutput(); err != nil {
		t.Errorf("ledger verify: %v: %s", err, out)
	}
	if err := server.Start(ctx); err != nil {
		t.Fatal(err)
	}
	reportResumes(t, people)
}

func joinAll(ctx context.Context, t *testing.T, base string, s *Sitting) []*Person {
	t.Helper()
	links := s.With("deputy")
	people := make([]*Person, len(links))
	var wg sync.WaitGroup
	for i, l := range links {
		wg.Go(func() {
			p, err := Join(ctx, base, s.Door, l)
			if err != nil {
				t.Error(err)
				return
			}
			people[i] = p
		})
	}
	wg.Wait()
	if t.Failed() {
		t.FailNow()
	}
	return people
}

func must(ctx context.Context, t *testing.T, p *Person, kind string, fields map[string]any) {
	t.Helper()
	a, err := p.Act(ctx, kind, fields)
	if err != nil {
		t.Fatal(err)
	}
	if !a.OK {
		t.Fatalf("%s by %s: %s", kind, p.Link.Name, a.Code)
	}
}

type ballotView struct {
	Ballot *struct {
		ID     string `json:"id"`
		State  string `json:"state"`
		Result *struct {
			ByName []struct {
				Person string `json:"person"`
				Choice string `json:"choice"`
			} `json:"by_name"`
		} `json:"result"`
	} `json:"ballot"`
}

func openBallot(ctx context.Context, t *testing.T, p *Person) string {
	t.Helper()
	var v ballotView
	err := p.Await(ctx, "ballot", func(raw json.RawMessage) bool {
		v = ballotView{}
		return json.Unmarshal(raw, &v) == nil && v.Ballot != nil && v.Ballot.State == "open"
	})
	if err != nil {
		t.Fatal(err)
	}
	return v.Ballot.ID
}

func voteInALoop(ctx context.Context, t *testing.T, p *Person, ballot string, n uint64, j *journal, stop chan struct{}) {
	choices := []string{"for", "against", "not_voting"}
	dice := rand.New(rand.NewPCG(n, 2))
	pace := time.NewTicker(60 * time.Millisecond) // below the server's bound for one person
	defer pace.Stop()
	for {
		select {
		case <-stop:
			return
		case <-ctx.Done():
			return
		case <-pace.C:
		}
		choice := choices[dice.IntN(len(choices))]
		a, err := p.Act(ctx, "vote.cast", map[string]any{"ballot": ballot, "choice": choice})
		if err != nil {
			t.Error(err)
			return
		}
		if !a.OK {
			t.Errorf("vote of %s refused: %s", p.Link.Name, a.Code)
			return
		}
		j.mu.Lock()
		j.acked[a.ID], j.last[p.Link.Person] = a.Seq, choice
		j.mu.Unlock()
	}
}

// backSince waits until the person's socket is welcomed by the server that runs now.
func (p *Person) backSince(ctx context.Context, s *Server) error {
	_, err := p.Act(ctx, "session.ping", nil)
	_ = s
	return err
}

// record is one line of the ledger bundle, as docs/formats/ledger.md describes it.
type record struct {
	Log      string `json:"log"`
	Seq      uint64 `json:"seq"`
	Epoch    uint64 `json:"epoch"`
	Type     string `json:"type"`
	Actor    string `json:"actor"`
	IdemKey  string `json:"idem_key"`
	Body     string `json:"body"`
	AtWallMS uint64 `json:"at_wall_ms"`
	MonoMS   uint64 `json:"mono_ms"`
	BootID   string `json:"boot_id"`
	PrevHash string `json:"prev_hash"`
	Hash     string `json:"hash"`
}

// sum is the record's hash computed from the document alone, apart from the server's code.
func (r *record) sum() string {
	var b []byte
	field := func(v []byte) { b = append(binary.BigEndian.AppendUint64(b, uint64(len(v))), v...) }
	number := func(v uint64) { field(binary.BigEndian.AppendUint64(nil, v)) }
	field([]byte(r.Log))
	number(r.Seq)
	number(r.Epoch)
	for _, v := range []string{r.Type, r.Actor, r.IdemKey, r.Body} {
		field([]byte(v))
	}
	number(r.AtWallMS)
	number(r.MonoMS)
	field([]byte(r.BootID))
	prev, _ := hex.DecodeString(r.PrevHash) // a bad one gives another hash
	field(prev)
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:])
}

func checkLedger(ctx context.Context, t *testing.T, office *HTTP, s *Sitting, j *journal, ballot string) {
	t.Helper()
	records := bundle(ctx, t, office, s)
	byKey := map[string][]uint64{}
	counted := map[string]string{}
	for _, r := range records {
		if r.IdemKey != "" {
			byKey[r.IdemKey] = append(byKey[r.IdemKey], r.Seq)
		}
		if r.Type == "VoteReceived" {
			var b struct{ Ballot, Choice string }
			if err := json.Unmarshal([]byte(r.Body), &b); err != nil {
				t.Fatal(err)
			}
			if b.Ballot == ballot {
				counted[r.Actor] = b.Choice
			}
		}
	}
	prev := strings.Repeat("0", 64)
	for i, r := range records {
		if r.Seq != uint64(i)+1 || r.PrevHash != prev || r.sum() != r.Hash {
			t.Fatalf("record %d breaks the chain", i+1)
		}
		prev = r.Hash
	}
	lost, doubled := 0, 0
	for id, seq := range j.acked {
		switch got := byKey[id]; {
		case len(got) == 0 || !slices.Contains(got, seq):
			lost++
		case len(got) > 1:
			doubled++
		}
	}
	wrong := 0
	for person, choice := range j.last {
		if counted[person] != choice {
			wrong++
		}
	}
	t.Logf("acknowledged votes %d, lost %d, duplicates %d, last choice wrong %d of %d, ledger %d records", len(j.acked), lost, doubled, wrong, len(j.last), len(records))
	if lost+doubled+wrong > 0 || len(j.acked) < killVoters {
		t.Errorf("the ledger does not keep what was acknowledged")
	}
}

func bundle(ctx context.Context, t *testing.T, office *HTTP, s *Sitting) (records []record) {
	t.Helper()
	var raw []byte
	if err := office.Call(ctx, http.MethodGet, "/api/office/sittings/"+s.ID+"/ledger.zip", nil, &raw); err != nil {
		t.Fatal(err)
	}
	z, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range z.File {
		if filepath.Ext(f.Name) != ".jsonl" {
			continue
		}
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		lines := bufio.NewScanner(r)
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			var rec record
			if err := json.Unmarshal(lines.Bytes(), &rec); err != nil {
				t.Fatal(err)
			}
			records = append(records, rec)
		}
	}
	return records
}

func reportResumes(t *testing.T, people []*Person) {
	var all []time.Duration
	for _, p := range people {
		p.mu.Lock()
		all = append(all, p.Resumes...)
		p.mu.Unlock()
	}
	slices.Sort(all)
	if len(all) == 0 {
		t.Error("nobody resumed")
		return
	}
	t.Logf("resumes %d, p50 %v, p95 %v, max %v (from the cut, the server's start included)", len(all), all[len(all)/2], all[len(all)*95/100], all[len(all)-1])
}
