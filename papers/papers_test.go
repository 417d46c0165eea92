package papers

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"nghitruong/council"
)

// minutes of a small sitting: two deputies, a hall, one turn, one ballot.
func minutes() *council.Minutes {
	at := func(clock string) int64 {
		v, err := time.ParseInLocation("15:04:05 02/01/2006", clock+" 23/11/2026", vietnam)
		if err != nil {
			panic(err)
		}
		return v.UnixMilli()
	}
	people := []council.Person{
		{ID: "p1", Name: "Đại biểu số 01 – Tổ 1", Office: "Chủ tịch", Group: "Tổ 1", Seat: 1, Roles: []council.Role{council.RoleDeputy}},
		{ID: "p2", Name: "=HYPERLINK(\"x\")", Group: "Tổ 2", Roles: []council.Role{council.RoleDeputy}},
		{ID: "h1", Name: "Điểm cầu 1", Roles: []council.Role{council.RoleHall}},
	}
	return &council.Minutes{
		Sitting: "s", Published: council.Published{People: people},
		Items: []council.MinutesItem{{No: 1, Item: council.AgendaItem{ID: "muc-1", Title: "Khai mạc"}}},
		Attendance: []council.AttendanceLine{
			{
				Person: people[0], State: council.PresencePresent, Place: "online", FirstAt: at("08:02:11"),
				Changes: []council.PresenceChange{
					{Person: "p1", State: "present", Place: "online", By: "self", At: at("08:02:11")},
					{Person: "p1", State: "lost", At: at("08:40:00")}, {Person: "p1", State: "back", At: at("08:42:00")},
				},
			},
			{
				Person: people[1], State: council.PresenceExcused,
				Changes: []council.PresenceChange{{Person: "p2", State: "excused", By: "clerk", Reason: "đi công tác", At: at("08:05:00")}},
			},
		},
		Speakers: []council.SpeakerLine{{
			Turn: "t", Person: "p1", Kind: council.TurnSpeak, Item: "muc-1", Source: "h1",
			StartedAt: at("08:10:00"), EndedAt: at("08:12:41"), AllowedMS: 420_000,
		}},
		Unheard: []council.SpeakerLine{{Label: "Cử tri số 12", Kind: council.TurnCitizen}},
		Votes: []council.VoteLine{
			{
				Opened: council.BallotOpened{Ballot: "b1", Question: "Thông qua chương trình"}, OpenedAt: at("08:30:00"), ClosedAt: at("08:31:00"),
				Result: &council.Result{
					Options: []council.OptionResult{{ID: "for", Label: "Tán thành", Count: 1, PctTotal: "50%", PctPresent: "100%"}},
					Total:   2, Present: 1, Need: 2, Sentence: "1/2 đại biểu tán thành, đạt 50% tổng số đại biểu; Chương trình không được thông qua.",
					ByName: []council.NamedVote{{Person: "p1", Label: "Đại biểu số 01", Choice: "for"}, {Person: "p2", Label: "x", Recorded: true}},
				},
			},
			{Opened: council.BallotOpened{Ballot: "b2", Question: "Đang mở"}, OpenedAt: at("08:50:00")},
		},
	}
}

func TestTables(t *testing.T) {
	m := minutes()
	rows := []struct {
		name  string
		table Table
		want  [][]any
	}{
		{"attendance", Attendance(m), [][]any{
			{1, "Đại biểu số 01 – Tổ 1", "Chủ tịch", "Tổ 1", "", 1, "Có mặt", "Trực tuyến", "08:02:11 23/11/2026", "08:02:11 có mặt (tự điểm danh, Trực tuyến); 08:40:00 mất kết nối; 08:42:00 kết nối lại"},
			{2, "=HYPERLINK(\"x\")", "", "Tổ 2", "", "", "Vắng có lý do", "", "", "08:05:00 vắng có lý do (thư ký ghi, đi công tác)"},
		}},
		{"speakers", Speakers(m), [][]any{
			{1, "1. Khai mạc", "Đại biểu số 01 – Tổ 1", "Tổ 1", "Phát biểu", "", "Điểm cầu 1", "08:10:00 23/11/2026", "08:12:41 23/11/2026", "02:41", "07:00"},
			{2, "", "Cử tri số 12", "", "Cử tri", "", "", "", "", "", "chưa được mời"},
		}},
		{"votes", Votes(m), [][]any{
			{1, "Thông qua chương trình", "08:30:00 23/11/2026", "08:31:00 23/11/2026", 2, 1, "Tán thành", 1, "50%", "100%", 0, 2, m.Votes[0].Result.Sentence, ""},
		}},
		{"votes by name", VotesByName(m), [][]any{
			{1, "Thông qua chương trình", "08:31:00 23/11/2026", "Đại biểu số 01 – Tổ 1", "Tổ 1", "Tán thành", ""},
			{1, "Thông qua chương trình", "08:31:00 23/11/2026", "=HYPERLINK(\"x\")", "Tổ 2", "Có mặt, không bấm", "Thư ký ghi"},
		}},
	}
	for _, r := range rows {
		if !slices.EqualFunc(r.table.Rows, r.want, slices.Equal) {
			t.Errorf("%s:\n got %v\nwant %v", r.name, r.table.Rows, r.want)
		}
		for _, row := range r.table.Rows {
			if len(row) != len(r.table.Head) {
				t.Errorf("%s: %d cells under %d titles", r.name, len(row), len(r.table.Head))
			}
		}
	}
}

func TestCSVRunsNothing(t *testing.T) {
	for _, bad := range []string{"=1+1", "+1", "-1", "@x", "\t=1", "\r=1", "＝1", "|x"} {
		var b bytes.Buffer
		if err := WriteCSV(&b, Table{Head: []string{"h"}, Rows: [][]any{{bad}, {-5}}}); err != nil {
			t.Fatal(err)
		}
		text, marked := strings.CutPrefix(b.String(), "\ufeff")
		all, err := csv.NewReader(strings.NewReader(text)).ReadAll()
		if err != nil || !marked || len(all) != 3 || !strings.HasPrefix(all[1][0], "'") || all[2][0] != "-5" {
			t.Errorf("%q is written as %q (%v)", bad, b.String(), err)
		}
	}
}

func TestXLSXHoldsTextsAndNumbers(t *testing.T) {
	m := minutes()
	var b bytes.Buffer
	if err := WriteXLSX(&b, Attendance(m), Speakers(m), VotesByName(m), Votes(m)); err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenReader(&b)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if got := f.GetSheetList(); !slices.Equal(got, []string{"Điểm danh", "Phát biểu", "Biểu quyết theo tên", "Kết quả biểu quyết"}) {
		t.Errorf("sheets %v", got)
	}
	if v, err := f.GetCellValue("Điểm danh", "B3"); err != nil || v != "=HYPERLINK(\"x\")" {
		t.Errorf("B3 = %q, %v", v, err)
	}
	if v, err := f.GetCellFormula("Điểm danh", "B3"); err != nil || v != "" {
		t.Errorf("B3 is the formula %q, %v", v, err)
	}
	if k, err := f.GetCellType("Điểm danh", "F2"); err != nil || k == excelize.CellTypeSharedString {
		t.Errorf("the seat is of type %v, %v", k, err)
	}
}

func TestQR(t *testing.T) {
	svg, err := QR("https://hop.example.vn/h/k7m2p9qx#" + strings.Repeat("A", 43))
	if err != nil {
		t.Fatal(err)
	}
	d := xml.NewDecoder(strings.NewReader(svg))
	for {
		tok, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if e, ok := tok.(xml.StartElement); ok && e.Name.Local != "svg" && e.Name.Local != "path" {
			t.Errorf("element %s", e.Name.Local)
		}
	}
	for _, bad := range []string{"script", "style", "href", "hop.example"} {
		if strings.Contains(svg, bad) {
			t.Errorf("the svg holds %q", bad)
		}
	}
	// The three finder patterns (ISO/IEC 18004 §6.3.3) begin with a run of seven dark modules at the corners.
	for _, corner := range []string{"M4 4h7v1h-7z", "M4 10h7v1h-7z"} {
		if !strings.Contains(svg, corner) {
			t.Errorf("no %q", corner)
		}
	}
	if _, err := QR(strings.Repeat("x", 5000)); err == nil {
		t.Error("a text too long for any code was drawn")
	}
}

func TestBundleCanBeCheckedFromItsFilesAlone(t *testing.T) {
	var records []council.Record
	var prev *council.Record
	for i, body := range []council.EventBody{council.SittingOpened{}, council.SittingClosed{}} {
		r, err := council.NewRecord(prev, "sitting", 1, "boot", council.Event{
			Seq: uint64(i + 1), At: time.UnixMilli(int64(1000 * i)), By: council.Actor{Person: "p1"}, Key: "k", Body: body,
		})
		if err != nil {
			t.Fatal(err)
		}
		records = append(records, r)
		prev = &records[i]
	}
	var b, again bytes.Buffer
	at := time.Unix(1_800_000_000, 0)
	for _, w := range []io.Writer{&b, &again} {
		if err := WriteBundle(w, records, at); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(b.Bytes(), again.Bytes()) {
		t.Error("the same records give other bytes")
	}
	z, err := zip.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if files[f.Name], err = io.ReadAll(r); err != nil {
			t.Fatal(err)
		}
		r.Close()
	}
	var head bundleHead
	if err := json.Unmarshal(files["head.json"], &head); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(files["ledger.jsonl"])), "\n")
	last := strings.Repeat("0", 64)
	for i, line := range lines {
		var l bundleLine
		if err := json.Unmarshal([]byte(line), &l); err != nil {
			t.Fatal(err)
		}
		r := council.Record{
			Log: l.Log, Seq: l.Seq, Epoch: l.Epoch, Type: l.Type, Actor: l.Actor, IdemKey: l.IdemKey, Body: []byte(l.Body),
			AtWallMS: l.AtWallMS, MonoMS: l.MonoMS, BootID: l.BootID,
		}
		if p, err := hex.DecodeString(l.PrevHash); err == nil {
			copy(r.PrevHash[:], p)
		}
		sum := r.Sum()
		if l.Seq != uint64(i+1) || l.PrevHash != last || hex.EncodeToString(sum[:]) != l.Hash {
			t.Errorf("line %d does not check", i+1)
		}
		last = l.Hash
	}
	if head.Hash != last || head.Seq != 2 || head.Log != "sitting" || len(files["README.txt"]) == 0 {
		t.Errorf("head %+v", head)
	}
}
